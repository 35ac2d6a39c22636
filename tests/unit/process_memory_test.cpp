#include "debugger/process_memory.h"
#include "debugger/watched_functions.h"

#include "debugger/breakpoints.h"
#include "debugger/follow.h"
#include "debugger/remote_exports.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

namespace catcher {
namespace {

Address address_of(const void* pointer) {
  return {reinterpret_cast<std::uintptr_t>(pointer)};
}

Address module_base(const wchar_t* name) {
  return address_of(GetModuleHandleW(name));
}

TEST(ProcessMemory, reads_up_to_the_first_unreadable_page) {
  auto* pages = static_cast<std::byte*>(VirtualAlloc(nullptr, 0x3000, MEM_RESERVE, PAGE_NOACCESS));
  ASSERT_NE(VirtualAlloc(pages, 0x2000, MEM_COMMIT, PAGE_READWRITE), nullptr);
  pages[0x1FFF] = std::byte{7};
  const ProcessMemory memory(GetCurrentProcess());
  std::vector<std::byte> into(0x2000);
  EXPECT_EQ(memory.read(address_of(pages + 0x800), into), 0x1800u);
  EXPECT_EQ(into[0x17FF], std::byte{7});
  EXPECT_EQ(memory.read(address_of(pages + 0x2000), into), 0u);
  VirtualFree(pages, 0, MEM_RELEASE);
}

TEST(ProcessMemory, hides_the_bytes_that_catcher_has_changed) {
  std::array<std::byte, 4> code{std::byte{0xCC}, std::byte{1}, std::byte{0xCC}, std::byte{3}};
  ProcessMemory memory(GetCurrentProcess());
  memory.mask(address_of(&code[0]), std::byte{0x55});
  memory.mask(address_of(&code[2]), std::byte{0x66});
  std::array<std::byte, 4> seen{};
  ASSERT_EQ(memory.read(address_of(&code[0]), seen), 4u);
  EXPECT_EQ(seen, (std::array{std::byte{0x55}, std::byte{1}, std::byte{0x66}, std::byte{3}}));
  memory.reveal(address_of(&code[0]));
  EXPECT_EQ(read_value<std::byte>(memory, address_of(&code[0])), std::byte{0xCC});
}

TEST(FindExport, finds_what_the_loader_finds) {
  const ProcessMemory memory(GetCurrentProcess());
  for (const char* name : {"NtTerminateProcess", "NtClose", "RtlUserThreadStart"}) {
    const auto found = find_export(memory, module_base(L"ntdll.dll"), name);
    ASSERT_TRUE(found.has_value()) << name;
    EXPECT_EQ(found->value, reinterpret_cast<std::uintptr_t>(
                                reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name))));
  }
}

TEST(FindExport, finds_nothing_where_there_is_nothing) {
  const ProcessMemory memory(GetCurrentProcess());
  EXPECT_FALSE(find_export(memory, module_base(L"ntdll.dll"), "NoSuchFunction").has_value());
  EXPECT_FALSE(find_export(memory, module_base(L"ntdll.dll"), "").has_value());
  EXPECT_FALSE(find_export(memory, Address{0x1000}, "NtClose").has_value());
}

TEST(ReadImageHeaders, agrees_with_the_loader) {
  const ProcessMemory memory(GetCurrentProcess());
  const auto headers = read_image_headers(memory, module_base(nullptr));
  ASSERT_TRUE(headers.has_value());
  EXPECT_EQ(headers->is_64_bit, sizeof(void*) == 8);
  EXPECT_GT(headers->size, 0x1000u);
}

constexpr auto kWatch = BreakpointOwner::kWatchedFunction;

template <typename... Bytes>
std::array<std::byte, 16> code_of(Bytes... bytes) {
  return {static_cast<std::byte>(bytes)...};
}

TEST(Breakpoints, system_call_stub_is_emulated_and_hidden) {
  auto stub = code_of(0x4C, 0x8B, 0xD1, 0xB8);
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  const Address at = address_of(stub.data());
  ASSERT_TRUE(table.set(memory, at, kWatch, 7, Address{0x1000}));
  EXPECT_EQ(stub[0], std::byte{0xCC});
  EXPECT_EQ(read_value<std::byte>(memory, at), std::byte{0x4C});
  ASSERT_NE(table.find(at), nullptr);
  EXPECT_EQ(table.find(at)->claims.at(0).id, 7u);
  EXPECT_EQ(table.find(at)->instruction, (SteppedInstruction{StepOver::kMovR10Rcx, 0}));
  EXPECT_FALSE(table.was_removed(at));
  table.remove(memory, at);
  EXPECT_EQ(stub[0], std::byte{0x4C});
  EXPECT_EQ(table.find(at), nullptr);
  EXPECT_TRUE(table.was_removed(at));
}

