#pragma once

#include "evidence/symbol_file.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace catcher {

// The symbol files that several reports share: a sweep reads an application's symbols once, not once a crash. Keyed by
// what the file is, not by its path, so that a rebuilt program is read again. Bounded: the file that was used longest
// ago is dropped; one that a report still uses lives on with the report. Thread-safe.
class SymbolCache {
 public:
  static constexpr std::size_t kMaxFiles = 64;
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{2} << 30;  // of the files, not of what was parsed

  explicit SymbolCache(SymbolOptions options = {}) : options_(std::move(options)) {}

  // The symbols of the image at `path`. Throws std::system_error when it cannot be read or is no PE image.
  std::shared_ptr<SymbolFile> file(const std::string& path);

  // The same for one build of the image. Where that was at `path` a moment ago it is believed to be there still: a look
  // at a whole tree asks for the same files once a process.
  std::shared_ptr<SymbolFile> file(const std::string& path, std::uint32_t timestamp, std::uint64_t size);

  const SymbolOptions& options() const { return options_; }
  std::size_t file_count() const;

 private:
  // The file that is meant, moved to the front; null when there is none.
  template <typename Condition>
  std::shared_ptr<SymbolFile> find(const Condition& is_meant);
  void drop_oldest();

  SymbolOptions options_;
  mutable std::mutex mutex_;                      // guards what follows
  std::list<std::shared_ptr<SymbolFile>> files_;  // the one that was used last comes first
  std::uint64_t bytes_ = 0;
  struct Seen {
    std::weak_ptr<SymbolFile> file;
    std::chrono::steady_clock::time_point when;
  };
  std::map<std::string, Seen> seen_;  // by path
};

}  // namespace catcher
