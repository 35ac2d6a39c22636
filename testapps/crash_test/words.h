#pragma once

namespace crash_test {

// What main() of a program with behaviors does: help, refusal of what cannot be run, then one word after the other.
int run_command_line(const char* program, int argc, wchar_t** argv);

}  // namespace crash_test
