#pragma once

#include <cstdint>
#include <string>

namespace catcher {

// An address, an offset or a 64-bit value as reports write it: "0x7ff61a2b".
std::string hex_value(std::uint64_t value);

// An exception code or NTSTATUS as Microsoft writes it: "0xC0000005".
std::string hex_code(std::uint32_t code);

}  // namespace catcher
