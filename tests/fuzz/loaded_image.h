#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace catcher::fuzz {

// The bytes of a PE file as a loader would lay them out, cut at a quarter of a MiB, so that seeds may be files; what is
// no PE file comes back as it is.
std::vector<std::byte> loaded_image(std::span<const std::byte> file);

}  // namespace catcher::fuzz
