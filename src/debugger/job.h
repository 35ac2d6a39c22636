#pragma once

#include "win32/unique_handle.h"

#include <cstdint>
#include <vector>

namespace catcher {

// The job object that holds one target's tree. Closing it ends every process in it (KILL_ON_JOB_CLOSE), which is what
// happens when catcher dies. Breakaway is not allowed.
class Job {
 public:
  // Throws std::system_error when the OS has no job for us.
  Job();

  // For PROC_THREAD_ATTRIBUTE_JOB_LIST; stays ours, and is not inheritable, or a child would keep the job alive.
  HANDLE handle() const noexcept { return job_.get(); }

  // Ends every process in the job at once.
  void terminate(std::uint32_t exit_code) const noexcept;

  // Has the OS refuse memory beyond so many committed bytes to all processes together. Not every OS does.
  void limit_memory(std::uint64_t bytes) const noexcept;

  // The most memory that they had committed together, bytes; 0 where the OS does not count.
  std::uint64_t peak_memory() const noexcept;

  // How many live; 0 where the OS does not count.
  std::uint32_t active_processes() const noexcept;

  // From now on the processes in it outlive us.
  void release() const noexcept;

  // The processes that are in the job now; empty when the OS does not tell.
  std::vector<std::uint32_t> process_ids() const;

 private:
  UniqueHandle job_;
};

}  // namespace catcher
