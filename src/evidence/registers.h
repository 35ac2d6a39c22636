#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace catcher {

// The general registers in the processor's own encoding order, which the unwind codes of a PE image use too. A 32-bit
// thread has the first eight.
enum class Gpr : std::uint8_t {
  kRax,
  kRcx,
  kRdx,
  kRbx,
  kRsp,
  kRbp,
  kRsi,
  kRdi,
  kR8,
  kR9,
  kR10,
  kR11,
  kR12,
  kR13,
  kR14,
  kR15
};

// The registers of one stopped thread: a value, with nothing of the thread left in it.
struct Registers {
  bool is_64_bit = true;
  std::array<std::uint64_t, 16> general{};  // by Gpr
  std::uint64_t ip = 0;                     // rip or eip
  std::uint32_t flags = 0;                  // EFLAGS
  std::uint16_t cs = 0;
  std::uint16_t ss = 0;
  std::uint16_t ds = 0;
  std::uint16_t es = 0;
  std::uint16_t fs = 0;
  std::uint16_t gs = 0;
  std::uint32_t mxcsr = 0;
  // The OS's own record, CONTEXT of AMD64 or of i386, as a minidump stores it.
  std::vector<std::byte> context;

  std::uint64_t operator[](Gpr gpr) const { return general[static_cast<std::size_t>(gpr)]; }
  std::uint64_t sp() const { return (*this)[Gpr::kRsp]; }
};

// Sizes of the two records (winnt.h: CONTEXT of AMD64, WOW64_CONTEXT).
inline constexpr std::size_t kContextSize64 = 1232;
inline constexpr std::size_t kContextSize32 = 716;

// Reads the registers of a thread that is stopped (at a debug event, or suspended). `thread` is a HANDLE with
// THREAD_GET_CONTEXT; it stays the caller's. Nothing when the OS refuses, as it does for a thread that has exited.
std::optional<Registers> capture_registers(void* thread, bool is_64_bit);

struct ThreadToRead {
  void* handle = nullptr;
  bool is_64_bit = true;
};

// The same of threads that need not stand at a debug event: one may be stuck inside the system, where the OS waits for
// it (see call_patiently). Nothing for one that does not come before `deadline`.
std::vector<std::optional<Registers>> capture_registers(std::vector<ThreadToRead> threads,
                                                        std::chrono::steady_clock::time_point deadline);

// The same from a CONTEXT record found elsewhere, for instance on the debuggee's stack. Nothing when it is too short.
std::optional<Registers> registers_from_context(std::span<const std::byte> context, bool is_64_bit);

// Names and values in the order a person expects: rax, rbx, … rip, eflags, segments.
std::vector<std::pair<std::string, std::uint64_t>> named_registers(const Registers& registers);

}  // namespace catcher
