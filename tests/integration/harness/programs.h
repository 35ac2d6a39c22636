#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace harness {

// The directory of this test program, in which catcher.exe and the test programs lie too.
std::filesystem::path bin_directory();

// The full path of a program in it, in quotes: ready for a command line.
std::wstring program(std::wstring_view name);

// A directory for what a test writes, made when it is not there; empty when the test begins.
std::filesystem::path scratch_directory();

// Where the reports of the whole suite are left for whoever wants to look at them.
std::filesystem::path report_directory();

// "Suite.test", with what no file name may hold replaced.
std::string current_test_name();

}  // namespace harness
