#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace catcher {

// SHA-256 (FIPS 180-4) of a text's bytes. For buckets, not for secrets.
std::array<std::uint8_t, 32> sha256(std::string_view bytes);

}  // namespace catcher
