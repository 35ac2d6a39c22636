#pragma once

#include "crash_test/behavior.h"
#include "crash_test/no_inline.h"
#include "crash_test/null_pointer.h"

#include <span>

namespace adversary {

using crash_test::Behavior;
using crash_test::Call;
using crash_test::Origin;
using crash_test::Takes;

// The tables, one a file.
std::span<const Behavior> corruption_behaviors();
std::span<const Behavior> flood_behaviors();
std::span<const Behavior> debugging_behaviors();
std::span<const Behavior> lifetime_behaviors();
std::span<const Behavior> moment_behaviors();

}  // namespace adversary
