#pragma once

#include <catcher/address.h>
#include <catcher/run_report.h>

#include <optional>
#include <string>

#include "debugger/memory_reader.h"
#include "evidence/registers.h"

namespace catcher {

// What kind of instruction faulted, as far as it matters to a verdict on severity.
enum class InstructionKind { kOther, kCall, kJump, kReturn, kBlockMove };

// The instruction behind a fault, in words.
struct FaultingInstruction {
  std::string text;  // "mov dword ptr [rax], 0x1"; empty: not readable or not an instruction
  std::string note;  // "write of 4 bytes to [rax] = 0x0 (rax = 0x0)"; may be empty
  InstructionKind kind = InstructionKind::kOther;  // kOther too where nothing could be decoded
  bool readable = false;                           // at least one byte at the instruction pointer could be read
};

// One instruction in Intel syntax. Nothing when the bytes at `at` are not readable or are no instruction.
std::optional<std::string> disassemble(const MemoryReader& memory, Address at, bool is_64_bit);

// Disassembles what `registers` point at and says which operand caused `exception`. Where the processor was sent to an
// address that holds no code (a call through a null pointer), the call that sent it there is shown instead, if its
// return address is still on the stack.
FaultingInstruction describe_instruction(const MemoryReader& memory, const Registers& registers,
                                         const ExceptionInfo& exception);

}  // namespace catcher
