#include "programs.h"

#include "win32/files.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <algorithm>
#include <functional>

namespace harness {

std::filesystem::path bin_directory() {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return std::filesystem::path(path).parent_path();
}

std::wstring program(std::wstring_view name) {
  return L"\"" + (bin_directory() / name).wstring() + L"\"";
}

std::string current_test_name() {
  const testing::TestInfo* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = test == nullptr ? "no_test" : std::string(test->test_suite_name()) + "." + test->name();
  std::ranges::replace(name, '/', '.');
  return name;
}

std::filesystem::path scratch_directory() {
  // Short, so that a test with a long name finds the same room in a path as any other.
  constexpr std::size_t kShown = 24;
  const std::string name =
      current_test_name().substr(0, kShown) + "-" + std::to_string(std::hash<std::string>()(current_test_name()));
  const std::filesystem::path directory = bin_directory().parent_path() / "scratch" / name;
  static std::string made_for;  // a test may ask more than once
  if (made_for != current_test_name()) {
    // What an earlier run has left may be deeper than std::filesystem can reach.
    catcher::remove_contents(catcher::long_path(directory.wstring()));
    std::filesystem::create_directories(directory);
    made_for = current_test_name();
  }
  return directory;
}

std::filesystem::path report_directory() {
  const std::filesystem::path directory = bin_directory().parent_path() / "reports";
  std::filesystem::create_directories(directory);
  return directory;
}

}  // namespace harness
