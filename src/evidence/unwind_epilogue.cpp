#include "evidence/unwind_epilogue.h"

#include <array>
#include <cstring>
#include <span>

namespace catcher {
namespace {

constexpr std::size_t kMaxEpilogue = 48;  // 15 pops of two bytes and the longest jump

// How an epilogue leaves its function.
enum class Exit { kNone, kReturn, kJumpInside, kJumpOut };

// The code that a thread is about to execute, decoded as far as an epilogue goes.
class EpilogueCode {
 public:
  EpilogueCode(std::span<const std::byte> code, std::uint32_t rva) : code_(code), rva_(rva) {}

  // The register of the pop at the cursor, which moves behind it; nothing at any other instruction.
  std::optional<Gpr> take_pop() {
    const bool has_rex = (at(0) & 0xf0U) == 0x40;
    const std::uint8_t opcode = at(has_rex ? 1 : 0);
    if ((opcode & 0xf8U) != 0x58) {
      return std::nullopt;
    }
    const unsigned high = has_rex && (at(0) & 1U) != 0 ? 8U : 0U;
    cursor_ += has_rex ? 2 : 1;
    return static_cast<Gpr>((opcode & 7U) + high);
  }

  // Whether the instruction at the cursor leaves the function, and for a direct jump whereto (an RVA).
  std::pair<Exit, std::int64_t> exit() const {
    if (at(0) == 0xc3 || at(0) == 0xc2 || ((at(0) == 0xf3 || at(0) == 0xf2) && at(1) == 0xc3)) {
      return {Exit::kReturn, 0};
    }
    if (at(0) == 0xeb) {
      return {Exit::kJumpInside, here() + 2 + static_cast<std::int8_t>(at(1))};
    }
    if (at(0) == 0xe9) {
      std::int32_t distance = 0;
      const std::array<std::uint8_t, 4> bytes{at(1), at(2), at(3), at(4)};
      std::memcpy(&distance, bytes.data(), sizeof distance);
      return {Exit::kJumpInside, here() + 5 + distance};
    }
    // An indirect jump belongs to an epilogue when it goes through an import or has a REX.W prefix: a jump table's has
    // none.
    const bool has_rex_w = (at(0) & 0xf8U) == 0x48;
    const std::uint8_t opcode = at(has_rex_w ? 1 : 0);
    const std::uint8_t modrm = at(has_rex_w ? 2 : 1);
    const bool is_jump = opcode == 0xff && (modrm >> 3U & 7U) == 4;
    const unsigned mode = modrm >> 6U;
    if (is_jump && (modrm == 0x25 || (has_rex_w && (mode == 0 || mode == 3)))) {
      return {Exit::kJumpOut, 0};
    }
    return {Exit::kNone, 0};
  }

 private:
  std::uint8_t at(std::size_t offset) const {
    const std::size_t index = cursor_ + offset;
    return index < code_.size() ? std::to_integer<std::uint8_t>(code_[index]) : std::uint8_t{0};
  }
  std::int64_t here() const { return static_cast<std::int64_t>(rva_) + static_cast<std::int64_t>(cursor_); }

