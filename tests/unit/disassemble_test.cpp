#include "evidence/disassemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "synthetic_memory.h"

namespace catcher {
namespace {

using testing::HasSubstr;

constexpr Address kCode{0x140001530};
constexpr Address kStack{0x7F0000};

Registers at(Address ip, std::initializer_list<std::pair<Gpr, std::uint64_t>> values, bool is_64_bit = true) {
  Registers registers;
  registers.is_64_bit = is_64_bit;
  registers.ip = ip.value;
  for (const auto& [gpr, value] : values) {
    registers.general[static_cast<std::size_t>(gpr)] = value;
  }
  return registers;
}

ExceptionInfo access_violation(AccessOperation operation, std::uint64_t target) {
  ExceptionInfo exception;
  exception.code = 0xC0000005;
  exception.operation = operation;
  exception.target = Address{target};
  return exception;
}

TEST(Disassemble, write_through_a_null_register_names_operand_size_and_register) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0xC7, 0x00, 0x01, 0x00, 0x00, 0x00});
  const auto result =
      describe_instruction(memory, at(kCode, {{Gpr::kRax, 0}}), access_violation(AccessOperation::kWrite, 0));
  EXPECT_EQ(result.text, "mov dword ptr [rax], 0x1");
  EXPECT_EQ(result.note, "write of 4 bytes to [rax] = 0x0 (rax = 0x0)");
}

TEST(Disassemble, read_with_base_index_and_displacement_resolves_the_address) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0x48, 0x8B, 0x44, 0xCB, 0x10});  // mov rax, [rbx+rcx*8+0x10]
  const auto result = describe_instruction(memory, at(kCode, {{Gpr::kRbx, 0x1000}, {Gpr::kRcx, 2}}),
                                           access_violation(AccessOperation::kRead, 0x1020));
  EXPECT_EQ(result.text, "mov rax, [rbx+rcx*8+0x10]");
  EXPECT_EQ(result.note, "read of 8 bytes from [rbx+rcx*8+0x10] = 0x1020 (rbx = 0x1000, rcx = 0x2)");
}

TEST(Disassemble, of_two_memory_operands_the_one_at_the_fault_address_is_named) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0xF3, 0xA4});  // rep movsb
  const auto registers = at(kCode, {{Gpr::kRsi, 0x5000}, {Gpr::kRdi, 0x9000}});
  const auto write = describe_instruction(memory, registers, access_violation(AccessOperation::kWrite, 0x9000));
  EXPECT_THAT(write.note, HasSubstr("rdi = 0x9000"));
  EXPECT_EQ(write.kind, InstructionKind::kBlockMove);
  const auto read = describe_instruction(memory, registers, access_violation(AccessOperation::kRead, 0x5000));
  EXPECT_THAT(read.note, HasSubstr("rsi = 0x5000"));
}

TEST(Disassemble, push_onto_a_bad_stack_is_explained_by_the_address_below_the_stack_pointer) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0x50});
  const auto result = describe_instruction(memory, at(kCode, {{Gpr::kRsp, 0x10000}}),
                                           access_violation(AccessOperation::kWrite, 0xFFF8));
  EXPECT_EQ(result.text, "push rax");
  EXPECT_THAT(result.note, HasSubstr("write of 8 bytes"));
  EXPECT_THAT(result.note, HasSubstr("= 0xfff8"));
}

TEST(Disassemble, an_access_that_runs_over_a_page_end_says_at_which_byte) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0x48, 0x8B, 0x00});
  const auto result = describe_instruction(memory, at(kCode, {{Gpr::kRax, 0x1FFFA}}),
                                           access_violation(AccessOperation::kRead, 0x20000));
  EXPECT_THAT(result.note, HasSubstr("fails at byte 6"));
}

TEST(Disassemble, non_canonical_and_misaligned_accesses_are_told_apart_where_windows_says_minus_one) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0x0F, 0x28, 0x00});  // movaps xmm0, [rax]
  const auto wild = describe_instruction(memory, at(kCode, {{Gpr::kRax, 0xDDDDDDDDDDDDDDD0}}),
                                         access_violation(AccessOperation::kRead, ~0ULL));
  EXPECT_THAT(wild.note, HasSubstr("not a canonical address"));
  const auto odd =
      describe_instruction(memory, at(kCode, {{Gpr::kRax, 0x20008}}), access_violation(AccessOperation::kRead, ~0ULL));
  EXPECT_THAT(odd.note, HasSubstr("not aligned to 16 bytes"));
}

TEST(Disassemble, rip_relative_operand_is_resolved) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0x8B, 0x05, 0x00, 0x10, 0x00, 0x00});  // mov eax, [rip+0x1000]
  const auto result =
      describe_instruction(memory, at(kCode, {}), access_violation(AccessOperation::kRead, kCode.value + 6 + 0x1000));
  EXPECT_THAT(result.note, HasSubstr("read of 4 bytes from"));
}

TEST(Disassemble, call_through_a_null_register_shows_the_call_that_went_there) {
  SyntheticMemory memory;
  memory.put_bytes(kCode - 8, {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0xD0});  // call rax
  memory.put(kStack, kCode.value);
  const auto result = describe_instruction(memory, at({0}, {{Gpr::kRax, 0}, {Gpr::kRsp, kStack.value}}),
                                           access_violation(AccessOperation::kExecute, 0));
  EXPECT_EQ(result.text, "call rax");
  EXPECT_EQ(result.note, "call to a null pointer, rax = 0x0");
  EXPECT_EQ(result.kind, InstructionKind::kCall);
}

