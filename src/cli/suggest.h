#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace catcher {

// The known word that is nearest to a mistyped one, or nothing when none is near enough to be meant.
std::optional<std::string> nearest_word(std::string_view typed, std::span<const std::string> known);

}  // namespace catcher
