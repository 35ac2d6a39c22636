#include "evidence/unwind_code.h"

#include "evidence/unwind_epilogue.h"

#include <algorithm>
#include <optional>

namespace catcher {
namespace {

constexpr int kMaxChain = 32;
// A prologue offset that lies behind every code.
constexpr std::uint32_t kBehindPrologue = 0xffffffff;
// A hardware interrupt pushes rip, cs, eflags, rsp, ss, and for some an error code before.
constexpr std::uint64_t kMachineFrameRsp = 24;

std::optional<RuntimeFunction> find_function(Image& image, std::uint32_t rva, bool is_exact) {
  // A call may be a function's last instruction: its return address then lies in the next function.
  const auto function = image.function_at(is_exact || rva == 0 ? rva : rva - 1);
  return function || is_exact ? function : image.function_at(rva);
}

// Undoes what a prologue did, code by code.
class PrologueUndo {
 public:
  PrologueUndo(const RegisterContext& context, StackReader& stack) : context_(context), stack_(stack) {}

  // False when the stack cannot be read.
  bool undo(const UnwindInfo& info, std::uint32_t prologue_offset) {
    const std::uint64_t frame = frame_base(info, prologue_offset);
    return std::all_of(info.codes.begin(), info.codes.end(), [&](const UnwindCode& code) {
      const bool is_done = prologue_offset >= info.prologue_size || prologue_offset >= code.offset;
      return !is_done || code.op == UnwindOp::kEpilog || undo(code, info, frame);
    });
  }

  // Pops the return address, unless a machine frame held it.
  std::optional<UnwindStep> finish() {
    if (!is_interrupted_) {
      const auto address = stack_.value(context_.sp());
      if (!address) {
        return std::nullopt;
      }
      context_.rip = *address;
      context_[Gpr::kRsp] += 8;
    }
    return UnwindStep{context_, is_interrupted_};
  }

 private:
  // Where saved registers are counted from: the stack pointer behind the fixed allocation.
  std::uint64_t frame_base(const UnwindInfo& info, std::uint32_t prologue_offset) const {
    const bool is_set = info.frame_register != 0 &&
                        (prologue_offset >= info.prologue_size ||
                         std::any_of(info.codes.begin(), info.codes.end(), [prologue_offset](const UnwindCode& code) {
                           return code.op == UnwindOp::kSetFpreg && prologue_offset >= code.offset;
                         }));
    return is_set ? context_[static_cast<Gpr>(info.frame_register)] - info.frame_offset : context_.sp().value;
  }

  bool undo(const UnwindCode& code, const UnwindInfo& info, std::uint64_t frame) {
    switch (code.op) {
      case UnwindOp::kPushNonvol: {
        const Address at = context_.sp();
        context_[Gpr::kRsp] += 8;
        return restore(code.info, at);
      }
      case UnwindOp::kAllocSmall:
      case UnwindOp::kAllocLarge:
        context_[Gpr::kRsp] += code.operand;
        return true;
      case UnwindOp::kSetFpreg:
        context_[Gpr::kRsp] = context_[static_cast<Gpr>(info.frame_register)] - info.frame_offset;
        return true;
      case UnwindOp::kSaveNonvol:
      case UnwindOp::kSaveNonvolFar:
        return restore(code.info, Address{frame} + code.operand);
      case UnwindOp::kPushMachframe:
        return take_machine_frame(context_.sp() + code.info * 8U);
      case UnwindOp::kEpilog:
      case UnwindOp::kSpare:
      case UnwindOp::kSaveXmm128:
      case UnwindOp::kSaveXmm128Far:
        return true;  // xmm registers lead to no caller
    }
    return true;
  }

  bool restore(std::uint8_t index, Address from) {
    const auto saved = stack_.value(from);
    if (saved) {
      context_[static_cast<Gpr>(index)] = *saved;
    }
    return saved.has_value();
  }

  bool take_machine_frame(Address at) {
    const auto rip = stack_.value(at);
    const auto rsp = stack_.value(at + kMachineFrameRsp);
    if (!rip || !rsp) {
      return false;
    }
    context_.rip = *rip;
    context_[Gpr::kRsp] = *rsp;
    is_interrupted_ = true;
    return true;
  }

  RegisterContext context_;
  StackReader& stack_;
  bool is_interrupted_ = false;
};

}  // namespace

std::variant<UnwindStep, UnwindDefect> unwind_by_data(const RegisterContext& context, bool is_exact, Image& image,
                                                      ImageMap& map, StackReader& stack) {
  const auto rva = static_cast<std::uint32_t>(context.pc() - image.base());
  auto function = find_function(image, rva, is_exact);
  if (!function) {
    return UnwindDefect::kNoUnwindData;
  }
  function = resolve_indirection(image.bytes(), *function);
  if (!function) {
    return UnwindDefect::kDataUnreadable;
  }
  std::uint32_t prologue_offset = rva >= function->begin ? rva - function->begin : kBehindPrologue;
  PrologueUndo prologue(context, stack);
  for (int i = 0; i < kMaxChain; ++i) {
    const auto read = read_unwind_info(image.bytes(), function->unwind_data);
    if (const auto* defect = std::get_if<UnwindDefect>(&read)) {
      return *defect;
    }
    const auto& info = std::get<UnwindInfo>(read);
    if (i == 0 && is_exact) {
      if (const auto caller = unwind_epilogue(context, {image, *function, &info}, map, stack)) {
        return UnwindStep{*caller, false};
      }
    }
    if (!prologue.undo(info, prologue_offset)) {
      return UnwindDefect::kStackUnreadable;
    }
    if (!info.chained) {
      const auto step = prologue.finish();
      return step ? std::variant<UnwindStep, UnwindDefect>(*step) : UnwindDefect::kStackUnreadable;
    }
    function = resolve_indirection(image.bytes(), *info.chained);
    if (!function) {
      return UnwindDefect::kDataUnreadable;
    }
    prologue_offset = kBehindPrologue;  // the chained function's own prologue was executed long ago
  }
  return UnwindDefect::kChainTooLong;
}

}  // namespace catcher
