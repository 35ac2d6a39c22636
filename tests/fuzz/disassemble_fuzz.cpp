// The instruction behind a fault, whatever the registers and the bytes at them are.
#include "evidence/disassemble.h"
#include "fuzz_input.h"
#include "triage/fault_description.h"
#include "unwind_image_builder.h"
#include "utf8_check.h"

namespace catcher::fuzz {
namespace {

constexpr Address kCode{0x10000};
constexpr Address kStack{0x20000};

void check_text(std::string_view text) {
  require(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; }),
          "an instruction is plain text");
  require(text.size() <= 512, "an instruction is short");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher;
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  Registers registers;
  registers.is_64_bit = input.flag();
  for (std::uint64_t& general : registers.general) {
    const auto value = input.take<std::uint16_t>();
    general = value >= 0xFF00 ? ~std::uint64_t{value} : value * std::uint64_t{16};
    general = registers.is_64_bit ? general : general & UINT32_MAX;
  }
  ExceptionInfo exception;
  constexpr std::uint32_t kCodes[] = {0xC0000005, 0xC0000006, 0xC0000094, 0xC000001D, 0x80000003};
  exception.code = kCodes[input.below(std::size(kCodes))];
  exception.parameters = {input.take<std::uint8_t>(), input.take<std::uint16_t>() * std::uint64_t{16}};
  registers.ip = input.flag() ? exception.parameters[1] : kCode.value + 16;
  exception.address = {registers.ip};
  exception = with_description(exception);
  BlockMemory memory;
  memory.block(kStack) = input.bytes(64);
  memory.block(kCode) = input.bytes(64);
  const auto text = disassemble(memory, {registers.ip}, registers.is_64_bit);
  check_text(text.value_or(""));
  const FaultingInstruction instruction = describe_instruction(memory, registers, exception);
  check_text(instruction.text);
  check_text(instruction.note);
  require(!instruction.text.empty() || instruction.kind == InstructionKind::kOther, "nothing decoded is of no kind");
  return 0;
}
