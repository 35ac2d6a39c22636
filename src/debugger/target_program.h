#pragma once

#include <catcher/exit_code.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace catcher {

// Why a target could not be started: a verdict about the target, not an error of catcher. what() is one line for a
// person.
class StartError : public std::runtime_error {
 public:
  StartError(ExitCode exit_code, const std::string& message) : std::runtime_error(message), exit_code_(exit_code) {}

  // kNotFound or kCannotStart.
  ExitCode exit_code() const noexcept { return exit_code_; }

 private:
  ExitCode exit_code_;
};

// The program word of a command line by CreateProcessW's rules: up to the closing quote, or to the first white space.
std::wstring_view program_word(std::wstring_view command_line);

// What the first bytes of a file say about whether this machine can run it.
enum class ImageKind { kRunnable, kEmpty, kNotAnImage, kOtherMachine, kLibrary };

struct ImageHeader {
  ImageKind kind = ImageKind::kNotAnImage;
  std::uint16_t machine = 0;  // IMAGE_FILE_MACHINE_*, where there is one
};

// Judges the beginning of a file (4 KiB are enough for every real program). Pure; any bytes are allowed.
ImageHeader read_image_header(std::span<const std::byte> beginning);

// "x64", "ARM64", … for an IMAGE_FILE_MACHINE_* value.
std::string_view machine_name(std::uint16_t machine);

// True for a program that the OS starts a shell for.
bool is_script(std::wstring_view path);

// Finds the program that a command line names: as a path, in the current directory, then in PATH, with .com, .exe, .bat
// and .cmd added where the name has no extension. Looks into the file, so that what cannot run is refused with the
// reason. Throws StartError.
std::wstring find_target_program(std::wstring_view command_line);

}  // namespace catcher
