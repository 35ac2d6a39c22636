#include "mixed_programs.h"

#include "programs.h"
#include "run_program.h"

#include <filesystem>
#include <system_error>

namespace harness {

std::string why_no_32_bit_programs() {
  static const std::string reason = []() -> std::string {
    if (!std::filesystem::exists(bin_directory() / "crash_test32.exe")) {
      return "crash_test32.exe was not built: no 32-bit compiler";
    }
    try {
      constexpr std::uint32_t kProof = 32;
      return run_program(program(L"crash_test32.exe") + L" exit 32").exit_code == kProof
                 ? ""
                 : "this system does not run 32-bit programs";
    } catch (const std::system_error& error) {
      return std::string("this system does not start 32-bit programs: ") + error.what();
    }
  }();
  return reason;
}

}  // namespace harness
