// Each kind of unwind data by itself, on an image made by hand and a stack whose every slot holds a number of its own.
#include "evidence/unwind_code.h"
#include "unwind_image_builder.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

constexpr Address kImage{0x140000000};
constexpr Address kStack{0x200000};
constexpr std::size_t kSlots = 0x400;
constexpr std::uint32_t kFunction = 0x1100;
constexpr std::uint32_t kEnd = 0x1200;

// The number that the stack holds `slot` slots above the stack pointer.
constexpr std::uint64_t value_of(std::size_t slot) {
  return 0x7700'0000'0000 + slot;
}

constexpr Gpr kAllSaved[] = {Gpr::kRbx, Gpr::kRbp, Gpr::kRsi, Gpr::kRdi, Gpr::kR12, Gpr::kR13, Gpr::kR14, Gpr::kR15};

// The second byte of an unwind code; the first is the prologue offset.
constexpr unsigned op(unsigned operation, unsigned info) {
  return operation | info << 4U;
}

class UnwindByData : public testing::Test {
 protected:
  // One step from kFunction + `offset`, with the function's UNWIND_INFO made of these bytes.
  void step(std::initializer_list<unsigned> info, std::uint32_t offset, bool is_exact = false) {
    image_.function(kFunction, kEnd, image_.data(info));
    step_at(kFunction + offset, is_exact);
  }

  void step_at(std::uint32_t rva, bool is_exact) {
    memory_.block(kImage) = image_.bytes();
    auto& stack = memory_.block(kStack);
    stack.resize(kSlots * 8);
    for (std::size_t i = 0; i < kSlots; ++i) {
      const std::uint64_t value = overrides_.contains(i) ? overrides_[i] : value_of(i);
      std::memcpy(stack.data() + i * 8, &value, sizeof value);
    }
    context_.rip = kImage.value + rva;
    context_[Gpr::kRsp] = kStack.value;
    ImageCache cache(memory_);
    const std::vector<Module> modules{ImageBuilder::module_at(kImage)};
    ImageMap map(cache, modules, {});
    StackReader reader(map.memory(), {kStack, kStack + kSlots * 8}, kStack);
    result_ = unwind_by_data(context_, is_exact, *map.image_at(kImage), map, reader);
  }

  // The step's result: the return address stood in this slot.
  void expect_return_from(std::size_t slot) {
    const auto* step = std::get_if<UnwindStep>(&result_);
    ASSERT_NE(step, nullptr) << describe(std::get<UnwindDefect>(result_));
    EXPECT_EQ(step->caller.rip, overrides_.contains(slot) ? overrides_[slot] : value_of(slot));
    EXPECT_EQ(step->caller.sp(), kStack + (slot + 1) * 8);
    EXPECT_FALSE(step->is_interrupted);
  }

  void expect_defect(UnwindDefect defect) {
    ASSERT_TRUE(std::holds_alternative<UnwindDefect>(result_));
    EXPECT_EQ(std::get<UnwindDefect>(result_), defect);
  }

  std::uint64_t restored(Gpr gpr) { return std::get<UnwindStep>(result_).caller[gpr]; }

  ImageBuilder image_;
  BlockMemory memory_;
  RegisterContext context_;
  std::map<std::size_t, std::uint64_t> overrides_;
  std::variant<UnwindStep, UnwindDefect> result_;
};

TEST_F(UnwindByData, a_function_that_saves_nothing_returns_from_the_top_of_the_stack) {
  step({1, 0, 0, 0}, 0x40);
  expect_return_from(0);
}

TEST_F(UnwindByData, push_nonvol_restores_in_the_order_of_the_pops) {
  step({1, 3, 2, 0, 3, op(0, 12), 1, op(0, 3)}, 0x40);
  expect_return_from(2);
  EXPECT_EQ(restored(Gpr::kR12), value_of(0));
  EXPECT_EQ(restored(Gpr::kRbx), value_of(1));
}

TEST_F(UnwindByData, alloc_small_frees_its_bytes) {
  step({1, 4, 1, 0, 4, op(2, 4)}, 0x40);  // 40 bytes
  expect_return_from(5);
}

TEST_F(UnwindByData, alloc_large_with_16_bits_counts_eights) {
  step({1, 7, 2, 0, 7, op(1, 0), 0x80, 0x00}, 0x40);
  expect_return_from(0x80);
}

TEST_F(UnwindByData, alloc_large_with_32_bits_counts_bytes) {
  step({1, 7, 3, 0, 7, op(1, 1), 0x00, 0x10, 0x00, 0x00}, 0x40);
  expect_return_from(0x200);
}

