#include "evidence/disassemble.h"

#include <Zydis/Zydis.h>
#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace catcher {
namespace {

constexpr std::uint32_t kBreakpoint = 0x80000003;
constexpr std::uint32_t kWow64Breakpoint = 0x4000001F;
constexpr std::uint32_t kIntegerDivideByZero = 0xC0000094;
constexpr std::uint32_t kIntegerOverflow = 0xC0000095;
constexpr std::size_t kLongestCall = 7;  // FF /2 with SIB and disp32

struct Decoded {
  ZydisDecodedInstruction instruction{};
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands{};
  Address at;

  std::span<const ZydisDecodedOperand> all_operands() const { return {operands.data(), instruction.operand_count}; }
};

// A memory operand with the address that it resolves to.
struct MemoryOperand {
  const ZydisDecodedOperand* operand = nullptr;
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

std::optional<Decoded> decode(std::span<const std::byte> bytes, Address at, bool is_64_bit) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, is_64_bit ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                   is_64_bit ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
  Decoded decoded;
  decoded.at = at;
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes.data(), bytes.size(), &decoded.instruction,
                                           decoded.operands.data()))) {
    return std::nullopt;
  }
  return decoded;
}

std::optional<Decoded> decode_at(const MemoryReader& memory, Address at, bool is_64_bit) {
  std::array<std::byte, ZYDIS_MAX_INSTRUCTION_LENGTH> bytes{};
  const std::size_t count = memory.read(at, bytes);
  return decode({bytes.data(), count}, at, is_64_bit);
}

ZydisFormatter formatter() {
  ZydisFormatter formatter;
  ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
  return formatter;
}

std::string text_of(const Decoded& decoded) {
  const ZydisFormatter f = formatter();
  std::array<char, 256> text{};
  if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&f, &decoded.instruction, decoded.operands.data(),
                                                    decoded.instruction.operand_count_visible, text.data(), text.size(),
                                                    decoded.at.value, nullptr))) {
    return {};
  }
  return text.data();
}

// The bracketed part of a memory operand: "[rax+0x8]", "fs:[0x0]". Hidden operands (of push, call, movs) can be named
// too.
std::string brackets_of(const Decoded& decoded, const ZydisDecodedOperand& operand) {
  const ZydisFormatter f = formatter();
  std::array<char, 256> buffer{};
  if (!ZYAN_SUCCESS(ZydisFormatterFormatOperand(&f, &decoded.instruction, &operand, buffer.data(), buffer.size(),
                                                decoded.at.value, nullptr))) {
    return "[?]";
  }
  const std::string_view text = buffer.data();
  const std::size_t bracket = text.find('[');
  return std::string(bracket == std::string_view::npos ? text : text.substr(bracket));
}

// The value of a general register of any width; nothing for vector, segment and other registers.
std::optional<std::uint64_t> value_of(const Registers& registers, ZydisRegister reg) {
  const auto id = ZydisRegisterGetId(reg);
  const auto general = [&](ZyanI8 index) { return registers.general[static_cast<std::size_t>(index) & 15U]; };
  switch (ZydisRegisterGetClass(reg)) {
    case ZYDIS_REGCLASS_GPR64:
      return general(id);
    case ZYDIS_REGCLASS_GPR32:
      return general(id) & 0xFFFFFFFFU;
    case ZYDIS_REGCLASS_GPR16:
      return general(id) & 0xFFFFU;
    case ZYDIS_REGCLASS_GPR8: {
      const bool high_byte = reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;
      const auto whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
      return (general(ZydisRegisterGetId(whole)) >> (high_byte ? 8U : 0U)) & 0xFFU;
    }
    default:
      return std::nullopt;
  }
}

// Where a memory operand points; nothing where that depends on what we do not have (a segment base, a vector of
// indices).
std::optional<MemoryOperand> resolve(const Decoded& decoded, const ZydisDecodedOperand& operand,
                                     const Registers& registers) {
  if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || operand.mem.type == ZYDIS_MEMOP_TYPE_AGEN ||
      operand.mem.segment == ZYDIS_REGISTER_FS || operand.mem.segment == ZYDIS_REGISTER_GS) {
    return std::nullopt;
  }
  std::uint64_t address = std::bit_cast<std::uint64_t>(operand.mem.disp.value);
  if (operand.mem.base == ZYDIS_REGISTER_RIP || operand.mem.base == ZYDIS_REGISTER_EIP) {
    address += decoded.at.value + decoded.instruction.length;
  } else if (operand.mem.base != ZYDIS_REGISTER_NONE) {
    const auto base = value_of(registers, operand.mem.base);
    if (!base) {
      return std::nullopt;
    }
    address += *base;
  }
  if (operand.mem.index != ZYDIS_REGISTER_NONE) {
    const auto index = value_of(registers, operand.mem.index);
    if (!index) {
      return std::nullopt;
    }
    address += *index * operand.mem.scale;
  }
  const std::uint64_t bytes = operand.size / 8U;
  // What a push or a call writes lies below the stack pointer that it finds.
  const bool pushes = operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
                      (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0 &&
                      (operand.mem.base == ZYDIS_REGISTER_RSP || operand.mem.base == ZYDIS_REGISTER_ESP);
  if (pushes) {
    address -= bytes;
  }
  if (decoded.instruction.address_width < 64) {
    address &= (1ULL << decoded.instruction.address_width) - 1;
  }
  return MemoryOperand{&operand, address, bytes};
}

