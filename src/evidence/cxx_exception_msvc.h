#pragma once

#include <catcher/run_report.h>

#include <cstdint>
#include <optional>
#include <span>

#include "debugger/memory_reader.h"

namespace catcher {

// A throw of the MSVC ABI (code 0xE06D7363). Follows the layouts of ThrowInfo, CatchableTypeArray and CatchableType in
// the Visual C++ headers (ehdata.h): image-relative on 64-bit, absolute on x86. Nothing for a rethrow, whose ThrowInfo
// is null.
std::optional<CxxException> decode_msvc_exception(const MemoryReader& memory, std::span<const std::uint64_t> parameters,
                                                  bool is_64_bit);

}  // namespace catcher
