#pragma once

#include "evidence/symbol_bytes.h"
#include "win32/unique_handle.h"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace catcher {

// In which state a file is, as far as that costs next to nothing to ask. The times are FILETIMEs.
struct FileStamp {
  std::uint64_t size = 0;
  std::uint64_t written = 0;
  std::uint64_t created = 0;
  std::uint64_t changed = 0;  // the one that no program sets; 0 where the file system has none

  // Whether a file at the same path with the same stamp can only be the same file.
  bool is_telling() const { return changed != 0; }

  friend auto operator<=>(const FileStamp&, const FileStamp&) = default;
};

// Which file it is and in which state: the same path may be another build a second later.
struct FileIdentity {
  std::uint64_t volume = 0;
  std::array<std::uint8_t, 16> id{};
  std::uint64_t size = 0;
  std::uint64_t written = 0;  // FILETIME

  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;
};

class SymbolFileMap;

// A file that may be worth mapping, unless it is known already.
class OpenedSymbolFile {
 public:
  // Throws std::system_error: the file is not there, may not be read, or is no disk file.
  explicit OpenedSymbolFile(const std::string& path);

  const FileStamp& stamp() const { return stamp_; }

  // Throws what SymbolFileMap::open() does.
  SymbolFileMap map() const;

 private:
  UniqueFile file_;
  FileStamp stamp_;
};

// A file's bytes, read-only. A local file is mapped; one on the network is read into memory, because a mapping whose
// server goes away faults at the read. Opened so that others may read, write and delete it meanwhile.
class SymbolFileMap {
 public:
  // Throws std::system_error: the file is not there, may not be read, is empty, is no disk file, or is larger than
  // `kMaxSize`.
  static SymbolFileMap open(const std::string& path);

  static constexpr std::uint64_t kMaxSize = std::uint64_t{4} << 30;
  static constexpr std::uint64_t kMaxRemoteSize = std::uint64_t{512} << 20;

  Bytes bytes() const { return bytes_; }
  const FileIdentity& identity() const { return identity_; }
  const FileStamp& stamp() const { return stamp_; }

 private:
  friend class OpenedSymbolFile;

  struct Unmapper {
    void operator()(const void* view) const noexcept;
  };

  SymbolFileMap() = default;

  std::unique_ptr<const void, Unmapper> view_;  // null for a file that was read
  std::vector<std::byte> copy_;                 // empty for a file that is mapped
  Bytes bytes_;                                 // one of the two; both keep their place when moved
  FileIdentity identity_;
  FileStamp stamp_;
};

}  // namespace catcher
