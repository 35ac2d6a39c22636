#include "evidence/symbol_file_map.h"

#include "win32/error.h"
#include "win32/utf.h"

#include <windows.h>

#include <algorithm>

namespace catcher {
namespace {

FileStamp stamp_of(HANDLE file) {
  FILE_STANDARD_INFO standard{};
  FILE_BASIC_INFO basic{};
  if (!GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard) ||
      !GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic)) {
    throw last_win32_error("GetFileInformationByHandleEx");
  }
  const auto number = [](const LARGE_INTEGER& value) { return static_cast<std::uint64_t>(value.QuadPart); };
  return {number(standard.EndOfFile), number(basic.LastWriteTime), number(basic.CreationTime),
          number(basic.ChangeTime)};
}

FileIdentity identity_of(HANDLE file, const FileStamp& stamp) {
  FileIdentity identity;
  identity.size = stamp.size;
  identity.written = stamp.written;
  FILE_ID_INFO wide{};  // 128 bits, as ReFS needs; not every file system has it
  BY_HANDLE_FILE_INFORMATION basic{};
  if (GetFileInformationByHandleEx(file, FileIdInfo, &wide, sizeof wide)) {
    identity.volume = wide.VolumeSerialNumber;
    std::copy(std::begin(wide.FileId.Identifier), std::end(wide.FileId.Identifier), identity.id.begin());
  } else if (!GetFileInformationByHandle(file, &basic)) {
    throw last_win32_error("GetFileInformationByHandle");
  } else {
    identity.volume = basic.dwVolumeSerialNumber;
    const std::uint64_t index = (std::uint64_t{basic.nFileIndexHigh} << 32) | basic.nFileIndexLow;
    std::memcpy(identity.id.data(), &index, sizeof index);
  }
  return identity;
}

bool is_remote(HANDLE file) {
  FILE_REMOTE_PROTOCOL_INFO info{};
  return GetFileInformationByHandleEx(file, FileRemoteProtocolInfo, &info, sizeof info) != FALSE;
}

std::vector<std::byte> read_all(HANDLE file, std::uint64_t size) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto step = static_cast<DWORD>(std::min<std::size_t>(bytes.size() - done, std::size_t{16} << 20));
    DWORD got = 0;
    if (!ReadFile(file, bytes.data() + done, step, &got, nullptr)) {
      throw last_win32_error("ReadFile");
    }
    if (got == 0) {
      break;
    }
    done += got;
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

void SymbolFileMap::Unmapper::operator()(const void* view) const noexcept {
  UnmapViewOfFile(view);
}

OpenedSymbolFile::OpenedSymbolFile(const std::string& path)
    : file_(CreateFileW(to_utf16(path).c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr)) {
  if (!file_) {
    throw last_win32_error("CreateFileW");
  }
  if (GetFileType(file_.get()) != FILE_TYPE_DISK) {  // "CON.pdb" and its kind
    throw win32_error("GetFileType", ERROR_BAD_FILE_TYPE);
  }
  stamp_ = stamp_of(file_.get());
}

SymbolFileMap SymbolFileMap::open(const std::string& path) {
  return OpenedSymbolFile(path).map();
}

SymbolFileMap OpenedSymbolFile::map() const {
  SymbolFileMap map;
  map.stamp_ = stamp_;
  map.identity_ = identity_of(file_.get(), stamp_);
  const bool remote = is_remote(file_.get());
  if (map.identity_.size == 0 ||
      map.identity_.size > (remote ? SymbolFileMap::kMaxRemoteSize : SymbolFileMap::kMaxSize)) {
    throw win32_error("CreateFileMappingW", map.identity_.size == 0 ? ERROR_FILE_INVALID : ERROR_FILE_TOO_LARGE);
  }
  if (remote) {
    map.copy_ = read_all(file_.get(), map.identity_.size);
    map.bytes_ = map.copy_;
    return map;
  }
  // Neither handle is needed once there is a view: the view keeps the section and the file.
  const UniqueHandle section(CreateFileMappingW(file_.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
  if (!section) {
    throw last_win32_error("CreateFileMappingW");
  }
  map.view_.reset(MapViewOfFile(section.get(), FILE_MAP_READ, 0, 0, static_cast<SIZE_T>(map.identity_.size)));
  if (!map.view_) {
    throw last_win32_error("MapViewOfFile");
  }
  map.bytes_ = {static_cast<const std::byte*>(map.view_.get()), static_cast<std::size_t>(map.identity_.size)};
  return map;
}

}  // namespace catcher
