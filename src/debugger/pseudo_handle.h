#pragma once

#include <cstdint>

namespace catcher {

// What GetCurrentProcess() gives: the handle that means the caller itself (Microsoft Learn, "GetCurrentProcess").
inline constexpr std::uint64_t kCurrentProcessHandle = ~std::uint64_t{0};

}  // namespace catcher
