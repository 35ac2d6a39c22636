#include "triage/severity.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "triage/exception_catalogue.h"
#include "triage/fast_fail_catalogue.h"

namespace catcher {

struct SeverityFacts {
  std::uint32_t code = 0;  // of the exception; 0 without one
  CrashKind kind = CrashKind::kException;
  std::uint32_t status = 0;
  bool uncaught_throw = false;  // a C++ or other language's exception
  std::optional<FastFailKind> fast_fail;
  bool has_subcode = false;
  bool access = false;  // an access violation whose parameters are known
  bool read = false;
  bool write = false;
  bool execute = false;
  bool near_null = false;
  bool at_stack_pointer = false;  // the target lies at the stack pointer
  bool pc_on_stack = false;
  bool control_flow = false;  // the instruction takes the next one's address from memory
  bool is_return = false;
  bool block_move = false;
  bool trap_instruction = false;
};

namespace {

constexpr std::uint64_t kNearNull = 0x10000;
constexpr std::uint64_t kNearStackPointer = 0x1000;  // one page: what a push or a probe can miss by
constexpr std::uint64_t kCodeOnStack = 0x2000;
constexpr std::uint32_t kAccessViolation = 0xC0000005;

bool within(std::uint64_t value, std::uint64_t centre, std::uint64_t distance) {
  return value - centre + distance <= 2 * distance;
}

std::optional<std::uint64_t> register_value(const Crash& crash, std::string_view name64, std::string_view name32) {
  const auto found = std::ranges::find_if(
      crash.registers, [&](const auto& entry) { return entry.first == name64 || entry.first == name32; });
  return found == crash.registers.end() ? std::nullopt : std::optional(found->second);
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return text.starts_with(prefix); });
}

void add_access(SeverityFacts& facts, const Crash& crash) {
  const ExceptionInfo& exception = *crash.exception;
  if (exception.code != kAccessViolation || !exception.target) {
    return;
  }
  const std::uint64_t target = exception.target->value;
  const bool no_address = target == std::numeric_limits<std::uint64_t>::max();
  facts.access = true;
  facts.execute = exception.operation == AccessOperation::kExecute;
  // For a non-canonical address Windows says "read" whatever it was; the instruction tells.
  facts.write =
      exception.operation == AccessOperation::kWrite || (no_address && crash.instruction_note.starts_with("write"));
  facts.read = !facts.execute && !facts.write;
  facts.near_null = target < kNearNull;
  const auto sp = register_value(crash, "rsp", "esp");
  facts.at_stack_pointer = sp && within(target, *sp, kNearStackPointer);
}

void add_instruction(SeverityFacts& facts, std::string_view instruction) {
  facts.is_return = starts_with_any(instruction, {"ret", "iret"});
  facts.control_flow = facts.is_return || starts_with_any(instruction, {"call", "jmp"});
  facts.block_move = starts_with_any(instruction, {"rep", "movs", "lods", "cmps", "scas"});
  facts.trap_instruction = starts_with_any(instruction, {"ud0", "ud1", "ud2"});
}

SeverityFacts facts_of(const Crash& crash) {
  SeverityFacts facts;
  facts.kind = crash.kind;
  facts.status = crash.exit_status.value_or(crash.status);
  facts.uncaught_throw = crash.cxx.has_value();
  add_instruction(facts, crash.instruction);
  if (!crash.exception) {
    return facts;
  }
  const ExceptionInfo& exception = *crash.exception;
  facts.code = exception.code;
  constexpr std::array<std::uint32_t, 8> kThrows = {0xE06D7363, 0x20474343, 0x21474343, 0xE0434352,
                                                    0xE0434F4D, 0x04040400, 0x0EEDFADE, 0xC000027B};
  facts.uncaught_throw = facts.uncaught_throw || std::ranges::find(kThrows, exception.code) != kThrows.end();
  facts.has_subcode = exception.code == 0xC0000409 && !exception.parameters.empty();
  if (facts.has_subcode) {
    if (const FastFailRow* row = find_fast_fail(exception.parameters[0])) {
      facts.fast_fail = row->kind;
    }
  }
  const auto sp = register_value(crash, "rsp", "esp");
  facts.pc_on_stack = sp && within(exception.address.value, *sp, kCodeOnStack);
  add_access(facts, crash);
  return facts;
}

constexpr SeverityRank kHigh = SeverityRank::kHigh;
constexpr SeverityRank kMedium = SeverityRank::kMedium;
constexpr SeverityRank kLow = SeverityRank::kLow;
constexpr SeverityRank kUnknown = SeverityRank::kUnknown;

using Facts = SeverityFacts;

template <std::uint32_t... codes>
bool has_code(const Facts& f) {
  return ((f.code == codes) || ...);
}

