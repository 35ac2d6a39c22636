#pragma once

#include <catcher/sweep.h>

#include <cstdint>

namespace catcher {

// How many runs go on at once where nobody has said it: one for each processor that this process may use, but no more
// than the free memory is enough for.
std::uint32_t default_workers(const Options& run) noexcept;

}  // namespace catcher
