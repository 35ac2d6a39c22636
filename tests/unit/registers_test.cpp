#include "evidence/registers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <windows.h>

#include <cstring>
#include <vector>

#include "win32/unique_handle.h"

namespace catcher {
namespace {

using testing::Contains;
using testing::Pair;

std::vector<std::byte> bytes_of(const CONTEXT& context) {
  std::vector<std::byte> bytes(sizeof context);
  std::memcpy(bytes.data(), &context, sizeof context);
  return bytes;
}

TEST(Registers, a_64_bit_context_becomes_named_values) {
  CONTEXT context{};
  context.Rax = 0x11;
  context.R15 = 0x22;
  context.Rip = 0x140001530;
  context.SegCs = 0x33;
  const auto registers = registers_from_context(bytes_of(context), true);
  ASSERT_TRUE(registers);
  const auto named = named_registers(*registers);
  EXPECT_EQ(named.front(), (std::pair<std::string, std::uint64_t>("rax", 0x11)));
  EXPECT_THAT(named, Contains(Pair("r15", 0x22U)));
  EXPECT_THAT(named, Contains(Pair("rip", 0x140001530U)));
  EXPECT_THAT(named, Contains(Pair("cs", 0x33U)));
}

TEST(Registers, general_registers_stand_in_the_processors_encoding_order) {
  CONTEXT context{};
  context.Rcx = 1;
  context.Rsp = 4;
  context.Rdi = 7;
  const auto registers = registers_from_context(bytes_of(context), true);
  ASSERT_TRUE(registers);
  EXPECT_EQ(registers->general[1], 1U);
  EXPECT_EQ(registers->sp(), 4U);
  EXPECT_EQ((*registers)[Gpr::kRdi], 7U);
}

TEST(Registers, a_32_bit_context_has_the_short_names_and_16_bit_selectors) {
  WOW64_CONTEXT context{};
  context.Eax = 0xFFFFFFFF;
  context.Eip = 0x401000;
  context.SegCs = 0xABCD0023;
  std::vector<std::byte> bytes(sizeof context);
  std::memcpy(bytes.data(), &context, sizeof context);
  const auto registers = registers_from_context(bytes, false);
  ASSERT_TRUE(registers);
  const auto named = named_registers(*registers);
  EXPECT_EQ(named.front(), (std::pair<std::string, std::uint64_t>("eax", 0xFFFFFFFF)));
  EXPECT_THAT(named, Contains(Pair("eip", 0x401000U)));
  EXPECT_THAT(named, Contains(Pair("cs", 0x23U)));
  EXPECT_THAT(named, testing::Not(Contains(Pair("r8", testing::_))));
}

TEST(Registers, a_context_that_is_too_short_is_refused) {
  EXPECT_FALSE(registers_from_context(std::vector<std::byte>(kContextSize64 - 1), true));
  EXPECT_FALSE(registers_from_context(std::vector<std::byte>(kContextSize32 - 1), false));
}

DWORD WINAPI wait_for_event(void* event) {
  return WaitForSingleObject(event, INFINITE);
}

TEST(Registers, a_suspended_thread_shows_its_own_stack_pointer) {
  const UniqueHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  const UniqueHandle thread(CreateThread(nullptr, 0, wait_for_event, event.get(), CREATE_SUSPENDED, nullptr));
  ASSERT_TRUE(thread);
  const auto registers = capture_registers(thread.get(), true);
  SetEvent(event.get());
  ResumeThread(thread.get());
  WaitForSingleObject(thread.get(), INFINITE);
  ASSERT_TRUE(registers);
  EXPECT_NE(registers->sp(), 0U);
  EXPECT_NE(registers->ip, 0U);
  EXPECT_EQ(registers->context.size(), kContextSize64);
}

TEST(Registers, nothing_comes_from_a_handle_that_is_no_thread) {
  EXPECT_FALSE(capture_registers(nullptr, true));
  EXPECT_FALSE(capture_registers(nullptr, false));
}

}  // namespace
}  // namespace catcher