TEST(Breakpoints, the_instructions_that_are_emulated_are_known) {
  const auto instruction = [](const std::array<std::byte, 16>& code) {
    return stepped_instruction(ProcessMemory(GetCurrentProcess()), address_of(code.data()));
  };
  EXPECT_EQ(instruction(code_of(0xC3)), (SteppedInstruction{StepOver::kReturn, 0}));
  EXPECT_EQ(instruction(code_of(0xC2, 0x10, 0x01)), (SteppedInstruction{StepOver::kReturn, 0x110}));
  EXPECT_EQ(instruction(code_of(0xB8, 1, 2, 3, 4)), (SteppedInstruction{StepOver::kMovEax, 0x04030201}));
  EXPECT_EQ(instruction(code_of(0xE9, 1)), (SteppedInstruction{StepOver::kRemove, 0}));
  EXPECT_EQ(instruction(code_of(0x4C, 0x8B, 0xD2)), (SteppedInstruction{StepOver::kRemove, 0}));
}

TEST(Breakpoints, unreadable_code_and_an_int3_of_the_debuggees_own_are_refused) {
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  EXPECT_FALSE(table.set(memory, Address{0x1000}, kWatch, 0, {}));
  auto own = code_of(0xCC);
  EXPECT_FALSE(table.set(memory, address_of(own.data()), kWatch, 0, {}));
}

TEST(Breakpoints, the_first_owner_keeps_an_address) {
  auto code = code_of(0xE9);
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  EXPECT_TRUE(table.set(memory, address_of(code.data()), kWatch, 1, {}));
  EXPECT_TRUE(table.set(memory, address_of(code.data()), kWatch, 1, {}));
  EXPECT_FALSE(table.set(memory, address_of(code.data()), BreakpointOwner::kHandles, 1, {}));
  EXPECT_EQ(table.find(address_of(code.data()))->original, std::byte{0xE9});
}

TEST(Breakpoints, all_of_one_owner_are_taken_away_and_the_others_stay) {
  auto code = code_of(0x55, 0x56, 0x57);
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  const Address at = address_of(code.data());
  ASSERT_TRUE(table.set(memory, at, kWatch, 1, {}));
  ASSERT_TRUE(table.set(memory, at + 1, BreakpointOwner::kHandles, 1, {}));
  ASSERT_TRUE(table.set(memory, at + 2, BreakpointOwner::kHandles, 2, {}));
  table.remove_all(memory, BreakpointOwner::kHandles);
  EXPECT_EQ(code, code_of(0xCC, 0x56, 0x57));
  table.remove_all(memory);
  EXPECT_EQ(code, code_of(0x55, 0x56, 0x57));
}

TEST(Breakpoints, two_probes_share_a_place_and_it_stays_until_both_have_left) {
  auto code = code_of(0x4C, 0x8B, 0xD1, 0xB8, 0x0F);
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  const Address at = address_of(code.data());
  const std::array<PlannedBreakpoint, 1> first{{{at, 4}}};
  const std::array<PlannedBreakpoint, 2> second{{{at, 9}, {at + 4, 10}}};
  ASSERT_TRUE(table.set_all(memory, first, BreakpointOwner::kHandles, {}));
  ASSERT_TRUE(table.set_all(memory, second, BreakpointOwner::kMemory, {}));
  EXPECT_EQ(table.find(at)->claims,
            (std::vector<BreakpointClaim>{{BreakpointOwner::kHandles, 4}, {BreakpointOwner::kMemory, 9}}));
  table.remove_all(memory, BreakpointOwner::kHandles);
  EXPECT_EQ(code, code_of(0xCC, 0x8B, 0xD1, 0xB8, 0xCC));
  EXPECT_FALSE(table.was_removed(at));
  table.remove_all(memory, BreakpointOwner::kMemory);
  EXPECT_EQ(code, code_of(0x4C, 0x8B, 0xD1, 0xB8, 0x0F));
  EXPECT_TRUE(table.was_removed(at));
}

