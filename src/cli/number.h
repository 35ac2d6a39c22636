#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace catcher {

// "5", "5s", "500ms", "2m", "1h", also "1.5s"; plain numbers are seconds. Nothing for anything else, for zero and for
// more than 10,000 h.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// "512M", "2G", "64K", "1T", also "1.5G" and plain bytes; the units are powers of 1024. Nothing for anything else, for
// zero and for more than 1,000 T.
std::optional<std::uint64_t> parse_size(std::string_view text);

// A 32-bit number, decimal or 0x hexadecimal, or a negative decimal that fits. Nothing for anything else.
std::optional<std::uint32_t> parse_number(std::string_view text);

}  // namespace catcher
