#pragma once

#include <cstdint>

namespace catcher {

// Work for an unwinder to be tried on: recursion, registers saved by push and by mov, saved xmm registers, frames of a
// size known only at run time, frames that need the stack probe, calls back from the C runtime, leaf functions, tail
// calls. It takes no lock and allocates nothing, so that it can be stopped anywhere. `depth` is how deep it recurses;
// the result depends on all it did.
std::uint64_t be_busy(std::uint64_t seed, unsigned depth);

}  // namespace catcher
