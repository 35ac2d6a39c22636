#pragma once

#include <catcher/run_report.h>

#include <cstdint>
#include <optional>
#include <span>

#include "debugger/memory_reader.h"

namespace catcher {

// Exception codes by which C++ runtimes throw.
inline constexpr std::uint32_t kGccThrow = 0x20474343;   // libgcc on x64: GCC, and clang with libstdc++ or libc++
inline constexpr std::uint32_t kMsvcThrow = 0xE06D7363;  // MSVC and everything with its ABI

constexpr bool is_cxx_throw(std::uint32_t code) {
  return code == kGccThrow || code == kMsvcThrow;
}

// Decodes the thrown object behind a first- or second-chance C++ exception from the debuggee's memory: its type, and
// its text where that can be read without running code (what() of the standard exceptions, a thrown string, a thrown
// number). `parameters` are the exception record's, `is_64_bit` is the debuggee's. Nothing for other codes, for damaged
// memory, and for `throw;` of the MSVC ABI, which names no object: the last exception known for the thread is meant.
std::optional<CxxException> decode_cxx_exception(const MemoryReader& memory, std::uint32_t code,
                                                 std::span<const std::uint64_t> parameters, bool is_64_bit);

}  // namespace catcher
