// Whole walks over stacks that are in order and over such that are not.
#include "evidence/unwind.h"
#include "unwind_image_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace catcher {
namespace {

using testing::HasSubstr;

constexpr Address kImage{0x140000000};
constexpr Address kStack{0x200000};
constexpr std::size_t kSlots = 0x4000;
constexpr Address kStackEnd = kStack + kSlots * 8;
constexpr std::uint32_t kInner = 0x1100;  // 32 bytes of locals
constexpr std::uint32_t kOuter = 0x1200;  // the same
constexpr std::uint32_t kFirst = 0x1300;  // the thread's first frame: no locals
constexpr std::uint32_t kProbe = 0x1400;  // the stack probe: no unwind data
constexpr std::uint32_t kSaver = 0x1500;  // rbp is its frame register
constexpr Address kJit{0x50000};
// Behind a call in each function.
constexpr std::uint64_t kInInner = kImage.value + kInner + 0x45;
constexpr std::uint64_t kInOuter = kImage.value + kOuter + 0x45;
constexpr std::uint64_t kInFirst = kImage.value + kFirst + 0x45;
constexpr std::size_t kFrame = 5;  // slots of kInner and kOuter with their return addresses

class UnwinderWalk : public testing::Test {
 protected:
  UnwinderWalk() {
    const std::uint32_t locals = image_.data({1, 4, 1, 0, 4, 0x32});
    image_.function(kInner, kInner + 0x100, locals).function(kOuter, kOuter + 0x100, locals);
    image_.function(kFirst, kFirst + 0x100, image_.data({1, 0, 0, 0}));
    for (const std::uint32_t function : {kInner, kOuter, kFirst}) {
      image_.code(function + 0x40, {0xe8, 0, 0, 0, 0});
    }
    image_.code(kProbe, {0x51, 0x50, 0x48, 0x3d, 0x00, 0x10, 0x00, 0x00});
    slots_.resize(kSlots, 0x1111111111111111);
    context_[Gpr::kRsp] = kStack.value;
  }

  // A whole stack from `slot` on: kInner's frame is there, called by kOuter, called by the thread's first function.
  void put_stack(std::size_t slot = 0) {
    slots_[slot + kFrame - 1] = kInOuter;
    slots_[slot + 2 * kFrame - 1] = kInFirst;
    slots_[slot + 2 * kFrame] = 0;
    top_ = kStack + (slot + 2 * kFrame + 0x20) * 8;
  }

  UnwoundStack walk(std::uint64_t rip, std::size_t limit = kMaxUnwoundFrames) {
    memory_.block(kImage) = image_.bytes();
    auto& stack = memory_.block(kStack);
    stack.resize(kSlots * 8);
    std::memcpy(stack.data(), slots_.data(), stack.size());
    context_.rip = rip;
    ImageCache cache(memory_);
    const std::vector<Module> modules{ImageBuilder::module_at(kImage)};
    const auto stack_found = Unwinder(cache, modules, is_executable_).walk(context_, {kStack, top_}, limit);
    spent_ = cache.memory().spent();
    return stack_found;
  }

  static void expect_frames(const UnwoundStack& stack, std::vector<std::pair<std::uint64_t, FrameSource>> expected) {
    std::vector<std::pair<std::uint64_t, FrameSource>> frames;
    for (const UnwoundFrame& frame : stack.frames) {
      frames.emplace_back(frame.pc.value, frame.source);
    }
    EXPECT_EQ(frames, expected) << stack.end_reason;
    EXPECT_EQ(stack.frames_total, stack.frames.size());
  }