  std::span<const std::byte> code_;
  std::uint32_t rva_;
  std::size_t cursor_ = 0;
};

// Pops the return address.
std::optional<RegisterContext> pop_return(RegisterContext context, StackReader& stack) {
  const auto address = stack.value(context.sp());
  if (!address) {
    return std::nullopt;
  }
  context.rip = *address;
  context[Gpr::kRsp] += 8;
  return context;
}

// A jump out of a function ends an epilogue only when it goes to the beginning of another function: compilers also jump
// from a function to a piece of itself that they moved elsewhere, which has unwind data without a prologue.
bool is_tail_call(const InterruptedFunction& where, std::int64_t target) {
  if (target < 0 || target >= static_cast<std::int64_t>(where.image.size())) {
    return true;  // another image
  }
  const auto rva = static_cast<std::uint32_t>(target);
  if (rva >= where.function.begin && rva < where.function.end) {
    return false;
  }
  const auto callee = where.image.function_at(rva);
  if (!callee) {
    return where.info != nullptr;  // a leaf function; a jump within code without unwind data says nothing
  }
  const auto info = read_unwind_info(where.image.bytes(), callee->unwind_data);
  const auto* data = std::get_if<UnwindInfo>(&info);
  const bool is_piece = data != nullptr && (data->chained || (data->prologue_size == 0 && !data->codes.empty()));
  return callee->begin == rva && (callee->unwind_data & 1U) == 0 && !is_piece;
}

std::optional<RegisterContext> unwind_by_code(RegisterContext context, const InterruptedFunction& where, ImageMap& map,
                                              StackReader& stack) {
  std::array<std::byte, kMaxEpilogue> bytes{};
  const std::size_t got = map.memory().read(context.pc(), bytes);
  EpilogueCode code(std::span<const std::byte>(bytes).first(got),
                    static_cast<std::uint32_t>(context.pc() - where.image.base()));
  while (const auto popped = code.take_pop()) {
    const auto saved = stack.value(context.sp());
    if (!saved) {
      return std::nullopt;
    }
    context[Gpr::kRsp] += 8;
    context[*popped] = *saved;
  }
  const auto [exit, target] = code.exit();
  if (exit == Exit::kNone || (exit == Exit::kJumpInside && !is_tail_call(where, target))) {
    return std::nullopt;
  }
  auto caller = pop_return(context, stack);
  // A jump is weaker evidence than a return: the stack must agree.
  if (caller && exit != Exit::kReturn && !map.is_return_address(caller->pc())) {
    return std::nullopt;
  }
  return caller;
}

// How far into one of its epilogues a function of version 2 is, in bytes. Epilogue codes lead the list; the first tells
// the size of all epilogues and, in bit 0, whether one ends the function; the others tell their distance from the
// function's end, 0 being padding.
std::optional<std::uint32_t> offset_in_epilogue(const InterruptedFunction& where, std::uint32_t rva) {
  const std::vector<UnwindCode>& codes = where.info->codes;
  if (where.info->version != 2 || codes.empty() || codes.front().op != UnwindOp::kEpilog) {
    return std::nullopt;
  }
  const std::uint32_t size = codes.front().offset;
  const std::uint32_t before_end = where.function.end - rva;
  const auto depth = [=](std::uint32_t distance) -> std::optional<std::uint32_t> {
    const bool is_inside = distance != 0 && before_end <= distance && distance - before_end < size;
    return is_inside ? std::optional(distance - before_end) : std::nullopt;
  };
  if ((codes.front().info & 1U) != 0) {
    if (const auto found = depth(size)) {
      return found;
    }
  }
  for (std::size_t i = 0; i < codes.size() && codes[i].op == UnwindOp::kEpilog; ++i) {
    const std::uint32_t first = i == 0 ? 0U : codes[i].offset | static_cast<std::uint32_t>(codes[i].info) << 8U;
    const std::uint32_t second = (codes[i].operand & 0xffU) | (codes[i].operand >> 12U) << 8U;
    for (const std::uint32_t distance : {first, second}) {
      if (const auto found = depth(distance)) {
        return found;
      }
    }
  }
  return std::nullopt;
}

// The epilogue pops what the prologue pushed: the pops that lie before the program counter have been executed.
std::optional<RegisterContext> unwind_by_table(RegisterContext context, const InterruptedFunction& where,
                                               StackReader& stack) {
  const auto rva = static_cast<std::uint32_t>(context.pc() - where.image.base());
  const auto done = where.info->chained ? std::nullopt : offset_in_epilogue(where, rva);
  if (!done) {
    return std::nullopt;
  }
  std::uint32_t offset = 0;
  for (const UnwindCode& code : where.info->codes) {
    if (code.op != UnwindOp::kPushNonvol) {
      continue;
    }
    if (offset >= *done) {
      const auto saved = stack.value(context.sp());
      if (!saved) {
        return std::nullopt;
      }
      context[Gpr::kRsp] += 8;
      context[static_cast<Gpr>(code.info)] = *saved;
    }
    offset += code.info < 8 ? 1U : 2U;
  }
  return pop_return(context, stack);
}

}  // namespace

std::optional<RegisterContext> unwind_epilogue(const RegisterContext& context, const InterruptedFunction& where,
                                               ImageMap& map, StackReader& stack) {
  if (auto caller = unwind_by_code(context, where, map, stack)) {
    return caller;
  }
  return where.info == nullptr ? std::nullopt : unwind_by_table(context, where, stack);
}

}  // namespace catcher
