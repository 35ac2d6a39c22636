#include "debugger/process_tree.h"

#include "debugger/remote_exports.h"
#include "triage/path_name.h"
#include "win32/dynamic_function.h"
#include "win32/utf.h"

#include <psapi.h>

#include <algorithm>
#include <array>

namespace catcher {
namespace {

// PROCESS_BASIC_INFORMATION of winternl.h with the field that older headers call Reserved3 (NtQueryInformationProcess
// on Microsoft Learn).
struct BasicInformation {
  LONG exit_status;
  void* peb;
  ULONG_PTR affinity;
  LONG priority;
  ULONG_PTR pid;
  ULONG_PTR parent_pid;
};

using QueryInformationProcess = LONG NTAPI(HANDLE, ULONG, void*, ULONG, ULONG*);

// All zero where the OS does not tell.
BasicInformation basic_information(HANDLE process) {
  BasicInformation basic{};
  constexpr ULONG kProcessBasicInformation = 0;
  auto* query = find_function<QueryInformationProcess>(L"ntdll.dll", "NtQueryInformationProcess");
  if (query == nullptr || query(process, kProcessBasicInformation, &basic, sizeof basic, nullptr) < 0) {
    return {};
  }
  return basic;
}

// The 64-bit PEB and RTL_USER_PROCESS_PARAMETERS of winternl.h.
constexpr std::uint64_t kPebProcessParameters = 0x20;
constexpr std::uint64_t kParametersCommandLine = 0x70;

struct RemoteUnicodeString {
  std::uint16_t bytes;
  std::uint16_t capacity;
  std::uint32_t padding;
  std::uint64_t buffer;
};

std::string read_command_line(const Process& process) {
  const auto parameters = read_value<std::uint64_t>(process.memory, process.peb + kPebProcessParameters);
  const auto text = parameters
                        ? read_value<RemoteUnicodeString>(process.memory, Address{*parameters} + kParametersCommandLine)
                        : std::nullopt;
  if (!text) {
    return {};
  }
  std::wstring line(text->bytes / sizeof(wchar_t), L'\0');
  const std::size_t got = process.memory.read(Address{text->buffer}, std::as_writable_bytes(std::span(line)));
  line.resize(got / sizeof(wchar_t));
  return to_utf8(line);
}

std::string image_path(HANDLE process) {
  std::array<wchar_t, 32768> path{};
  auto length = static_cast<DWORD>(path.size());
  return QueryFullProcessImageNameW(process, 0, path.data(), &length) != 0 ? to_utf8({path.data(), length})
                                                                           : std::string();
}

// "\Device\HarddiskVolume3\x" and "\??\C:\x" in the form that a user knows.
std::wstring win32_form(const std::wstring& device_path) {
  if (device_path.starts_with(L"\\??\\")) {
    return device_path.substr(4);
  }
  std::array<wchar_t, 512> drives{};
  const DWORD length = GetLogicalDriveStringsW(static_cast<DWORD>(drives.size() - 1), drives.data());
  for (DWORD i = 0; i < length && i < drives.size() && drives[i] != L'\0';) {
    const std::wstring root(&drives[i]);
    i += static_cast<DWORD>(root.size()) + 1;
    const std::wstring drive = root.substr(0, 2);
    std::array<wchar_t, 512> device{};
    if (QueryDosDeviceW(drive.c_str(), device.data(), static_cast<DWORD>(device.size())) != 0) {
      const std::wstring prefix = std::wstring(device.data()) + L'\\';
      if (device_path.starts_with(prefix)) {
        return drive + L'\\' + device_path.substr(prefix.size());
      }
    }
  }
  return device_path;
}

std::string mapped_file(HANDLE process, Address base) {
  std::array<wchar_t, 32768> path{};
  const DWORD length = K32GetMappedFileNameW(process, reinterpret_cast<void*>(static_cast<std::uintptr_t>(base.value)),
                                             path.data(), static_cast<DWORD>(path.size()));
  return length == 0 ? std::string() : to_utf8(win32_form(std::wstring(path.data(), length)));
}

constexpr std::uint64_t kPageSize = 0x1000;

std::optional<MEMORY_BASIC_INFORMATION> region_at(HANDLE process, Address address) {
  MEMORY_BASIC_INFORMATION region{};
  if (VirtualQueryEx(process, reinterpret_cast<void*>(static_cast<std::uintptr_t>(address.value)), &region,
                     sizeof region) == 0) {
    return std::nullopt;
  }
  return region;
}

bool lies_in_mapping(HANDLE process, Address address, Address base) {
  const auto region = region_at(process, address);
  return region && reinterpret_cast<std::uintptr_t>(region->AllocationBase) == base.value;
}

// Bytes from `base` to the end of what was mapped there; 0 when nothing is.
std::uint64_t mapped_extent(HANDLE process, Address base) {
  constexpr int kMostRegions = 4096;
  std::uint64_t extent = 0;
  for (int i = 0; i < kMostRegions; ++i) {
    const auto region = region_at(process, base + extent);
    if (!region || reinterpret_cast<std::uintptr_t>(region->AllocationBase) != base.value || region->RegionSize == 0) {
      break;
    }
    extent += region->RegionSize;
  }
  return extent;
}

// What the headers say, where the mapping agrees; a program can erase them or write anything into them.
std::uint64_t size_of(HANDLE process, Address base, std::uint64_t claimed) {
  const std::uint64_t rounded = (claimed + kPageSize - 1) / kPageSize * kPageSize;
  const bool is_true = claimed != 0 && lies_in_mapping(process, base + (rounded - 1), base) &&
                       !lies_in_mapping(process, base + rounded, base);
  return is_true ? claimed : mapped_extent(process, base);
}

// The same image where another process has it, by what its load event and its headers say.
const Module* find_twin(const std::vector<Module>& known, const Module& module, const ImageHeaders& headers) {
  const auto twin = std::find_if(known.begin(), known.end(), [&](const Module& other) {
    return other.base == module.base && other.name == module.name && other.size == headers.size &&
           other.timestamp == headers.timestamp && other.is_64_bit == headers.is_64_bit;
  });
  return twin == known.end() ? nullptr : &*twin;
}

void describe(Process& process, Module& module, const std::vector<Module>& known = {}) {
  if (module.size != 0) {
    return;
  }
  const auto headers = read_image_headers(process.memory, module.base);
  const Module* const twin = headers && !module.name.empty() ? find_twin(known, module, *headers) : nullptr;
  if (twin != nullptr && (module.base != process.image_base || twin->path == process.image)) {
    module = *twin;
    return;
  }
  module.size = size_of(process.handle, module.base, headers ? headers->size : 0);
  if (headers) {
    module.timestamp = headers->timestamp;
    module.is_64_bit = headers->is_64_bit;
  }
  module.path = module.base == process.image_base ? process.image : mapped_file(process.handle, module.base);
  if (!module.path.empty()) {
    module.name = file_name_of(module.path);
  }
}

}  // namespace

Thread* Process::find_thread(std::uint32_t tid) {
  const auto found = threads.find(tid);
  return found == threads.end() ? nullptr : &found->second;
}

Process& ProcessTree::add(Process process) {
  return processes_.emplace_back(std::move(process));
}

Process* ProcessTree::find(std::uint32_t pid) noexcept {
  const auto found = std::find_if(processes_.rbegin(), processes_.rend(),
                                  [pid](const Process& process) { return process.pid == pid && process.alive(); });
  return found == processes_.rend() ? nullptr : &*found;
}

std::size_t ProcessTree::living() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(processes_.begin(), processes_.end(), [](const Process& process) { return process.alive(); }));
}

