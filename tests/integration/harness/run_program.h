#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harness {

// How a program is run.
struct RunSettings {
  std::string stdin_text;                                          // what it reads; then its stdin ends
  std::vector<std::pair<std::wstring, std::wstring>> environment;  // added to, or in place of, what the test has
  std::wstring directory;                                          // current directory; empty: the test's
  std::chrono::milliseconds limit{90'000};                         // after that everything is killed and the test fails
  // Called when `stdout_mark` has come on stdout, with the process handle (not to be closed); stdin stays open until it
  // has returned.
  std::string stdout_mark;
  std::function<void(void* process)> on_mark;
  std::chrono::milliseconds time_to_die{0};  // how long its tree may still take to end when it has ended itself
  bool new_process_group = false;            // so that console events can be sent to it alone
};

// What became of it.
struct ProgramResult {
  std::uint32_t exit_code = 0;
  std::string out;  // bytes of stdout
  std::string err;  // bytes of stderr
  std::chrono::milliseconds wall{};
  std::vector<std::uint32_t> survivors;  // pids of its tree that still lived when it had ended; killed since
  bool limit_hit = false;

  // The lines of stderr, without line ends.
  std::vector<std::string> error_lines() const;
};

// Runs a command line exactly as it stands, in a job that nothing can leave, with its output drained by threads of
// their own, and returns when it has ended. Throws std::runtime_error when it cannot be started.
ProgramResult run_program(const std::wstring& command_line, const RunSettings& settings = {});

}  // namespace harness
