#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace catcher {

// An input that cannot be read. what() says why.
class UnreadableInput : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An input, as one worker's target is given it.
struct InputCopy {
  std::wstring path;  // full; of the copy, where there is one
  std::uint64_t size = 0;
  std::string hash;                    // SweepRecord::hash
  std::optional<std::string> content;  // nothing when it is too large to be kept in memory
};

// A directory that belongs to one worker: its target finds the input there, and may write what it likes. Gone when this
// is destroyed.
class WorkDirectory {
 public:
  // Makes the directory, or one of that name with a number where it cannot be had. Throws std::system_error.
  explicit WorkDirectory(const std::wstring& path);
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  // Copies a file to "input" with its extension, or to "input-2" and so on where a process that is ending still holds
  // the one before. Throws UnreadableInput, and std::system_error when the copy cannot be written.
  InputCopy take(const std::wstring& from);

  // Leaves the file where it is, and only reads it: for a target that is given a handle to read, and no path. Throws
  // UnreadableInput.
  InputCopy look_at(const std::wstring& from);

  // The same as take() for content that was taken before: the target may have changed its copy. The path may be another
  // then.
  void restore(InputCopy& copy, const std::wstring& from);

  // Removes everything that a target has left here.
  void clean() noexcept;

  const std::wstring& path() const noexcept { return path_; }

 private:
  std::wstring path_;
  std::string buffer_;
};

}  // namespace catcher
