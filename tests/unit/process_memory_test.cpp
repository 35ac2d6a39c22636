#include "debugger/process_memory.h"

#include "debugger/breakpoints.h"
#include "debugger/remote_exports.h"

#include <gtest/gtest.h>

#include <array>
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

TEST(Breakpoints, system_call_stub_is_emulated_and_hidden) {
  std::array<std::byte, 16> stub{std::byte{0x4C}, std::byte{0x8B}, std::byte{0xD1}, std::byte{0xB8}};
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  const Address at = address_of(stub.data());
  ASSERT_TRUE(table.set(memory, at, WatchPurpose::kTerminateProcess));
  EXPECT_EQ(stub[0], std::byte{0xCC});
  EXPECT_EQ(read_value<std::byte>(memory, at), std::byte{0x4C});
  ASSERT_NE(table.find(at), nullptr);
  EXPECT_EQ(table.find(at)->step_over, StepOver::kEmulate);
  table.remove(memory, at);
  EXPECT_EQ(stub[0], std::byte{0x4C});
  EXPECT_EQ(table.find(at), nullptr);
}

TEST(Breakpoints, any_other_code_is_a_one_shot) {
  std::array<std::byte, 16> code{std::byte{0xE9}, std::byte{1}};
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  ASSERT_TRUE(table.set(memory, address_of(code.data()), WatchPurpose::kAbort));
  EXPECT_EQ(table.find(address_of(code.data()))->step_over, StepOver::kRemove);
}

TEST(Breakpoints, unreadable_code_is_refused) {
  ProcessMemory memory(GetCurrentProcess());
  BreakpointTable table;
  EXPECT_FALSE(table.set(memory, Address{0x1000}, WatchPurpose::kAbort));
}

TEST(WatchedFunctions, are_found_by_module_name_in_any_case) {
  EXPECT_EQ(watched_functions("NTDLL.DLL").size(), 1u);
  EXPECT_EQ(watched_functions("ucrtbase.dll").front().purpose, WatchPurpose::kAbort);
  EXPECT_TRUE(watched_functions("user32.dll").empty());
  EXPECT_TRUE(watched_functions("").empty());
}

}  // namespace
}  // namespace catcher
