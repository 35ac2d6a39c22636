#include "debugger/target_program.h"

#include "win32/full_path.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <cwctype>
#include <vector>

namespace catcher {
namespace {

// Machines of the PE format specification; the ones that a Windows program may be built for.
struct Machine {
  std::uint16_t id;
  std::string_view name;
};
constexpr std::array kMachines{Machine{IMAGE_FILE_MACHINE_I386, "x86"},
                               Machine{IMAGE_FILE_MACHINE_AMD64, "x64"},
                               Machine{0xAA64, "ARM64"},
                               Machine{IMAGE_FILE_MACHINE_ARMNT, "ARM"},
                               Machine{IMAGE_FILE_MACHINE_ARM, "ARM"},
                               Machine{IMAGE_FILE_MACHINE_IA64, "Itanium"}};

// PATHEXT's default order, as far as CreateProcessW can start it.
constexpr std::array<std::wstring_view, 4> kExtensions{L".com", L".exe", L".bat", L".cmd"};

template <typename T>
std::optional<T> value_at(std::span<const std::byte> bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

bool can_run(std::uint16_t machine) {
#if defined(_M_ARM64) || defined(__aarch64__)
  return machine == 0xAA64 || machine == IMAGE_FILE_MACHINE_AMD64 || machine == IMAGE_FILE_MACHINE_I386;
#else
  return machine == IMAGE_FILE_MACHINE_AMD64 || machine == IMAGE_FILE_MACHINE_I386;
#endif
}

bool has_extension(std::wstring_view path, std::wstring_view extension) {
  return path.size() > extension.size() &&
         std::equal(
             extension.begin(), extension.end(), path.end() - static_cast<std::ptrdiff_t>(extension.size()),
             [](wchar_t a, wchar_t b) { return a == static_cast<wchar_t>(std::towlower(static_cast<wint_t>(b))); });
}

std::wstring environment_variable(const wchar_t* name) {
  const DWORD needed = GetEnvironmentVariableW(name, nullptr, 0);
  if (needed == 0) {
    return {};
  }
  std::wstring value(needed, L'\0');
  value.resize(GetEnvironmentVariableW(name, value.data(), needed));
  return value;
}

// The file itself, else the first with a known extension; directories are remembered apart, for the error message.
struct Candidate {
  std::wstring file;
  bool is_directory = false;
};

Candidate try_path(const std::wstring& path) {
  Candidate result;
  const auto exists = [&result](const std::wstring& name) {
    const DWORD attributes = GetFileAttributesW(name.c_str());
    if (attributes == INVALID_FILE_ATTRIBUTES) {
      return GetLastError() == ERROR_ACCESS_DENIED;
    }
    result.is_directory = result.is_directory || (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    return (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
  };
  const std::size_t name_begin = path.find_last_of(L"\\/:") + 1;
  const bool extended = path.find(L'.', name_begin) != std::wstring::npos;
  if (extended && exists(path)) {
    result.file = path;
    return result;
  }
  for (const std::wstring_view extension : kExtensions) {
    if (std::wstring name = path + std::wstring(extension); exists(name)) {
      result.file = std::move(name);
      return result;
    }
  }
  if (!extended && exists(path)) {
    result.file = path;
  }
  return result;
}

std::vector<std::wstring> search_directories() {
  std::vector<std::wstring> directories;
  // Set by those who do not want programs from the current directory (NeedCurrentDirectoryForExePathW).
  if (GetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", nullptr, 0) == 0) {
    directories.emplace_back(L".");
  }
  const std::wstring path = environment_variable(L"PATH");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(L';', begin), path.size());
    std::wstring directory = path.substr(begin, end - begin);
    std::erase(directory, L'"');
    if (!directory.empty()) {
      directories.push_back(std::move(directory));
    }
    begin = end + 1;
  }
  return directories;
}

Candidate locate(const std::wstring& word) {
  if (word.find_first_of(L"\\/:") != std::wstring::npos) {
    return try_path(word);
  }
  Candidate found;
  for (const std::wstring& directory : search_directories()) {
    Candidate candidate = try_path(directory + L'\\' + word);
    found.is_directory = found.is_directory || candidate.is_directory;
    if (!candidate.file.empty()) {
      return candidate;
    }
  }
  return found;
}

// Nothing when the file cannot be opened: an app execution alias, for one, can be started but not read.
std::optional<std::vector<std::byte>> read_beginning(const std::wstring& path) {
  const UniqueFile file(CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                    nullptr, OPEN_EXISTING, 0, nullptr));
  std::vector<std::byte> bytes(4096);
  DWORD got = 0;
  if (!file || ReadFile(file.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &got, nullptr) == 0) {
    return std::nullopt;
  }
  bytes.resize(got);
  return bytes;
}

void refuse_if_not_runnable(const std::wstring& path) {
  const auto beginning = read_beginning(path);
  if (!beginning || is_script(path)) {
    return;
  }
  const ImageHeader header = read_image_header(*beginning);
  const auto refuse = [&path](const std::string& why) {
    throw StartError(ExitCode::kCannotStart, fmt::format("cannot start '{}': {}", to_utf8(path), why));
  };
  switch (header.kind) {
    case ImageKind::kRunnable:
      return;
    case ImageKind::kEmpty:
      return refuse("the file is empty; build or copy it again");
    case ImageKind::kNotAnImage:
      return refuse("it is not a Windows program; name an .exe, .com, .bat or .cmd file");
    case ImageKind::kLibrary:
      return refuse("it is a DLL, not a program; name the .exe that loads it");
    case ImageKind::kOtherMachine:
      return refuse(fmt::format("it is built for {}, which this machine cannot run; use an x64 or x86 build",
                                machine_name(header.machine)));
  }
}

}  // namespace

bool is_script(std::wstring_view path) {
  return has_extension(path, L".bat") || has_extension(path, L".cmd");
}

std::wstring_view program_word(std::wstring_view command_line) {
  const std::size_t begin = command_line.find_first_not_of(L" \t");
  if (begin == std::wstring_view::npos) {
    return {};
  }
  command_line.remove_prefix(begin);
  if (command_line.front() == L'"') {
    command_line.remove_prefix(1);
    return command_line.substr(0, command_line.find(L'"'));
  }
  return command_line.substr(0, command_line.find_first_of(L" \t"));
}

ImageHeader read_image_header(std::span<const std::byte> beginning) {
  if (beginning.empty()) {
    return {ImageKind::kEmpty, 0};
  }
  const auto pe_offset = value_at<std::uint32_t>(beginning, 0x3C);
  if (value_at<std::uint16_t>(beginning, 0) != IMAGE_DOS_SIGNATURE || !pe_offset) {
    return {ImageKind::kNotAnImage, 0};
  }
  const auto signature = value_at<std::uint32_t>(beginning, *pe_offset);
  const auto file_header = value_at<IMAGE_FILE_HEADER>(beginning, std::size_t{*pe_offset} + 4);
  if (!signature || !file_header) {
    // A header further back than we read: rare but legal. Let the OS judge.
    return {*pe_offset > beginning.size() && beginning.size() >= 4096 ? ImageKind::kRunnable : ImageKind::kNotAnImage,
            0};
  }
  if (*signature != IMAGE_NT_SIGNATURE) {
    return {ImageKind::kNotAnImage, 0};
  }
  if (!can_run(file_header->Machine)) {
    return {ImageKind::kOtherMachine, file_header->Machine};
  }
  const bool library = (file_header->Characteristics & IMAGE_FILE_DLL) != 0;
  return {library ? ImageKind::kLibrary : ImageKind::kRunnable, file_header->Machine};
}

std::string_view machine_name(std::uint16_t machine) {
  const auto row =
      std::find_if(kMachines.begin(), kMachines.end(), [machine](const Machine& m) { return m.id == machine; });
  return row == kMachines.end() ? "an unknown processor" : row->name;
}

std::wstring find_target_program(std::wstring_view command_line) {
  const std::wstring word(program_word(command_line));
  const Candidate candidate = locate(word);
  if (candidate.file.empty() && candidate.is_directory) {
    throw StartError(ExitCode::kCannotStart,
                     fmt::format("cannot start '{}': it is a directory; name a program in it", to_utf8(word)));
  }
  if (candidate.file.empty()) {
    throw StartError(
        ExitCode::kNotFound,
        fmt::format("target '{}' not found; check the spelling, the current directory and PATH", to_utf8(word)));
  }
  std::wstring path = full_path(candidate.file);
  refuse_if_not_runnable(path);
  return path;
}

}  // namespace catcher
