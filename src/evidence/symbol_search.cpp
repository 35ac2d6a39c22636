#include "evidence/symbol_search.h"

#include "evidence/symbol_text.h"
#include "triage/path_name.h"
#include "win32/utf.h"

#include <windows.h>

namespace catcher {
namespace {

std::string in_directory(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '\\' && path.back() != '/') {
    path += '\\';
  }
  return path.append(name);
}

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_separator(char c) {
  return c == '\\' || c == '/';
}

}  // namespace

bool is_local_absolute(std::string_view path) {
  return path.size() > 3 && is_letter(path[0]) && path[1] == ':' && is_separator(path[2]) && !is_separator(path[3]) &&
         path.find(':', 2) == std::string_view::npos && is_plain_file_name(file_name_of(path));
}

bool is_local_drive(std::string_view path) {
  const std::wstring root = {static_cast<wchar_t>(path[0]), L':', L'\\'};
  const UINT type = GetDriveTypeW(root.c_str());
  return type == DRIVE_FIXED || type == DRIVE_REMOVABLE || type == DRIVE_RAMDISK || type == DRIVE_CDROM;
}

std::vector<std::string> debug_link_candidates(std::string_view image_path, std::string_view file_name,
                                               const SymbolOptions& options) {
  const std::string_view directory = directory_of(image_path);
  std::vector<std::string> candidates;
  if (!directory.empty()) {
    candidates.push_back(in_directory(directory, file_name));
    candidates.push_back(in_directory(in_directory(directory, ".debug"), file_name));
  }
  for (const std::string& extra : options.directories) {
    candidates.push_back(in_directory(extra, file_name));
  }
  std::erase(candidates, std::string(image_path));  // a link to the image itself
  return candidates;
}

std::vector<std::string> pdb_candidates(std::string_view image_path, std::string_view recorded_path,
                                        const SymbolOptions& options) {
  std::vector<std::string> candidates;
  const std::string_view name = file_name_of(recorded_path);
  if (!is_plain_file_name(name)) {
    return candidates;
  }
  const std::string_view directory = directory_of(image_path);
  if (!directory.empty()) {
    candidates.push_back(in_directory(directory, name));
  }
  for (const std::string& extra : options.directories) {
    candidates.push_back(in_directory(extra, name));
  }
  if (is_local_absolute(recorded_path) && is_local_drive(recorded_path)) {
    candidates.emplace_back(recorded_path);
  }
  return candidates;
}

}  // namespace catcher