TEST_F(UnwindByData, save_nonvol_restores_from_the_frame) {
  step({1, 9, 3, 0, 9, op(4, 6), 3, 0, 4, op(2, 7)}, 0x40);  // mov [rsp+24], rsi; sub rsp, 64
  expect_return_from(8);
  EXPECT_EQ(restored(Gpr::kRsi), value_of(3));
}

TEST_F(UnwindByData, save_nonvol_far_counts_bytes) {
  step({1, 9, 4, 0, 9, op(5, 15), 0x20, 0, 0, 0, 4, op(2, 7)}, 0x40);
  expect_return_from(8);
  EXPECT_EQ(restored(Gpr::kR15), value_of(4));
}

TEST_F(UnwindByData, saved_xmm_registers_take_their_slots_and_change_nothing) {
  step({1, 20, 6, 0, 20, op(9, 7), 0x20, 0, 0, 0, 12, op(8, 6), 1, 0, 4, op(2, 7)}, 0x40);
  expect_return_from(8);
}

TEST_F(UnwindByData, set_fpreg_takes_the_stack_pointer_from_the_frame_register) {
  context_[Gpr::kRbp] = kStack.value + 0x100;
  // push rbp; sub rsp, 64; lea rbp, [rsp+32]; rsp has moved since
  step({1, 10, 3, 0x25, 10, op(3, 0), 5, op(2, 7), 1, op(0, 5)}, 0x40);
  const std::size_t frame = (0x100 - 32) / 8;
  expect_return_from(frame + 8 + 1);
  EXPECT_EQ(restored(Gpr::kRbp), value_of(frame + 8));
}

TEST_F(UnwindByData, saved_registers_count_from_the_frame_register) {
  context_[Gpr::kRbp] = kStack.value + 0x100;
  step({1, 16, 5, 0x05, 16, op(4, 3), 2, 0, 10, op(3, 0), 5, op(2, 7), 1, op(0, 5)}, 0x40);
  EXPECT_EQ(restored(Gpr::kRbx), value_of(0x100 / 8 + 2));
}

TEST_F(UnwindByData, a_machine_frame_gives_the_interrupted_place) {
  overrides_[0] = 0x140001555;
  overrides_[3] = kStack.value + 0x800;
  step({1, 0, 1, 0, 0, op(10, 0)}, 0x10, true);
  const auto& step = std::get<UnwindStep>(result_);
  EXPECT_TRUE(step.is_interrupted);
  EXPECT_EQ(step.caller.rip, 0x140001555U);
  EXPECT_EQ(step.caller.sp(), kStack + 0x800);
}

TEST_F(UnwindByData, a_machine_frame_with_an_error_code_lies_one_slot_higher) {
  overrides_[1] = 0x140001555;
  overrides_[4] = kStack.value + 0x800;
  step({1, 0, 1, 0, 0, op(10, 1)}, 0x10, true);
  EXPECT_EQ(std::get<UnwindStep>(result_).caller.rip, 0x140001555U);
  EXPECT_EQ(std::get<UnwindStep>(result_).caller.sp(), kStack + 0x800);
}

TEST_F(UnwindByData, in_a_prologue_only_what_was_executed_is_undone) {
  step({1, 7, 3, 0, 7, op(2, 4), 3, op(0, 12), 1, op(0, 3)}, 0, true);
  expect_return_from(0);
}

TEST_F(UnwindByData, behind_the_first_push_of_a_prologue_one_register_is_restored) {
  step({1, 7, 3, 0, 7, op(2, 4), 3, op(0, 12), 1, op(0, 3)}, 1, true);
  expect_return_from(1);
  EXPECT_EQ(restored(Gpr::kRbx), value_of(0));
}

TEST_F(UnwindByData, before_the_frame_register_is_set_it_is_not_used) {
  context_[Gpr::kRbp] = 0xdead;
  step({1, 10, 3, 0x25, 10, op(3, 0), 5, op(2, 7), 1, op(0, 5)}, 5, true);
  expect_return_from(9);
}

TEST_F(UnwindByData, chained_data_is_undone_whole) {
  const std::uint32_t primary = image_.data({1, 5, 2, 0, 5, op(2, 3), 1, op(0, 3)});  // push rbx; sub rsp, 32
  const auto byte = [](std::uint32_t value, unsigned index) { return value >> (index * 8) & 0xffU; };
  step({1 | 4 << 3, 0,    2, 0, 0,    op(4, 6), 1, 0,  // rsi saved in the frame
        0x00,       0x10, 0, 0, 0x80, 0x10,     0, 0, byte(primary, 0), byte(primary, 1), 0, 0},
       0x0, true);
  expect_return_from(5);
  EXPECT_EQ(restored(Gpr::kRsi), value_of(1));
  EXPECT_EQ(restored(Gpr::kRbx), value_of(4));
}

