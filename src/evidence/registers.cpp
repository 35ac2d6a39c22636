#include "evidence/registers.h"

#include "win32/patient_calls.h"

#include <windows.h>

#include <cstring>
#include <string_view>

namespace catcher {
namespace {

static_assert(sizeof(CONTEXT) == kContextSize64, "catcher itself is a 64-bit program");
static_assert(sizeof(WOW64_CONTEXT) == kContextSize32);

struct NamedGpr {
  std::string_view name64;
  std::string_view name32;
  Gpr gpr;
};

constexpr std::array<NamedGpr, 16> kReadingOrder{{{"rax", "eax", Gpr::kRax},
                                                  {"rbx", "ebx", Gpr::kRbx},
                                                  {"rcx", "ecx", Gpr::kRcx},
                                                  {"rdx", "edx", Gpr::kRdx},
                                                  {"rsi", "esi", Gpr::kRsi},
                                                  {"rdi", "edi", Gpr::kRdi},
                                                  {"rbp", "ebp", Gpr::kRbp},
                                                  {"rsp", "esp", Gpr::kRsp},
                                                  {"r8", "", Gpr::kR8},
                                                  {"r9", "", Gpr::kR9},
                                                  {"r10", "", Gpr::kR10},
                                                  {"r11", "", Gpr::kR11},
                                                  {"r12", "", Gpr::kR12},
                                                  {"r13", "", Gpr::kR13},
                                                  {"r14", "", Gpr::kR14},
                                                  {"r15", "", Gpr::kR15}}};

template <typename Record>
std::vector<std::byte> bytes_of(const Record& record) {
  std::vector<std::byte> bytes(sizeof record);
  std::memcpy(bytes.data(), &record, sizeof record);
  return bytes;
}

// Only 16 bits of a segment register mean anything; what lies above them is not always zero.
constexpr std::uint16_t selector(std::uint32_t value) {
  return static_cast<std::uint16_t>(value & 0xFFFF);
}

Registers from_record(const CONTEXT& c) {
  Registers r;
  r.is_64_bit = true;
  r.general = {c.Rax, c.Rcx, c.Rdx, c.Rbx, c.Rsp, c.Rbp, c.Rsi, c.Rdi,
               c.R8,  c.R9,  c.R10, c.R11, c.R12, c.R13, c.R14, c.R15};
  r.ip = c.Rip;
  r.flags = c.EFlags;
  r.cs = c.SegCs;
  r.ss = c.SegSs;
  r.ds = c.SegDs;
  r.es = c.SegEs;
  r.fs = c.SegFs;
  r.gs = c.SegGs;
  r.mxcsr = c.MxCsr;
  r.context = bytes_of(c);
  return r;
}

Registers from_record(const WOW64_CONTEXT& c) {
  Registers r;
  r.is_64_bit = false;
  r.general = {c.Eax, c.Ecx, c.Edx, c.Ebx, c.Esp, c.Ebp, c.Esi, c.Edi};
  r.ip = c.Eip;
  r.flags = c.EFlags;
  r.cs = selector(c.SegCs);
  r.ss = selector(c.SegSs);
  r.ds = selector(c.SegDs);
  r.es = selector(c.SegEs);
  r.fs = selector(c.SegFs);
  r.gs = selector(c.SegGs);
  r.context = bytes_of(c);
  return r;
}

}  // namespace

std::optional<Registers> capture_registers(void* thread, bool is_64_bit) {
  if (is_64_bit) {
    // The OS refuses a CONTEXT that is not 16-byte aligned; the type itself asks for that.
    CONTEXT context{};
    context.ContextFlags = CONTEXT_ALL;
    if (GetThreadContext(thread, &context) == 0) {
      return std::nullopt;
    }
    return from_record(context);
  }
  WOW64_CONTEXT context{};
  context.ContextFlags = WOW64_CONTEXT_ALL;
  if (Wow64GetThreadContext(thread, &context) == 0) {
    return std::nullopt;
  }
  return from_record(context);
}

std::vector<std::optional<Registers>> capture_registers(std::vector<ThreadToRead> threads,
                                                        std::chrono::steady_clock::time_point deadline) {
  const std::size_t count = threads.size();
  return call_patiently<Registers>(count,
                                   [threads = std::move(threads)](std::size_t i) {
                                     return capture_registers(threads[i].handle, threads[i].is_64_bit);
                                   },
                                   {deadline});
}

std::optional<Registers> registers_from_context(std::span<const std::byte> context, bool is_64_bit) {
  if (context.size() < (is_64_bit ? kContextSize64 : kContextSize32)) {
    return std::nullopt;
  }
  if (is_64_bit) {
    CONTEXT record;
    std::memcpy(&record, context.data(), sizeof record);
    return from_record(record);
  }
  WOW64_CONTEXT record;
  std::memcpy(&record, context.data(), sizeof record);
  return from_record(record);
}

std::vector<std::pair<std::string, std::uint64_t>> named_registers(const Registers& registers) {
  std::vector<std::pair<std::string, std::uint64_t>> named;
  for (const NamedGpr& row : kReadingOrder) {
    const std::string_view name = registers.is_64_bit ? row.name64 : row.name32;
    if (!name.empty()) {
      named.emplace_back(name, registers[row.gpr]);
    }
  }
  named.emplace_back(registers.is_64_bit ? "rip" : "eip", registers.ip);
  named.emplace_back("eflags", registers.flags);
  named.emplace_back("cs", registers.cs);
  named.emplace_back("ss", registers.ss);
  named.emplace_back("ds", registers.ds);
  named.emplace_back("es", registers.es);
  named.emplace_back("fs", registers.fs);
  named.emplace_back("gs", registers.gs);
  if (registers.is_64_bit) {
    named.emplace_back("mxcsr", registers.mxcsr);
  }
  return named;
}

}  // namespace catcher
