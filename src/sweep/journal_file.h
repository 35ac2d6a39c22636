#pragma once

#include "report/sweep_journal.h"
#include "win32/unique_handle.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace catcher {

// journal.jsonl in an output directory: who a sweep is, then a line for each finished run. Each line is written by one
// call before it counts, so that it is there also when catcher is killed the next moment; flush() makes it safe against
// a power cut too. Held alone: a second sweep into the same directory cannot open it. For one thread at a time.
class JournalFile {
 public:
  // Opens the journal of a directory and makes one where there is none. A last line that is not whole is cut off.
  // Throws SetupError: it is in use, it cannot be written, it is no journal, or that of another sweep.
  JournalFile(const std::wstring& out, const SweepIdentity& identity);

  // What was in it, without the lines that were not whole.
  const Journal& found() const noexcept { return found_; }

  // Throws std::system_error; what was in the file before is still there then, and no more.
  void append(std::string_view line);

  // Waits until everything is on the disk. Costs milliseconds.
  void flush() noexcept;

 private:
  UniqueFile file_;
  Journal found_;
  std::uint64_t size_ = 0;
};

// "journal.jsonl" in that directory.
std::wstring journal_path(const std::wstring& out);

// The first thing in which two sweeps differ, for a person: "--shard: '1/8' there, none here"; empty when they
// are the same.
std::string describe_difference(const SweepIdentity& there, const SweepIdentity& here);

}  // namespace catcher
