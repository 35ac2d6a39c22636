#pragma once

#include "evidence/coff_image.h"
#include "evidence/symbol_budget.h"

#include <cstdint>
#include <optional>
#include <string>

namespace catcher {

// A `.gnu_debuglink` section: the name of the file that holds the debug information, and the CRC of its bytes.
struct CoffDebugLink {
  std::string file_name;  // a plain one: anything else is not followed
  std::uint32_t crc = 0;
};

// The link of an image; nothing when it has none or when the name in it is not a plain file name.
std::optional<CoffDebugLink> debug_link(const CoffImage& image);

// The CRC-32 that GNU tools write into the link (IEEE 802.3); nothing when the budget was spent before the end of the
// bytes.
std::optional<std::uint32_t> debug_link_crc(Bytes bytes, SymbolBudget& budget);

}  // namespace catcher