TEST_F(UnwindByData, a_chain_that_leads_to_itself_ends) {
  const std::uint32_t self = ImageBuilder::kRdata;
  step({1 | 4 << 3, 0, 0, 0, 0x00, 0x11, 0, 0, 0x00, 0x12, 0, 0, self & 0xffU, self >> 8, 0, 0}, 0x40);
  expect_defect(UnwindDefect::kChainTooLong);
}

TEST_F(UnwindByData, an_indirect_entry_leads_to_the_function_that_holds_the_data) {
  const std::uint32_t info = image_.data({1, 1, 1, 0, 1, op(0, 3)});
  const std::uint32_t entry = ImageBuilder::kRdata + 0x100;
  image_.put<std::uint32_t>(entry, 0x1000).put<std::uint32_t>(entry + 4, 0x1080).put(entry + 8, info);
  image_.function(kFunction, kEnd, entry | 1U);
  step_at(kFunction + 0x10, true);
  expect_return_from(1);
}

TEST_F(UnwindByData, an_indirect_entry_that_leads_to_itself_is_a_defect) {
  const std::uint32_t entry = ImageBuilder::kPdata;
  image_.function(kFunction, kEnd, entry | 1U);
  step_at(kFunction + 0x10, true);
  expect_defect(UnwindDefect::kDataUnreadable);
}

TEST_F(UnwindByData, a_call_at_a_functions_end_belongs_to_that_function) {
  image_.function(kFunction, kEnd, image_.data({1, 4, 1, 0, 4, op(2, 4)}));
  image_.function(kEnd, kEnd + 0x100, image_.data({1, 1, 1, 0, 1, op(0, 3)}));
  step_at(kEnd, false);
  expect_return_from(5);
}

TEST_F(UnwindByData, code_without_an_entry_has_no_unwind_data) {
  step_at(kEnd + 0x100, true);
  expect_defect(UnwindDefect::kNoUnwindData);
}

TEST_F(UnwindByData, version_3_is_refused_by_name) {
  step({3, 0, 0, 0}, 0x40);
  expect_defect(UnwindDefect::kVersion3);
}

TEST_F(UnwindByData, unknown_versions_are_refused) {
  step({5, 0, 0, 0}, 0x40);
  expect_defect(UnwindDefect::kVersionUnknown);
}

TEST_F(UnwindByData, an_operation_that_does_not_exist_is_damage) {
  step({1, 0, 1, 0, 0, op(11, 0)}, 0x40);
  expect_defect(UnwindDefect::kCodesDamaged);
}

TEST_F(UnwindByData, an_operation_cut_short_is_damage) {
  step({1, 7, 1, 0, 7, op(1, 0)}, 0x40);
  expect_defect(UnwindDefect::kCodesDamaged);
}

TEST_F(UnwindByData, unwind_data_outside_the_image_is_unreadable) {
  image_.function(kFunction, kEnd, 0x00700000);
  step_at(kFunction + 0x40, true);
  expect_defect(UnwindDefect::kDataUnreadable);
}

TEST_F(UnwindByData, a_frame_larger_than_the_stack_is_unreadable) {
  step({1, 7, 3, 0, 7, op(1, 1), 0x00, 0x00, 0x00, 0x40}, 0x40);
  expect_defect(UnwindDefect::kStackUnreadable);
}

// An epilogue at kFunction + 0x40: pop r12; pop rbx; ret. The body's frame has 40 bytes more.
class UnwindInEpilogue : public UnwindByData {
 protected:
  UnwindInEpilogue() { image_.code(kFunction + 0x40, {0x41, 0x5c, 0x5b, 0xc3}); }
};

TEST_F(UnwindInEpilogue, what_is_still_to_be_popped_is_restored) {
  step({1, 7, 3, 0, 7, op(2, 4), 3, op(0, 12), 1, op(0, 3)}, 0x40, true);
  expect_return_from(2);
  EXPECT_EQ(restored(Gpr::kR12), value_of(0));
  EXPECT_EQ(restored(Gpr::kRbx), value_of(1));
}

TEST_F(UnwindInEpilogue, before_the_last_pop_one_register_is_restored) {
  step({1, 7, 3, 0, 7, op(2, 4), 3, op(0, 12), 1, op(0, 3)}, 0x42, true);
  expect_return_from(1);
  EXPECT_EQ(restored(Gpr::kRbx), value_of(0));
}

TEST_F(UnwindInEpilogue, at_the_ret_only_the_return_address_is_left) {
  step({1, 7, 3, 0, 7, op(2, 4), 3, op(0, 12), 1, op(0, 3)}, 0x43, true);
  expect_return_from(0);
}

