#include "triage/hex.h"

#include <fmt/format.h>

namespace catcher {

std::string hex_value(std::uint64_t value) {
  return fmt::format("0x{:x}", value);
}

std::string hex_code(std::uint32_t code) {
  return fmt::format("0x{:08X}", code);
}

}  // namespace catcher