TEST(Breakpoints, those_far_apart_are_set_whatever_lies_between_them) {
  constexpr std::size_t kPage = 4096;
  const auto free = [](std::byte* pages) { VirtualFree(pages, 0, MEM_RELEASE); };
  const std::unique_ptr<std::byte, decltype(free)> pages(
      static_cast<std::byte*>(VirtualAlloc(nullptr, 3 * kPage, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE)),
      free);
  std::byte* const last = pages.get() + 2 * kPage;
  DWORD before = 0;
  ASSERT_NE(VirtualProtect(pages.get() + kPage, kPage, PAGE_NOACCESS, &before), FALSE);
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  const std::array<PlannedBreakpoint, 2> planned{{{address_of(last), 2}, {address_of(pages.get()), 1}}};
  EXPECT_TRUE(table.set_all(memory, planned, BreakpointOwner::kMemory, {}));
  EXPECT_EQ(*pages, std::byte{0xCC});
  EXPECT_EQ(*last, std::byte{0xCC});
  EXPECT_EQ(table.find(address_of(last))->claims.front().id, 2u);
}

TEST(Breakpoints, a_probe_does_not_share_with_what_is_no_probe) {
  auto code = code_of(0x4C, 0x8B, 0xD1);
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  const std::array<PlannedBreakpoint, 1> planned{{{address_of(code.data()), 1}}};
  ASSERT_TRUE(table.set(memory, address_of(code.data()), kWatch, 1, {}));
  EXPECT_TRUE(table.set_all(memory, planned, BreakpointOwner::kMemory, {}));
  EXPECT_EQ(table.find(address_of(code.data()))->claims, (std::vector<BreakpointClaim>{{kWatch, 1}}));
}

TEST(Breakpoints, of_an_unloaded_module_are_forgotten_without_a_write) {
  auto code = code_of(0x55, 0x56);
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  const Address at = address_of(code.data());
  ASSERT_TRUE(table.set(memory, at, kWatch, 1, Address{0x10000}));
  ASSERT_TRUE(table.set(memory, at + 1, kWatch, 1, Address{0x20000}));
  table.forget_module(memory, Address{0x10000});
  EXPECT_EQ(table.find(at), nullptr);
  EXPECT_FALSE(table.was_removed(at));
  EXPECT_EQ(read_value<std::byte>(memory, at), std::byte{0xCC});
  EXPECT_NE(table.find(at + 1), nullptr);
}

TEST(WatchedFunctions, are_found_by_module_name_in_any_case) {
  EXPECT_EQ(watched_functions("NTDLL.DLL").size(), 2u);
  EXPECT_EQ(watched_functions("ucrtbase.dll").front().purpose, WatchPurpose::kAbort);
  EXPECT_TRUE(watched_functions("user32.dll").empty());
  EXPECT_TRUE(watched_functions("").empty());
}

TEST(Follow, everybody_is_followed_unless_the_policy_says_otherwise) {
  TreePolicy policy;
  EXPECT_TRUE(is_followed("C:\\x\\worker.exe", policy));
  policy.no_follow = {"WORK*.exe"};
  EXPECT_FALSE(is_followed("C:\\x\\worker.exe", policy));
  EXPECT_TRUE(is_followed("C:\\worker.exe\\other.exe", policy));
  policy = {};
  policy.follow = {"a.exe", "b?.exe"};
  EXPECT_TRUE(is_followed("a.exe", policy));
  EXPECT_TRUE(is_followed("c:/b1.exe", policy));
  EXPECT_FALSE(is_followed("c.exe", policy));
  policy.no_follow = {"b*"};
  EXPECT_FALSE(is_followed("b1.exe", policy));
}

TEST(Follow, helpers_of_the_os_are_known_by_name_and_place) {
  EXPECT_TRUE(is_os_helper("C:\\Windows\\System32\\conhost.exe"));
  EXPECT_TRUE(is_os_helper("C:\\windows\\SysWOW64\\WerFault.exe"));
  EXPECT_FALSE(is_os_helper("C:\\app\\conhost.exe"));
  EXPECT_FALSE(is_os_helper("C:\\Windows\\System32\\cmd.exe"));
}

}  // namespace
}  // namespace catcher
