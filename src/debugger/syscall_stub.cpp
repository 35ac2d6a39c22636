#include "debugger/syscall_stub.h"

#include <algorithm>

namespace catcher {
namespace {

// An instruction that stubs are made of: its first bytes, and how long it is with its operands.
struct StubInstruction {
  enum class Role { kEntry, kInner, kWayIn, kReturn };
  Role role;
  std::uint8_t length;
  std::uint8_t opcode_length;
  std::array<std::uint8_t, 3> opcode;
};

constexpr std::array kInstructions{
    StubInstruction{StubInstruction::Role::kEntry, 3, 3, {0x4C, 0x8B, 0xD1}},  // mov r10, rcx
    StubInstruction{StubInstruction::Role::kInner, 5, 1, {0xB8}},              // mov eax, number
    StubInstruction{StubInstruction::Role::kInner, 8, 3, {0xF6, 0x04, 0x25}},  // test byte [absolute], mask
    StubInstruction{StubInstruction::Role::kInner, 2, 1, {0x75}},              // jne
    StubInstruction{StubInstruction::Role::kInner, 2, 1, {0xEB}},              // jmp
    StubInstruction{StubInstruction::Role::kWayIn, 2, 2, {0x0F, 0x05}},        // syscall
    StubInstruction{StubInstruction::Role::kWayIn, 2, 2, {0xCD, 0x2E}},        // int 2Eh
    StubInstruction{StubInstruction::Role::kWayIn, 7, 3, {0xFF, 0x14, 0x25}},  // call [absolute]
    StubInstruction{StubInstruction::Role::kReturn, 1, 1, {0xC3}},             // ret
};

const StubInstruction* instruction_at(std::span<const std::byte> code) {
  const auto found = std::find_if(kInstructions.begin(), kInstructions.end(), [code](const StubInstruction& known) {
    return code.size() >= known.length &&
           std::equal(known.opcode.begin(), known.opcode.begin() + known.opcode_length, code.begin(),
                      [](std::uint8_t a, std::byte b) { return a == std::to_integer<std::uint8_t>(b); });
  });
  return found == kInstructions.end() ? nullptr : &*found;
}

}  // namespace

std::optional<SyscallStub> decode_syscall_stub(std::span<const std::byte> code) {
  using Role = StubInstruction::Role;
  code = code.first(std::min(code.size(), SyscallStub::kLongest));
  SyscallStub stub;
  std::size_t ways_in = 0;
  for (std::size_t at = 0; at < code.size();) {
    const StubInstruction* instruction = instruction_at(code.subspan(at));
    if (instruction == nullptr || (instruction->role == Role::kEntry) != (at == 0)) {
      break;  // padding, or the next stub
    }
    ways_in += instruction->role == Role::kWayIn ? 1 : 0;
    // The one behind a jump around it is a `ret` like any other: which of them the system comes back to is its affair.
    if (instruction->role == Role::kReturn && ways_in > 0 && stub.exit_count < stub.exits.size()) {
      stub.exits.at(stub.exit_count++) = static_cast<std::uint8_t>(at);
    }
    at += instruction->length;
  }
  return stub.exit_count > 0 ? std::optional(stub) : std::nullopt;
}

}  // namespace catcher