TEST_F(UnwindInEpilogue, a_return_address_there_is_no_epilogue) {
  step({1, 7, 3, 0, 7, op(2, 4), 3, op(0, 12), 1, op(0, 3)}, 0x40, false);
  expect_return_from(7);
}

TEST_F(UnwindInEpilogue, a_jump_to_another_function_ends_an_epilogue) {
  image_.code(kFunction + 0x60, {0x5b, 0xe9, 0x9a, 0x00, 0x00, 0x00});  // pop rbx; jmp kEnd
  image_.code(0x1050, {0xe8, 0, 0, 0, 0});
  overrides_[1] = kImage.value + 0x1055;
  image_.function(kFunction, kEnd, image_.data({1, 1, 1, 0, 1, op(0, 3)}));
  image_.function(kEnd, kEnd + 0x10, image_.data({1, 0, 0, 0}));
  step_at(kFunction + 0x60, true);
  expect_return_from(1);
}

TEST_F(UnwindInEpilogue, a_jump_within_the_function_is_none) {
  image_.code(kFunction + 0x60, {0xeb, 0x10});
  overrides_[0] = kImage.value + 0x1055;
  image_.code(0x1050, {0xe8, 0, 0, 0, 0});
  step({1, 4, 1, 0, 4, op(2, 4)}, 0x60, true);
  expect_return_from(5);
}

TEST_F(UnwindInEpilogue, a_jump_to_a_piece_of_the_function_elsewhere_is_none) {
  image_.code(kFunction + 0x60, {0xe9, 0x9b, 0x00, 0x00, 0x00});  // jmp kEnd
  overrides_[0] = kImage.value + 0x1055;
  image_.code(0x1050, {0xe8, 0, 0, 0, 0});
  image_.function(kFunction, kEnd, image_.data({1, 4, 1, 0, 4, op(2, 4)}));
  image_.function(kEnd, kEnd + 0x10, image_.data({1, 0, 1, 0, 0, op(2, 4)}));
  step_at(kFunction + 0x60, true);
  expect_return_from(5);
}

TEST_F(UnwindInEpilogue, an_import_is_called_by_an_indirect_jump) {
  image_.code(kFunction + 0x60, {0x48, 0xff, 0x25, 0, 0, 0, 0});
  image_.code(0x1050, {0xe8, 0, 0, 0, 0});
  overrides_[0] = kImage.value + 0x1055;
  step({1, 4, 1, 0, 4, op(2, 4)}, 0x60, true);
  expect_return_from(0);
}

TEST_F(UnwindInEpilogue, a_jump_table_is_none) {
  image_.code(kFunction + 0x60, {0xff, 0xe0});  // jmp rax
  image_.code(0x1050, {0xe8, 0, 0, 0, 0});
  overrides_[0] = kImage.value + 0x1055;
  step({1, 4, 1, 0, 4, op(2, 4)}, 0x60, true);
  expect_return_from(5);
}

// Version 2: an epilogue of four bytes (pop r12; pop rbx; ret) that ends the function, told by the unwind data; the
// code there says nothing (nops).
TEST_F(UnwindByData, an_epilogue_at_the_end_is_known_by_version_2) {
  step({2, 7, 5, 0, 4, op(6, 1), 0, op(6, 0), 7, op(2, 4), 3, op(0, 12), 1, op(0, 3)}, 0x100 - 2, true);
  expect_return_from(1);
  EXPECT_EQ(restored(Gpr::kRbx), value_of(0));
}

TEST_F(UnwindByData, an_epilogue_inside_is_known_by_version_2) {
  // 0x80 bytes before the end; the first entry's bit says that none ends the function
  step({2, 7, 5, 0, 4, op(6, 0), 0x80, op(6, 0), 7, op(2, 4), 3, op(0, 12), 1, op(0, 3)}, 0x80, true);
  expect_return_from(2);
  EXPECT_EQ(restored(Gpr::kR12), value_of(0));
}

TEST_F(UnwindByData, epilogue_codes_of_version_2_change_nothing_in_the_body) {
  step({2, 7, 5, 0, 4, op(6, 1), 0, op(6, 0), 7, op(2, 4), 3, op(0, 12), 1, op(0, 3)}, 0x40, true);
  expect_return_from(7);
}

TEST_F(UnwindByData, all_nonvolatile_registers_can_be_saved) {
  step({1,  20,        8,  0,        20, op(0, 15), 18, op(0, 14), 16, op(0, 13),
        14, op(0, 12), 12, op(0, 7), 11, op(0, 6),  10, op(0, 5),  9,  op(0, 3)},
       0x40);
  expect_return_from(8);
  for (const Gpr gpr : kAllSaved) {
    EXPECT_GE(restored(gpr), value_of(0));
    EXPECT_LE(restored(gpr), value_of(7));
  }
}

}  // namespace
}  // namespace catcher
