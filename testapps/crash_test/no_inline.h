#pragma once

// A frame of its own in every stack, whatever the optimisation level.
#if defined(_MSC_VER) && !defined(__clang__)
#define CRASH_TEST_NO_INLINE __declspec(noinline)
#else
#define CRASH_TEST_NO_INLINE __attribute__((noinline))
#endif
