#include "debugger/syscall_stub.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <initializer_list>
#include <vector>

namespace catcher {
namespace {

std::vector<std::byte> code(std::initializer_list<unsigned> bytes) {
  std::vector<std::byte> result;
  for (const unsigned byte : bytes) {
    result.push_back(static_cast<std::byte>(byte));
  }
  return result;
}

std::vector<unsigned> exits(const std::vector<std::byte>& bytes) {
  const auto stub = decode_syscall_stub(bytes);
  std::vector<unsigned> result;
  for (std::size_t i = 0; stub && i < stub->exit_count; ++i) {
    result.push_back(stub->exits.at(i));
  }
  return result;
}

TEST(SyscallStub, windows_10_comes_back_in_two_places) {
  EXPECT_EQ(exits(code({0x4C, 0x8B, 0xD1, 0xB8, 0x0F, 0,    0,    0,    0xF6, 0x04, 0x25, 0x08,
                        0x03, 0xFE, 0x7F, 0x01, 0x75, 0x03, 0x0F, 0x05, 0xC3, 0xCD, 0x2E, 0xC3})),
            (std::vector<unsigned>{0x14, 0x17}));
}

TEST(SyscallStub, windows_7_comes_back_in_one) {
  EXPECT_EQ(exits(code({0x4C, 0x8B, 0xD1, 0xB8, 0x0F, 0, 0, 0, 0x0F, 0x05, 0xC3, 0x0F, 0x1F, 0x44, 0, 0})),
            (std::vector<unsigned>{0x0A}));
}

TEST(SyscallStub, one_that_also_calls_a_dispatcher_comes_back_in_any_of_its_returns) {
  EXPECT_EQ(
      exits(code({0x4C, 0x8B, 0xD1, 0xB8, 0x16, 0,    0,    0,    0xF6, 0x04, 0x25, 0x08, 0x03, 0xFE, 0x7F, 0x01,
                  0x75, 0x03, 0x0F, 0x05, 0xC3, 0xEB, 0x01, 0xC3, 0xFF, 0x14, 0x25, 0,    0x10, 0xFE, 0x7F, 0xC3})),
      (std::vector<unsigned>{0x14, 0x17, 0x1F}));
}

TEST(SyscallStub, does_not_run_on_into_the_next_one) {
  EXPECT_EQ(exits(code({0x4C, 0x8B, 0xD1, 0xB8, 0x0F, 0, 0, 0, 0x0F, 0x05, 0xC3,  //
                        0x4C, 0x8B, 0xD1, 0xB8, 0x10, 0, 0, 0, 0x0F, 0x05, 0xC3})),
            (std::vector<unsigned>{0x0A}));
}

TEST(SyscallStub, refuses_what_somebody_has_hooked) {
  EXPECT_FALSE(decode_syscall_stub(code({0xE9, 1, 2, 3, 4, 0, 0, 0, 0x0F, 0x05, 0xC3})));
  EXPECT_FALSE(decode_syscall_stub(code({0x4C, 0x8B, 0xD1, 0xE9, 1, 2, 3, 4, 0x0F, 0x05, 0xC3})));
}

TEST(SyscallStub, refuses_what_never_comes_back) {
  EXPECT_FALSE(decode_syscall_stub(code({0x4C, 0x8B, 0xD1, 0xB8, 0x0F, 0, 0, 0, 0x0F, 0x05})));
  EXPECT_FALSE(decode_syscall_stub(code({0x4C, 0x8B, 0xD1, 0xC3})));
  EXPECT_FALSE(decode_syscall_stub({}));
}

}  // namespace
}  // namespace catcher
