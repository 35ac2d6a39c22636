#pragma once

#include <catcher/run_report.h>

#include <cstdint>
#include <optional>
#include <span>

#include "debugger/memory_reader.h"

namespace catcher {

// A throw of the Itanium C++ ABI that travels as an SEH exception (code 0x20474343, x64 only: 32-bit MinGW unwinds
// without the OS). Follows https://itanium-cxx-abi.github.io/cxx-abi/abi-eh.html and libgcc's unwind-seh.
std::optional<CxxException> decode_itanium_exception(const MemoryReader& memory,
                                                     std::span<const std::uint64_t> parameters, bool is_64_bit);

}  // namespace catcher