bool is_canonical(std::uint64_t address) {
  const auto high = static_cast<std::uint32_t>(address >> 47U);
  return high == 0 || high == 0x1FFFF;
}

// The processor gives no address for a non-canonical or misaligned access: Windows then says "read of
// ffffffffffffffff".
bool explains(const MemoryOperand& operand, const ExceptionInfo& exception) {
  const std::uint64_t target = exception.target->value;
  const std::uint64_t length = operand.bytes == 0 ? 1 : operand.bytes;
  if (target - operand.address < length) {
    return true;
  }
  return target == ~0ULL && (!is_canonical(operand.address) || (length >= 16 && operand.address % length != 0));
}

std::string_view verb_of(const MemoryOperand& operand, const ExceptionInfo& exception) {
  if (exception.target->value != ~0ULL && exception.operation) {
    return *exception.operation == AccessOperation::kWrite ? "write" : "read";
  }
  return (operand.operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0 ? "write" : "read";
}

// "rax = 0x0, rcx = 0x10": the registers that made the address.
std::string inputs_of(const ZydisDecodedOperand& operand, const Registers& registers) {
  std::string text;
  for (const ZydisRegister reg : {operand.mem.base, operand.mem.index}) {
    if (const auto value = value_of(registers, reg)) {
      text += fmt::format("{}{} = 0x{:x}", text.empty() ? "" : ", ", ZydisRegisterGetString(reg), *value);
    }
  }
  return text;
}

std::string describe_operand(const Decoded& decoded, const MemoryOperand& operand, const Registers& registers,
                             const ExceptionInfo& exception) {
  std::string text = fmt::format("{} of {} byte{} {} {} = 0x{:x}", verb_of(operand, exception), operand.bytes,
                                 operand.bytes == 1 ? "" : "s", verb_of(operand, exception) == "write" ? "to" : "from",
                                 brackets_of(decoded, *operand.operand), operand.address);
  if (!is_canonical(operand.address) && registers.is_64_bit) {
    text += ", not a canonical address";
  } else if (exception.target->value == ~0ULL && operand.address % operand.bytes != 0) {
    text += fmt::format(", not aligned to {} bytes", operand.bytes);
  } else if (const std::uint64_t into = exception.target->value - operand.address; into != 0) {
    text += fmt::format(", which fails at byte {}", into);  // the access runs over the end of a page
  }
  const std::string inputs = inputs_of(*operand.operand, registers);
  return inputs.empty() ? text : text + " (" + inputs + ")";
}

std::string note_on_access(const Decoded& decoded, const Registers& registers, const ExceptionInfo& exception) {
  for (const ZydisDecodedOperand& operand : decoded.all_operands()) {
    const auto resolved = resolve(decoded, operand, registers);
    if (resolved && explains(*resolved, exception)) {
      return describe_operand(decoded, *resolved, registers, exception);
    }
  }
  return {};
}

std::string note_on_division(const Decoded& decoded, const Registers& registers, const MemoryReader& memory) {
  const ZydisDecodedOperand& divisor = decoded.operands[0];
  if (divisor.type == ZYDIS_OPERAND_TYPE_REGISTER) {
    if (const auto value = value_of(registers, divisor.reg.value)) {
      return fmt::format("divisor {} = 0x{:x}", ZydisRegisterGetString(divisor.reg.value), *value);
    }
  } else if (const auto operand = resolve(decoded, divisor, registers)) {
    std::array<std::byte, 8> bytes{};
    const std::size_t wanted = operand->bytes < bytes.size() ? static_cast<std::size_t>(operand->bytes) : bytes.size();
    if (memory.read({operand->address}, {bytes.data(), wanted}) == wanted) {
      return fmt::format("divisor {} = 0x{:x}", brackets_of(decoded, divisor), std::bit_cast<std::uint64_t>(bytes));
    }
  }
  return {};
}

InstructionKind kind_of(const ZydisDecodedInstruction& instruction) {
  switch (instruction.meta.category) {
    case ZYDIS_CATEGORY_CALL:
      return InstructionKind::kCall;
    case ZYDIS_CATEGORY_COND_BR:
    case ZYDIS_CATEGORY_UNCOND_BR:
      return InstructionKind::kJump;
    case ZYDIS_CATEGORY_RET:
      return InstructionKind::kReturn;
    case ZYDIS_CATEGORY_STRINGOP:
      return (instruction.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0
                 ? InstructionKind::kBlockMove
                 : InstructionKind::kOther;
    default:
      return InstructionKind::kOther;
  }
}

// The call whose return address is `returns_to`. Code is read backwards, so several lengths may decode: the shortest
// that is a call wins, except that a relative call, which is what compilers emit most, is preferred.
std::optional<Decoded> call_before(const MemoryReader& memory, Address returns_to, bool is_64_bit) {
  std::array<std::byte, kLongestCall + 1> bytes{};
  const Address from = returns_to - bytes.size();
  if (memory.read(from, bytes) != bytes.size()) {
    return std::nullopt;
  }
  constexpr std::array<std::size_t, 7> kLengths{5, 2, 3, 6, 7, 4, 8};
  for (const std::size_t length : kLengths) {
    const auto decoded = decode(std::span(bytes).subspan(bytes.size() - length), returns_to - length, is_64_bit);
    if (decoded && decoded->instruction.length == length && kind_of(decoded->instruction) == InstructionKind::kCall) {
      return decoded;
    }
  }
  return std::nullopt;
}

// Where a call went, and how its operand says it: "rax = 0x0", "[rbx+0x10] = 0x0"; no words for a direct call.
struct CallTarget {
  std::uint64_t address = 0;
  std::string operand;
};

std::optional<CallTarget> target_of(const Decoded& call, const Registers& registers, const MemoryReader& memory,
                                    Address returns_to) {
  const ZydisDecodedOperand& target = call.operands[0];
  if (target.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
    const std::uint64_t address = (returns_to + target.imm.value.u).value;
    return CallTarget{registers.is_64_bit ? address : address & UINT32_MAX, {}};
  }
  if (target.type == ZYDIS_OPERAND_TYPE_REGISTER) {
    const auto value = value_of(registers, target.reg.value);
    return value ? std::optional(CallTarget{
                       *value, fmt::format(", {} = 0x{:x}", ZydisRegisterGetString(target.reg.value), *value)})
                 : std::nullopt;
  }
  const auto operand = resolve(call, target, registers);
  const std::size_t width = registers.is_64_bit ? 8 : 4;
  std::array<std::byte, 8> bytes{};
  if (!operand || memory.read({operand->address}, {bytes.data(), width}) != width) {
    return std::nullopt;
  }
  const auto value = std::bit_cast<std::uint64_t>(bytes);
  return CallTarget{value, fmt::format(", {} = 0x{:x}", brackets_of(call, target), value)};
}

// The processor was sent to an address from which it cannot fetch.
FaultingInstruction describe_lost_control(const MemoryReader& memory, const Registers& registers, Address target) {
  FaultingInstruction result;
  const std::size_t width = registers.is_64_bit ? 8 : 4;
  std::array<std::byte, 8> top{};
  Address returns_to;
  if (memory.read({registers.sp()}, {top.data(), width}) == width) {
    std::memcpy(&returns_to.value, top.data(), width);
  }
  const std::string where = target.value == 0 ? std::string("a null pointer") : fmt::format("0x{:x}", target.value);
  if (const auto call = call_before(memory, returns_to, registers.is_64_bit)) {
    result.text = text_of(*call);
    result.kind = InstructionKind::kCall;
    result.readable = true;
    const auto called = target_of(*call, registers, memory, returns_to);
    // Nothing of the callee has run when the call itself could not fetch: another address means that the callee jumped.
    result.note = called && called->address != target.value
                      ? fmt::format("the function called here jumped to {}", where)
                      : fmt::format("call to {}{}", where, called ? called->operand : "");
  } else {
    result.note = fmt::format("jump or return to {}", where);
  }
  return result;
}

}  // namespace

std::optional<std::string> disassemble(const MemoryReader& memory, Address at, bool is_64_bit) {
  const auto decoded = decode_at(memory, at, is_64_bit);
  return decoded ? std::optional(text_of(*decoded)) : std::nullopt;
}

FaultingInstruction describe_instruction(const MemoryReader& memory, const Registers& registers,
                                         const ExceptionInfo& exception) {
  // After a breakpoint the instruction pointer stands behind the int3; the exception record names the int3 itself.
  const bool stands_behind = exception.code == kBreakpoint || exception.code == kWow64Breakpoint;
  const Address at = stands_behind ? exception.address : Address{registers.ip};
  if (exception.operation == AccessOperation::kExecute ||
      (exception.target && exception.target->value == at.value && !read_value<std::byte>(memory, at))) {
    return describe_lost_control(memory, registers, exception.target.value_or(at));
  }
  FaultingInstruction result;
  result.readable = read_value<std::byte>(memory, at).has_value();
  const auto decoded = decode_at(memory, at, registers.is_64_bit);
  if (!decoded) {
    result.note = result.readable ? "the bytes at the instruction pointer are not an instruction"
                                  : "the instruction pointer points at no readable memory";
    return result;
  }
  result.text = text_of(*decoded);
  result.kind = kind_of(decoded->instruction);
  if (exception.target) {
    result.note = note_on_access(*decoded, registers, exception);
  } else if (exception.code == kIntegerDivideByZero || exception.code == kIntegerOverflow) {
    result.note = note_on_division(*decoded, registers, memory);
  }
  return result;
}

}  // namespace catcher
