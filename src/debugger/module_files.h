#pragma once

#include "debugger/watched_functions.h"

#include <windows.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace catcher {

// Which file, as it was when: one that is written or renamed gets another stamp.
struct ImageStamp {
  std::int64_t id = 0;
  std::int64_t size = 0;
  std::int64_t written = 0;
  std::int64_t changed = 0;

  bool operator==(const ImageStamp&) const = default;
};

// What the file of a module says, whichever process has loaded it.
struct ModuleFile {
  std::optional<ImageStamp> stamp;  // none: the OS does not tell, and nothing is known from one time to the next
  std::string name;                 // UTF-8, without its directory; empty for no file
  std::optional<std::vector<WatchedPlace>> watched;  // none: not known yet
};

// Files of modules that were looked at before: the processes of a sweep load the same ones over and over, and each look
// into a debuggee's memory stops it. Thread-safe.
class ModuleFiles {
 public:
  ModuleFiles();

  // `file` stays the caller's; null where there is none.
  ModuleFile look(HANDLE file) const;

  // Where the watched functions are is known now.
  void remember(const ModuleFile& file);

 private:
  using QueryFile = LONG NTAPI(HANDLE, void*, void*, ULONG, int);

  // What is remembered of it, and whether it is the only name that the file has.
  std::pair<ModuleFile, bool> find(HANDLE file) const;

  QueryFile* query_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<ModuleFile> files_;
};

}  // namespace catcher
