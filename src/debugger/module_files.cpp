#include "debugger/module_files.h"

#include "debugger/raw_event.h"
#include "win32/dynamic_function.h"

#include <algorithm>
#include <array>

namespace catcher {
namespace {

// More than any program loads. One that makes new ones for each run must not fill the memory.
constexpr std::size_t kMostFiles = 1000;

// FILE_STAT_INFORMATION of ntifs.h (Microsoft Learn), which not all SDKs have.
struct StatInformation {
  std::int64_t id;
  std::int64_t created;
  std::int64_t accessed;
  std::int64_t written;
  std::int64_t changed;
  std::int64_t allocated;
  std::int64_t size;
  ULONG attributes;
  ULONG reparse_tag;
  ULONG links;
  ACCESS_MASK access;
};
constexpr int kFileStatInformation = 68;  // since Windows 10 1709

}  // namespace

ModuleFiles::ModuleFiles() : query_(find_function<QueryFile>(L"ntdll.dll", "NtQueryInformationFile")) {}

std::pair<ModuleFile, bool> ModuleFiles::find(HANDLE file) const {
  StatInformation now{};
  std::array<ULONG_PTR, 2> io_status{};
  // A file system without these does not tell one file, or one state of it, from the other.
  if (file == nullptr || query_ == nullptr ||
      query_(file, io_status.data(), &now, sizeof now, kFileStatInformation) < 0 || now.id == 0 || now.changed == 0) {
    return {};
  }
  const ImageStamp stamp{now.id, now.size, now.written, now.changed};
  const std::lock_guard lock(mutex_);
  const auto known =
      std::find_if(files_.begin(), files_.end(), [&stamp](const ModuleFile& other) { return other.stamp == stamp; });
  return {known != files_.end() ? *known : ModuleFile{stamp, {}, {}}, now.links == 1};
}

ModuleFile ModuleFiles::look(HANDLE file) const {
  auto [known, has_one_name] = find(file);
  if (!known.watched || !has_one_name) {
    std::string name = file_name_behind(file);
    if (name != known.name) {  // what is watched depends on the name that it was loaded by
      known.watched.reset();
    }
    known.name = std::move(name);
  }
  return known;
}

void ModuleFiles::remember(const ModuleFile& file) {
  if (!file.stamp || !file.watched || file.name.empty()) {
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto known = std::find_if(files_.begin(), files_.end(),
                                  [&file](const ModuleFile& other) { return other.stamp == file.stamp; });
  if (known != files_.end()) {
    *known = file;
    return;
  }
  if (files_.size() == kMostFiles) {
    files_.clear();
  }
  files_.push_back(file);
}

}  // namespace catcher