TEST(Disassemble, call_through_memory_shows_what_the_memory_holds) {
  SyntheticMemory memory;
  memory.put_bytes(kCode - 8, {0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0x53, 0x10});  // call [rbx+0x10]
  memory.put(kStack, kCode.value);
  memory.put(Address{0x3010}, std::uint64_t{0x1234});
  const auto result = describe_instruction(memory, at({0x1234}, {{Gpr::kRbx, 0x3000}, {Gpr::kRsp, kStack.value}}),
                                           access_violation(AccessOperation::kExecute, 0x1234));
  EXPECT_EQ(result.note, "call to 0x1234, [rbx+0x10] = 0x1234");
}

TEST(Disassemble, a_call_that_went_elsewhere_is_not_blamed_for_where_its_callee_jumped) {
  SyntheticMemory memory;
  memory.put_bytes(kCode - 8, {0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0x53, 0x10});  // call [rbx+0x10]
  memory.put(kStack, kCode.value);
  memory.put(Address{0x3010}, std::uint64_t{0x140001000});
  const auto result = describe_instruction(memory, at({0}, {{Gpr::kRbx, 0x3000}, {Gpr::kRsp, kStack.value}}),
                                           access_violation(AccessOperation::kExecute, 0));
  EXPECT_EQ(result.text, "call [rbx+0x10]");
  EXPECT_EQ(result.note, "the function called here jumped to a null pointer");
}

TEST(Disassemble, a_direct_call_whose_callee_jumped_away_says_so) {
  SyntheticMemory memory;
  memory.put_bytes(kCode - 8, {0x90, 0x90, 0x90, 0xE8, 0x00, 0x01, 0x00, 0x00});  // call kCode + 0x100
  memory.put(kStack, kCode.value);
  const auto result = describe_instruction(memory, at({0x1234}, {{Gpr::kRsp, kStack.value}}),
                                           access_violation(AccessOperation::kExecute, 0x1234));
  EXPECT_EQ(result.note, "the function called here jumped to 0x1234");
}

TEST(Disassemble, lost_control_without_a_return_address_says_so) {
  const SyntheticMemory memory;
  const auto result = describe_instruction(memory, at({0x41414141}, {{Gpr::kRsp, 0x10}}),
                                           access_violation(AccessOperation::kExecute, 0x41414141));
  EXPECT_EQ(result.text, "");
  EXPECT_EQ(result.note, "jump or return to 0x41414141");
}

TEST(Disassemble, division_by_zero_names_the_divisor) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0xF7, 0xF9});  // idiv ecx
  ExceptionInfo exception;
  exception.code = 0xC0000094;
  EXPECT_EQ(describe_instruction(memory, at(kCode, {{Gpr::kRcx, 0xF00000000}}), exception).note, "divisor ecx = 0x0");
}

TEST(Disassemble, breakpoint_is_shown_where_the_record_says_it_is) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0xCC, 0x90});
  ExceptionInfo exception;
  exception.code = 0x80000003;
  exception.address = kCode;
  EXPECT_EQ(describe_instruction(memory, at(kCode + 1, {}), exception).text, "int3");
}

TEST(Disassemble, a_32_bit_instruction_uses_32_bit_registers) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0x8B, 0x41, 0x04});  // mov eax, [ecx+4]
  const auto result = describe_instruction(memory, at(kCode, {{Gpr::kRcx, 0xFFFFFFFC}}, false),
                                           access_violation(AccessOperation::kRead, 0));
  EXPECT_EQ(result.text, "mov eax, [ecx+0x4]");
  EXPECT_EQ(result.note, "read of 4 bytes from [ecx+0x4] = 0x0 (ecx = 0xfffffffc)");
}

TEST(Disassemble, bytes_cut_off_by_unreadable_memory_are_not_invented) {
  SyntheticMemory memory;
  memory.put_bytes(kCode, {0xC7, 0x00, 0x01});
  const auto result = describe_instruction(memory, at(kCode, {}), access_violation(AccessOperation::kWrite, 0));
  EXPECT_EQ(result.text, "");
  EXPECT_TRUE(result.readable);
  EXPECT_FALSE(disassemble(memory, kCode, true));
}

TEST(Disassemble, every_pair_of_opcode_bytes_is_described_without_harm) {
  const auto registers = at(kCode, {{Gpr::kRax, 0x8000000000000000}, {Gpr::kRsp, 8}});
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; second += 5) {
      SyntheticMemory memory;
      memory.put_bytes(kCode, {first, second, 0xC4, 0x84, 0x8F, 0xFF, 0xFF, 0xFF, 0xFF, 0x11, 0x22, 0x33});
      for (const bool is_64_bit : {true, false}) {
        Registers r = registers;
        r.is_64_bit = is_64_bit;
        const auto result = describe_instruction(memory, r, access_violation(AccessOperation::kRead, ~0ULL));
        EXPECT_LT(result.text.size() + result.note.size(), 600U);
      }
    }
  }
}

}  // namespace
}  // namespace catcher
