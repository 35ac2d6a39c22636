#pragma once

#include <string>
#include <string_view>

namespace catcher {

// Writes a whole file or nothing: to a temporary name beside it, then renamed, so that no reader ever sees half a
// report. Devices (NUL, CON) are written to directly. Throws std::system_error.
void write_report_file(const std::wstring& path, std::string_view content);

// Writes to catcher's own stdout, byte for byte unless that is a console. Throws std::system_error.
void write_report_to_stdout(std::string_view content);

}  // namespace catcher