  ImageBuilder image_;
  BlockMemory memory_;
  RegisterContext context_;
  std::vector<std::uint64_t> slots_;
  Address top_ = kStackEnd;
  ExecutableQuery is_executable_;
  std::uint64_t spent_ = 0;
};

TEST_F(UnwinderWalk, a_stack_in_order_ends_at_the_threads_first_frame_without_a_reason) {
  put_stack();
  const auto stack = walk(kImage.value + kInner + 0x20);
  expect_frames(stack, {{kImage.value + kInner + 0x20, FrameSource::kContext},
                        {kInOuter, FrameSource::kUnwindData},
                        {kInFirst, FrameSource::kUnwindData}});
  EXPECT_EQ(stack.end_reason, "");
  EXPECT_TRUE(stack.frames[0].is_exact);
  EXPECT_FALSE(stack.frames[1].is_exact);
}

TEST_F(UnwinderWalk, a_call_through_null_shows_its_caller) {
  put_stack(1);
  slots_[0] = kInInner;
  const auto stack = walk(0);
  expect_frames(stack, {{0, FrameSource::kContext},
                        {kInInner, FrameSource::kReturnPop},
                        {kInOuter, FrameSource::kUnwindData},
                        {kInFirst, FrameSource::kUnwindData}});
  EXPECT_EQ(stack.end_reason, "");
}

TEST_F(UnwinderWalk, a_call_through_a_junk_pointer_shows_its_caller) {
  put_stack(1);
  slots_[0] = kInInner;
  EXPECT_EQ(walk(0xdeadbeefdeadbeef).frames.at(1).pc.value, kInInner);
}

TEST_F(UnwinderWalk, a_jump_to_junk_with_no_return_address_on_top_is_continued_by_scan) {
  put_stack(3);
  slots_[2] = kInInner;
  const auto stack = walk(0x4141414141414141);
  expect_frames(stack, {{0x4141414141414141, FrameSource::kContext},
                        {kInInner, FrameSource::kScan},
                        {kInOuter, FrameSource::kUnwindData},
                        {kInFirst, FrameSource::kUnwindData}});
  EXPECT_THAT(stack.end_reason, HasSubstr("lies in no module"));
}

TEST_F(UnwinderWalk, the_stack_probe_is_left_through_what_it_has_pushed) {
  put_stack(3);
  slots_[2] = kInInner;
  const auto stack = walk(kImage.value + kProbe + 0x1b);
  expect_frames(stack, {{kImage.value + kProbe + 0x1b, FrameSource::kContext},
                        {kInInner, FrameSource::kReturnPop},
                        {kInOuter, FrameSource::kUnwindData},
                        {kInFirst, FrameSource::kUnwindData}});
  EXPECT_EQ(stack.end_reason, "");
}

TEST_F(UnwinderWalk, a_leaf_function_returns_from_the_top_of_the_stack) {
  put_stack(1);
  slots_[0] = kInInner;
  expect_frames(walk(kImage.value + kProbe + 0x300), {{kImage.value + kProbe + 0x300, FrameSource::kContext},
                                                      {kInInner, FrameSource::kUnwindData},
                                                      {kInOuter, FrameSource::kUnwindData},
                                                      {kInFirst, FrameSource::kUnwindData}});
}

TEST_F(UnwinderWalk, code_generated_at_run_time_is_crossed_by_its_frame_pointer) {
  auto& jit = memory_.block(kJit);
  jit.resize(0x100, std::byte{0x90});
  jit[0x20] = std::byte{0xe8};
  const std::uint64_t in_jit = kJit.value + 0x25;
  slots_[kFrame - 1] = in_jit;
  context_[Gpr::kRbp] = kStack.value + 10 * 8;
  slots_[10] = 0;
  slots_[11] = kInOuter;
  put_stack(12 - kFrame);
  slots_[kFrame - 1] = in_jit;
  const auto stack = walk(kImage.value + kInner + 0x20);
  expect_frames(stack, {{kImage.value + kInner + 0x20, FrameSource::kContext},
                        {in_jit, FrameSource::kUnwindData},
                        {kInOuter, FrameSource::kFramePointer},
                        {kInFirst, FrameSource::kUnwindData}});
  EXPECT_THAT(stack.end_reason, HasSubstr("code in no module"));
}

TEST_F(UnwinderWalk, memory_that_may_not_be_executed_is_not_taken_for_code) {
  auto& data = memory_.block(kJit);
  data.resize(0x100, std::byte{0xe8});
  is_executable_ = [](Address) { return false; };
  put_stack();
  slots_[kFrame - 1] = kJit.value + 0x25;
  const auto stack = walk(kImage.value + kInner + 0x20);
  EXPECT_THAT(stack.end_reason, HasSubstr("leads to no code"));
  expect_frames(stack, {{kImage.value + kInner + 0x20, FrameSource::kContext}, {kInFirst, FrameSource::kScan}});
}

TEST_F(UnwinderWalk, a_smashed_stack_is_scanned_for_what_is_left) {
  put_stack(40);
  std::fill_n(slots_.begin(), 30, 0x4141414141414141);
  slots_[35] = kInInner;
  put_stack(36);
  const auto stack = walk(kImage.value + kInner + 0x20);
  EXPECT_THAT(stack.end_reason, HasSubstr("0x4141414141414141"));
  ASSERT_GE(stack.frames.size(), 3U);
  EXPECT_EQ(stack.frames[1].source, FrameSource::kScan);
  EXPECT_EQ(stack.frames[1].pc.value, kInInner);
  EXPECT_EQ(stack.frames.back().pc.value, kInFirst);
}

TEST_F(UnwinderWalk, a_scan_prefers_the_return_address_from_which_unwind_data_leads_on) {
  slots_[7] = kInOuter;  // a stale one: what it would return to is no code
  slots_[19] = kInInner;
  put_stack(20);
  const auto stack = walk(kImage.value + kInner + 0x20);
  EXPECT_EQ(stack.frames.at(1).pc.value, kInInner);
}

TEST_F(UnwinderWalk, a_scan_does_not_read_what_every_number_on_the_stack_points_to) {
  auto& heap = memory_.block({0x10000000});
  heap.resize(kSlots * 16, std::byte{0xe8});
  for (std::size_t i = 0; i < kSlots; ++i) {
    slots_[i] = 0x10000000 + i * 16;
  }
  walk(0x4141414141414141);
  EXPECT_LT(spent_, std::uint64_t{1} << 20);
}

TEST_F(UnwinderWalk, a_stack_of_zeros_is_not_taken_for_a_threads_first_frame) {
  std::fill(slots_.begin(), slots_.end(), 0);
  const auto stack = walk(kImage.value + kInner + 0x20);
  EXPECT_EQ(stack.frames.size(), 1U);
  EXPECT_THAT(stack.end_reason, HasSubstr("return address 0x0"));
}

TEST_F(UnwinderWalk, unwind_data_of_version_3_is_named_as_the_reason) {
  put_stack();
  image_.put<std::uint32_t>(ImageBuilder::kPdata + 8, image_.data({3, 0, 0, 0}));
  const auto stack = walk(kImage.value + kInner + 0x20);
  EXPECT_THAT(stack.end_reason, HasSubstr("made.dll+0x1120: its unwind data has version 3"));
}

TEST_F(UnwinderWalk, a_stack_pointer_that_would_not_rise_ends_the_unwinding) {
  put_stack();
  // the frame register points below the stack pointer
  image_.function(kSaver, kSaver + 0x100, image_.data({1, 4, 2, 5, 4, 0x03, 1, 0x50}));
  context_[Gpr::kRbp] = kStack.value - 0x1000;
  memory_.block(kStack - 0x2000).resize(0x2000);
  const auto stack = walk(kImage.value + kSaver + 0x20);
  EXPECT_THAT(stack.end_reason, HasSubstr("is not above its own"));
}

TEST_F(UnwinderWalk, frames_rise_and_are_never_more_than_the_limit) {
  for (std::size_t i = kFrame - 1; i < kSlots; i += kFrame) {
    slots_[i] = kInInner;  // endless recursion
  }
  const auto stack = walk(kImage.value + kInner + 0x20, 100);
  EXPECT_EQ(stack.frames.size(), 100U);
  EXPECT_THAT(stack.end_reason, HasSubstr("more than 100 frames"));
  for (std::size_t i = 1; i < stack.frames.size(); ++i) {
    EXPECT_GT(stack.frames[i].sp, stack.frames[i - 1].sp);
  }
}

TEST_F(UnwinderWalk, an_unreadable_stack_gives_the_one_frame_that_is_known) {
  context_[Gpr::kRsp] = 0x10;
  const auto stack = walk(kImage.value + kInner + 0x20);
  EXPECT_EQ(stack.frames.size(), 1U);
  EXPECT_THAT(stack.end_reason, HasSubstr("stack cannot be read"));
}

TEST_F(UnwinderWalk, a_stack_pointer_at_the_end_of_the_address_space_is_survived) {
  for (const std::uint64_t sp : {UINT64_MAX, UINT64_MAX - 7, UINT64_MAX - 15, std::uint64_t{0x8000000000000000}}) {
    context_[Gpr::kRsp] = sp;
    EXPECT_EQ(walk(kImage.value + kInner + 0x20).frames.size(), 1U);
    EXPECT_EQ(walk(UINT64_MAX).frames.size(), 1U);
  }
}

TEST_F(UnwinderWalk, without_modules_and_memory_there_is_one_frame_and_a_reason) {
  const BlockMemory nothing;
  ImageCache cache(nothing);
  const std::vector<Module> modules;
  const auto stack = Unwinder(cache, modules).walk(context_, {});
  EXPECT_EQ(stack.frames.size(), 1U);
  EXPECT_NE(stack.end_reason, "");
}

}  // namespace
}  // namespace catcher
