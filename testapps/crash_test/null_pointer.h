#pragma once

namespace crash_test {

// Behind volatile, so that no compiler knows what is at the other end: one that does leaves the access out, or puts a
// trap in its place.
inline volatile int* volatile null_pointer = nullptr;

}  // namespace crash_test