constexpr std::array kRules = std::to_array<SeverityRule>({
    {"cannot-start", kLow, "the program could not start, nothing of it ran",
     [](const Facts& f) { return f.kind == CrashKind::kExitStatus && is_loader_failure(f.status); }},
    {"exit-status", kUnknown, "only the exit status is known",
     [](const Facts& f) { return f.kind == CrashKind::kExitStatus && f.code == 0; }},
    {"fail-fast-corruption", kHigh, "a security check found memory or control flow overwritten",
     [](const Facts& f) { return f.fast_fail == FastFailKind::kCorruption; }},
    {"fail-fast-misuse", kMedium, "a check found a wrong index, argument or state before it did harm",
     [](const Facts& f) { return f.fast_fail == FastFailKind::kMisuse; }},
    {"fail-fast-deliberate", kLow, "the program ended itself: abort(), std::terminate() or an assertion",
     [](const Facts& f) { return f.fast_fail == FastFailKind::kDeliberate || f.code == 0xC0000602; }},
    {"fail-fast-policy", kUnknown, "a mitigation or policy of the system forbade something",
     [](const Facts& f) { return f.fast_fail == FastFailKind::kPolicy; }},
    {"fail-fast-unknown", kUnknown, "a fail fast whose reason is not known", has_code<0xC0000409>},
    {"heap-corruption", kHigh, "the heap's own data was overwritten, or a block was freed twice", has_code<0xC0000374>},
    {"sanitizer-report", kMedium, "a sanitizer found a memory error; its own report tells which",
     has_code<0xE073616E, 0xE073616F>},
    {"verifier-stop", kUnknown, "Application Verifier found a misuse; its stop code tells which", has_code<0xC0000421>},
    {"uncaught-exception", kLow, "an exception that nobody caught ended the program",
     [](const Facts& f) { return f.uncaught_throw; }},
    {"abort", kLow, "the program ended itself: abort(), std::terminate() or an assertion",
     [](const Facts& f) { return f.kind == CrashKind::kAbort; }},
    {"handler-chain", kHigh, "the chain of exception handlers was overwritten", has_code<0xC00001A5>},
    {"code-on-stack", kHigh, "the processor was running on the stack", [](const Facts& f) { return f.pc_on_stack; }},
    {"execute-near-null", kMedium, "a call or jump through a null pointer",
     [](const Facts& f) { return f.execute && f.near_null; }},
    {"execute-wild", kHigh, "the processor was sent to an address that is no code",
     [](const Facts& f) { return f.execute; }},
    {"trap-instruction", kLow, "the program ran a trap on purpose: an assertion or a compiler's check",
     [](const Facts& f) { return has_code<0xC000001D>(f) && f.trap_instruction; }},
    {"illegal-instruction", kHigh, "the processor ran something that is not the program's code, or not made for it",
     has_code<0xC000001D, 0xC000001E, 0xC0000096>},
    {"stack-exhausted", kLow, "the stack ran out, mostly by recursion without end", has_code<0xC00000FD>},
    {"access-at-stack-pointer", kLow, "an access at the stack pointer failed: the stack ran out",
     [](const Facts& f) { return f.access && !f.execute && f.at_stack_pointer && !f.is_return && !f.near_null; }},
    {"guard-page", kHigh, "an access ran into a guard page: past the end of a block or a stack", has_code<0x80000001>},
    {"return-address", kHigh, "the return address is damaged", [](const Facts& f) { return f.access && f.is_return; }},
    {"write-near-null", kMedium, "a write through a null pointer, perhaps with an offset",
     [](const Facts& f) { return f.write && f.near_null; }},
    {"write-wild", kHigh, "a write through a wild pointer", [](const Facts& f) { return f.write; }},
    {"branch-near-null", kMedium, "the target of a call or jump was read through a null pointer",
     [](const Facts& f) { return f.read && f.control_flow && f.near_null; }},
    {"branch-wild", kHigh, "the target of a call or jump was read through a wild pointer",
     [](const Facts& f) { return f.read && f.control_flow; }},
    {"read-near-null", kLow, "a read through a null pointer, perhaps with an offset",
     [](const Facts& f) { return f.read && f.near_null; }},
    {"read-block", kMedium, "a block copy read outside its source: its length or its address may be wrong",
     [](const Facts& f) { return f.read && f.block_move; }},
    {"read-wild", kMedium, "a read through a wild pointer", [](const Facts& f) { return f.read; }},
    {"access-violation", kUnknown, "an access violation that does not tell what was accessed",
     has_code<kAccessViolation>},
    {"array-bounds", kMedium, "an index out of bounds, found before the access", has_code<0xC000008C>},
    {"misaligned", kLow, "a misaligned access", has_code<0x80000002>},
    {"in-page-error", kLow, "a file or disk could not be read", has_code<0xC0000006>},
    {"arithmetic", kLow, "an arithmetic fault",
     [](const Facts& f) { return exit_code_of_exception(f.code) == ExitCode::kCrashArithmetic; }},
    {"assertion", kLow, "an assertion failed", has_code<0xC0000420, 0x80000101>},
    {"breakpoint", kUnknown, "a breakpoint: an assertion, or a library that found something wrong",
     has_code<0x80000003, 0x4000001F, 0x80000004, 0x4000001E>},
    {"invalid-parameter", kLow, "a C runtime function found a wrong argument", has_code<0xC0000417>},
    {"missing-import", kLow, "a function or DLL that the program needs is missing",
     has_code<0xC06D007E, 0xC06D007F, 0x80000100, 0xC0000135, 0xC0000139>},
    {"out-of-memory", kLow, "no memory was left", has_code<0xC0000017, 0xE0000008>},
    {"other", kUnknown, "no rule knows this kind of crash", [](const Facts&) { return true; }},
});

}  // namespace

std::span<const SeverityRule> severity_rules() {
  return kRules;
}

const SeverityRule& rank_severity(const Crash& crash) {
  const SeverityFacts facts = facts_of(crash);
  return *std::ranges::find_if(kRules, [&](const SeverityRule& rule) { return rule.applies(facts); });
}

std::string_view severity_name(SeverityRank rank) {
  switch (rank) {
    case SeverityRank::kHigh:
      return "high";
    case SeverityRank::kMedium:
      return "medium";
    case SeverityRank::kLow:
      return "low";
    case SeverityRank::kUnknown:
      return "unknown";
  }
  return "";
}

Crash with_severity(Crash crash) {
  const SeverityRule& rule = rank_severity(crash);
  crash.severity = severity_name(rule.rank);
  crash.rule = rule.id;
  crash.why = rule.reason;
  return crash;
}

}  // namespace catcher
