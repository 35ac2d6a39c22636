// 32-bit stacks made by hand, through dbghelp and without it.
#include "evidence/unwind_x86.h"

#include "unwind_image_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace catcher {
namespace {

constexpr Address kImage{0x400000};
constexpr Address kStack{0x200000};
constexpr std::size_t kWords = 0x400;
constexpr std::uint32_t kCode = 0x401100;

class UnwinderOf32Bits : public testing::TestWithParam<bool> {
 protected:
  UnwinderOf32Bits() : words_(kWords, 0x11111111) {
    builder_.put<std::uint16_t>(ImageBuilder::kHeaders + 4, 0x14c);
    for (std::uint32_t rva = 0x1100; rva < 0x1200; rva += 0x10) {
      builder_.code(rva, {0xe8, 0, 0, 0, 0});
    }
  }

  // A frame whose saved ebp is in this word, called from behind the n-th call.
  void put_frame(std::size_t word, std::size_t next, std::uint32_t call) {
    words_[word] = next == 0 ? 0 : address(next);
    words_[word + 1] = return_of(call);
  }

  static std::uint32_t address(std::size_t word) { return static_cast<std::uint32_t>(kStack.value + word * 4); }
  static std::uint32_t return_of(std::uint32_t call) { return kCode + call * 0x10 + 5; }

  std::vector<std::uint64_t> walk(const RegisterContextX86& context, std::size_t limit = kMaxUnwoundFrames) {
    memory_.block(kImage) = builder_.bytes();
    auto& stack = memory_.block(kStack);
    stack.resize(words_.size() * 4);
    std::memcpy(stack.data(), words_.data(), stack.size());
    ImageCache cache(memory_);
    Module module = ImageBuilder::module_at(kImage, "made.exe");
    module.is_64_bit = false;
    const std::vector<Module> modules{module};
    UnwinderX86 unwinder(cache, modules);
    const StackBounds bounds{kStack, kStack + words_.size() * 4};
    stack_ = GetParam() ? unwinder.walk(context, bounds, limit) : unwinder.walk_frame_pointers(context, bounds, limit);
    std::vector<std::uint64_t> pcs;
    for (const UnwoundFrame& frame : stack_.frames) {
      pcs.push_back(frame.pc.value);
    }
    return pcs;
  }

  ImageBuilder builder_;
  BlockMemory memory_;
  std::vector<std::uint32_t> words_;
  UnwoundStack stack_;
};

TEST_P(UnwinderOf32Bits, follows_the_chain_of_ebp_to_its_end) {
  put_frame(10, 20, 1);
  put_frame(20, 30, 2);
  put_frame(30, 0, 3);
  words_[40] = 0;
  const std::vector<std::uint64_t> expected{kCode + 0x80, return_of(1), return_of(2), return_of(3)};
  EXPECT_EQ(walk({kCode + 0x80, address(4), address(10)}), expected);
}

TEST_P(UnwinderOf32Bits, a_call_through_null_shows_its_caller) {
  words_[4] = return_of(5);
  put_frame(10, 20, 1);
  put_frame(20, 0, 2);
  const auto pcs = walk({0, address(4), address(10)});
  ASSERT_GE(pcs.size(), 3U);
  EXPECT_EQ(pcs[1], return_of(5));
  EXPECT_EQ(pcs[2], return_of(1));
  EXPECT_EQ(stack_.frames[1].source, FrameSource::kReturnPop);
}

TEST_P(UnwinderOf32Bits, a_function_at_its_first_instruction_shows_who_called_it) {
  builder_.code(0x1150, {0xe8, 0x2b, 0, 0, 0});  // to 0x1180, which pushes nothing yet
  words_[4] = return_of(5);
  put_frame(10, 0, 1);
  const std::vector<std::uint64_t> expected{kCode + 0x80, return_of(5), return_of(1)};
  EXPECT_EQ(walk({kCode + 0x80, address(4), address(10)}), expected);
}

TEST_P(UnwinderOf32Bits, a_function_reached_through_an_import_shows_who_called_it) {
  builder_.code(0x1150, {0xe8, 0x1b, 0, 0, 0});              // to the stub at 0x1170
  builder_.code(0x1170, {0xff, 0x25, 0xf0, 0x11, 0x40, 0});  // jmp [0x4011f0]
  builder_.put<std::uint32_t>(0x11f0, 0x401180);
  words_[4] = return_of(5);
  put_frame(10, 0, 1);
  const std::vector<std::uint64_t> expected{kCode + 0x80, return_of(5), return_of(1)};
  EXPECT_EQ(walk({kCode + 0x80, address(4), address(10)}), expected);
}

TEST_P(UnwinderOf32Bits, a_chain_that_leads_back_ends) {
  put_frame(10, 20, 1);
  put_frame(20, 10, 2);
  EXPECT_LE(walk({kCode + 0x80, address(4), address(10)}).size(), 4U);
}

TEST_P(UnwinderOf32Bits, a_chain_that_stands_still_ends) {
  put_frame(10, 10, 1);
  EXPECT_LE(walk({kCode + 0x80, address(4), address(10)}).size(), 3U);
}

TEST_P(UnwinderOf32Bits, an_overwritten_return_address_ends_it_with_a_reason) {
  put_frame(10, 20, 1);
  put_frame(20, 30, 2);
  words_[21] = 0x41414141;
  const auto pcs = walk({kCode + 0x80, address(4), address(10)});
  EXPECT_EQ(pcs.size(), 2U);
  EXPECT_NE(stack_.end_reason, "");
}

TEST_P(UnwinderOf32Bits, code_without_frame_pointers_is_crossed_by_scan) {
  put_frame(10, 0, 1);
  words_[25] = return_of(2);
  words_[60] = return_of(3);
  const std::vector<std::uint64_t> expected{kCode + 0x80, return_of(1), return_of(2), return_of(3)};
  EXPECT_EQ(walk({kCode + 0x80, address(4), address(10)}), expected);
  EXPECT_EQ(stack_.frames.back().source, FrameSource::kScan);
  EXPECT_THAT(stack_.end_reason, testing::HasSubstr("chain of frame pointers ends"));
}

TEST_P(UnwinderOf32Bits, never_gives_more_than_the_limit) {
  for (std::size_t word = 10; word + 4 < kWords; word += 4) {
    put_frame(word, word + 4, 1);
  }
  EXPECT_EQ(walk({kCode + 0x80, address(4), address(10)}, 50).size(), 50U);
  EXPECT_THAT(stack_.end_reason, testing::HasSubstr("more than 50"));
}

INSTANTIATE_TEST_SUITE_P(dbghelp, UnwinderOf32Bits, testing::Values(true));
INSTANTIATE_TEST_SUITE_P(frame_pointers, UnwinderOf32Bits, testing::Values(false));

}  // namespace
}  // namespace catcher
