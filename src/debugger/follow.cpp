#include "debugger/follow.h"

#include "triage/path_name.h"
#include "triage/wildcard.h"

#include <algorithm>
#include <array>

namespace catcher {
namespace {

// The console host, its replacement (Windows Terminal), and Windows Error Reporting.
constexpr std::array<std::string_view, 6> kHelpers{"conhost.exe",        "openconsole.exe", "werfault.exe",
                                                   "werfaultsecure.exe", "wermgr.exe",      "dwwin.exe"};

// The OS has them in its own directories only: a program of the user's may have the same name.
constexpr std::array<std::string_view, 3> kSystemDirectories{"*\\system32", "*\\syswow64", "*\\sysnative"};

bool matches_any(std::string_view text, const auto& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [text](std::string_view pattern) { return matches_wildcard(text, pattern); });
}

}  // namespace

bool is_followed(std::string_view image_path, const TreePolicy& policy) {
  const std::string_view name = file_name_of(image_path);
  const bool wanted = policy.follow.empty() || matches_any(name, policy.follow);
  return wanted && !matches_any(name, policy.no_follow);
}

bool is_os_helper(std::string_view image_path) {
  return matches_any(file_name_of(image_path), kHelpers) && matches_any(directory_of(image_path), kSystemDirectories);
}

}  // namespace catcher