std::size_t ProcessTree::awaited() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(processes_.begin(), processes_.end(), [](const Process& process) { return process.is_awaited(); }));
}

std::uint32_t parent_of(HANDLE process) {
  return static_cast<std::uint32_t>(basic_information(process).parent_pid);
}

void describe_process(Process& process) {
  BOOL wow64 = FALSE;
  IsWow64Process(process.handle, &wow64);
  process.state.bits = wow64 != FALSE || sizeof(void*) == 4 ? 32 : 64;
  const BasicInformation basic = basic_information(process.handle);
  process.parent_pid = static_cast<std::uint32_t>(basic.parent_pid);
  process.peb = Address{reinterpret_cast<std::uintptr_t>(basic.peb)};
  process.image = image_path(process.handle);
  if (process.command_line.empty()) {  // else its starter has told it, which saves three reads in its memory
    process.command_line = read_command_line(process);
  }
}

void describe_modules(Process& process, const std::vector<Module>& known) {
  for (Module& module : process.modules) {
    describe(process, module, known);
  }
}

std::optional<Module> module_at(Process& process, Address address) {
  MEMORY_BASIC_INFORMATION region{};
  if (VirtualQueryEx(process.handle, reinterpret_cast<void*>(static_cast<std::uintptr_t>(address.value)), &region,
                     sizeof region) == 0) {
    return std::nullopt;
  }
  const Address base{reinterpret_cast<std::uintptr_t>(region.AllocationBase)};
  const auto found = std::find_if(process.modules.begin(), process.modules.end(),
                                  [base](const Module& module) { return module.base == base; });
  if (found == process.modules.end()) {
    return std::nullopt;
  }
  describe(process, *found);
  return *found;
}

}  // namespace catcher
