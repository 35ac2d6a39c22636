#include "monitors/own_code.h"

#include "triage/wildcard.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace catcher {
namespace {

constexpr std::array<std::string_view, 3> kSystemDirectories{R"(?:\windows\system32\*)", R"(?:\windows\syswow64\*)",
                                                             R"(?:\windows\winsxs\*)"};

// Also where a program brings its own.
constexpr std::array<std::string_view, 15> kRuntimes{
    "ntdll.dll",  "kernel32.dll",   "kernelbase.dll", "wow64*.dll",         "msvcrt.dll",
    "msvcr*.dll", "msvcp*.dll",     "ucrtbase*.dll",  "vcruntime*.dll",     "concrt*.dll",
    "mfc*.dll",   "libstdc++*.dll", "libgcc*.dll",    "libwinpthread*.dll", "api-ms-win-*.dll"};

}  // namespace

bool is_own_code(const Module& module, Address image_base) {
  if (module.base == image_base) {
    return true;
  }
  const auto fits = [](std::string_view text) {
    return [text](std::string_view pattern) { return matches_wildcard(text, pattern); };
  };
  return std::none_of(kSystemDirectories.begin(), kSystemDirectories.end(), fits(module.path)) &&
         std::none_of(kRuntimes.begin(), kRuntimes.end(), fits(module.name));
}

}  // namespace catcher
