#include "triage/fault_description.h"
#include "triage/severity.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace catcher {
namespace {

constexpr std::uint64_t kWild = 0x12345678;
constexpr std::uint64_t kNoAddress = ~std::uint64_t{0};

Crash crash_with(std::uint32_t code, std::vector<std::uint64_t> parameters, std::string instruction = {},
                 std::string note = {}) {
  Crash crash;
  ExceptionInfo exception;
  exception.code = code;
  exception.address = Address{0x140001530};
  exception.parameters = std::move(parameters);
  crash.exception = with_description(exception);
  crash.status = code;
  crash.instruction = std::move(instruction);
  crash.instruction_note = std::move(note);
  crash.registers = {{"rip", 0x140001530}, {"rsp", 0x5ffe80}};
  return crash;
}

Crash access(std::uint64_t operation, std::uint64_t target, std::string instruction = "mov eax, dword ptr [rcx]") {
  return crash_with(0xC0000005, {operation, target}, std::move(instruction));
}

Crash fail_fast(std::uint64_t subcode) {
  Crash crash = crash_with(0xC0000409, {subcode});
  crash.kind = CrashKind::kFailFast;
  return crash;
}

Crash exited(std::uint32_t status) {
  Crash crash;
  crash.kind = CrashKind::kExitStatus;
  crash.exit_status = status;
  return crash;
}

std::string ruled(const Crash& crash) {
  const SeverityRule& rule = rank_severity(crash);
  return std::string(severity_name(rule.rank)) + " " + std::string(rule.id);
}

TEST(Severity, reads_and_writes_are_ranked_by_direction_and_distance_from_null) {
  EXPECT_EQ(ruled(access(1, 0)), "medium write-near-null");
  EXPECT_EQ(ruled(access(1, 0xFFFF)), "medium write-near-null");
  EXPECT_EQ(ruled(access(1, 0x10000)), "high write-wild");
  EXPECT_EQ(ruled(access(0, 0)), "low read-near-null");
  EXPECT_EQ(ruled(access(0, kWild)), "medium read-wild");
  EXPECT_EQ(ruled(access(8, 0)), "medium execute-near-null");
  EXPECT_EQ(ruled(access(8, kWild)), "high execute-wild");
}

TEST(Severity, the_instruction_tells_more) {
  EXPECT_EQ(ruled(access(0, kWild, "call qword ptr [rax]")), "high branch-wild");
  EXPECT_EQ(ruled(access(0, 8, "jmp qword ptr [rax+0x8]")), "medium branch-near-null");
  EXPECT_EQ(ruled(access(0, kWild, "rep movsb")), "medium read-block");
  EXPECT_EQ(ruled(access(0, kNoAddress, "ret")), "high return-address");
  EXPECT_EQ(ruled(access(0, kNoAddress)), "medium read-wild");
  EXPECT_EQ(ruled(crash_with(0xC0000005, {0, kNoAddress}, "mov [rax], ecx", "write of 4 bytes to [rax]")),
            "high write-wild");
}

TEST(Severity, an_access_at_the_stack_pointer_is_an_exhausted_stack) {
  EXPECT_EQ(ruled(access(1, 0x5ffe78, "call 0x140001000")), "low access-at-stack-pointer");
  EXPECT_EQ(ruled(crash_with(0xC00000FD, {1, 0x5ffe78})), "low stack-exhausted");
}

TEST(Severity, code_on_the_stack_is_high_whatever_the_fault) {
  Crash crash = crash_with(0xC000001D, {});
  crash.exception->address = Address{0x5ffe00};
  EXPECT_EQ(ruled(crash), "high code-on-stack");
}

TEST(Severity, fail_fasts_are_ranked_by_their_subcode) {
  EXPECT_EQ(ruled(fail_fast(2)), "high fail-fast-corruption");
  EXPECT_EQ(ruled(fail_fast(3)), "high fail-fast-corruption");
  EXPECT_EQ(ruled(fail_fast(10)), "high fail-fast-corruption");
  EXPECT_EQ(ruled(fail_fast(5)), "medium fail-fast-misuse");
  EXPECT_EQ(ruled(fail_fast(8)), "medium fail-fast-misuse");
  EXPECT_EQ(ruled(fail_fast(7)), "low fail-fast-deliberate");
  EXPECT_EQ(ruled(fail_fast(43)), "unknown fail-fast-policy");
  EXPECT_EQ(ruled(fail_fast(4711)), "unknown fail-fast-unknown");
}

TEST(Severity, the_other_codes_have_their_rules) {
  EXPECT_EQ(ruled(crash_with(0xC0000374, {})), "high heap-corruption");
  EXPECT_EQ(ruled(crash_with(0xC000001D, {}, "ud2")), "low trap-instruction");
  EXPECT_EQ(ruled(crash_with(0xC000001D, {}, "db 0x6")), "high illegal-instruction");
  EXPECT_EQ(ruled(crash_with(0xC0000096, {}, "hlt")), "high illegal-instruction");
  EXPECT_EQ(ruled(crash_with(0x80000001, {0, kWild})), "high guard-page");
  EXPECT_EQ(ruled(crash_with(0xC0000094, {})), "low arithmetic");
  EXPECT_EQ(ruled(crash_with(0xC000008E, {})), "low arithmetic");
  EXPECT_EQ(ruled(crash_with(0x80000002, {})), "low misaligned");
  EXPECT_EQ(ruled(crash_with(0xC0000006, {0, kWild, 0xC0000185})), "low in-page-error");
  EXPECT_EQ(ruled(crash_with(0x80000003, {})), "unknown breakpoint");
  EXPECT_EQ(ruled(crash_with(0xC0000420, {})), "low assertion");
  EXPECT_EQ(ruled(crash_with(0xE06D7363, {})), "low uncaught-exception");
  EXPECT_EQ(ruled(crash_with(0xC0000421, {})), "unknown verifier-stop");
  EXPECT_EQ(ruled(crash_with(0xC00001A5, {})), "high handler-chain");
  EXPECT_EQ(ruled(crash_with(0xC0000005, {})), "unknown access-violation");
  EXPECT_EQ(ruled(crash_with(0xC000008C, {})), "medium array-bounds");
  EXPECT_EQ(ruled(crash_with(0xC0000017, {})), "low out-of-memory");
  EXPECT_EQ(ruled(crash_with(0x80000100, {})), "low missing-import");
  EXPECT_EQ(ruled(crash_with(0xC0000417, {})), "low invalid-parameter");
  EXPECT_EQ(ruled(crash_with(0xE073616E, {})), "medium sanitizer-report");
  EXPECT_EQ(ruled(crash_with(0xE1234567, {})), "unknown other");
}

TEST(Severity, ends_without_an_exception_have_their_rules) {
  EXPECT_EQ(ruled(exited(0xC0000135)), "low cannot-start");
  EXPECT_EQ(ruled(exited(0xC0000005)), "unknown exit-status");
  Crash aborted;
  aborted.kind = CrashKind::kAbort;
  EXPECT_EQ(ruled(aborted), "low abort");
  aborted.cxx = CxxException{"int", ""};
  EXPECT_EQ(ruled(aborted), "low uncaught-exception");
}

TEST(Severity, fills_in_the_crash) {
  const Crash crash = with_severity(access(1, 0));
  EXPECT_EQ(crash.severity, "medium");
  EXPECT_EQ(crash.rule, "write-near-null");
  EXPECT_EQ(crash.why, "a write through a null pointer, perhaps with an offset");
}

TEST(SeverityTable, ids_are_unique_and_the_last_rule_takes_everything) {
  std::set<std::string_view> ids;
  for (const SeverityRule& rule : severity_rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
  }
  EXPECT_EQ(severity_rules().back().id, "other");
}

TEST(SeverityTable, never_says_that_nobody_could_exploit_a_crash) {
  for (const SeverityRule& rule : severity_rules()) {
    EXPECT_EQ(rule.reason.find("exploitable"), std::string_view::npos) << rule.id;
    EXPECT_EQ(rule.reason.find('\n'), std::string_view::npos) << rule.id;
  }
}

}  // namespace
}  // namespace catcher
