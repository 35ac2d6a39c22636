#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {

// catcher's own command line, cut at the first bare `--`.
struct CommandLine {
  std::vector<std::wstring> own;       // catcher's words, without the program's name
  std::optional<std::wstring> target;  // what stands behind `--`, verbatim; none: there is no `--`
};

// Splits what GetCommandLineW() gives. Words are cut and unquoted like the C runtime does it (Microsoft Learn, "Parsing
// C command-line arguments"); only an unquoted `--` that stands alone ends them.
CommandLine split_command_line(std::wstring_view raw);

}  // namespace catcher
