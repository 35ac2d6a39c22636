#include "evidence/unwind_x86.h"

#include "evidence/image_map.h"
#include "evidence/unwind_dbghelp.h"
#include "evidence/unwind_stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace catcher {
namespace {

constexpr std::uint32_t kLargestFrame = 1U << 20;
constexpr std::size_t kWordsToScan = 4096;
constexpr std::size_t kMaxScanned = 64;

// Every thread of every process begins in this module.
bool is_thread_start_module(const Module& module) {
  constexpr std::string_view kName = "ntdll.dll";
  return std::equal(module.name.begin(), module.name.end(), kName.begin(), kName.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

// How many words lie between esp and the return address before a frame exists and after it is gone; nothing in a
// function's body.
std::optional<std::uint32_t> words_below_return(const MemoryReader& memory, std::uint32_t eip) {
  std::array<std::byte, 4> code{};  // the byte before eip and three from it on
  if (eip == 0 || memory.read({eip - 1U}, code) != code.size()) {
    return std::nullopt;
  }
  const auto at = [&code](std::size_t index) { return std::to_integer<unsigned>(code.at(index)); };
  const auto is_mov_ebp_esp = [&at](std::size_t index) {
    return (at(index) == 0x8b && at(index + 1) == 0xec) || (at(index) == 0x89 && at(index + 1) == 0xe5);
  };
  constexpr unsigned kPushEbp = 0x55;
  constexpr unsigned kRet = 0xc3;
  constexpr unsigned kRetN = 0xc2;
  const bool is_hot_patch_point = at(1) == 0x8b && at(2) == 0xff && at(3) == kPushEbp;  // mov edi, edi; push ebp
  if (at(1) == kRet || at(1) == kRetN || is_hot_patch_point || (at(1) == kPushEbp && is_mov_ebp_esp(2))) {
    return 0;
  }
  return at(0) == kPushEbp && is_mov_ebp_esp(1) ? std::optional(1U) : std::nullopt;
}

std::optional<std::uint32_t> read_word(const MemoryReader& memory, std::uint32_t at) {
  return read_value<std::uint32_t>(memory, {at});
}

// True when the call that ends at `return_address` leads to `function`: directly, through a pointer, or through an
// import stub (jmp [pointer]).
bool is_call_of(const MemoryReader& memory, std::uint32_t return_address, std::uint32_t function) {
  constexpr std::uint16_t kCallIndirect = 0x15FF;  // call [pointer]
  constexpr std::uint16_t kJumpIndirect = 0x25FF;  // jmp [pointer]
  constexpr std::uint8_t kCall = 0xE8;             // call relative
  constexpr std::uint32_t kCallIndirectSize = 6;
  constexpr std::uint32_t kCallSize = 5;
  const auto leads_there = [&memory, function](std::uint32_t instruction, std::uint16_t opcode) {
    const auto bytes = read_value<std::uint16_t>(memory, {instruction});
    const auto pointer = bytes == opcode ? read_word(memory, instruction + 2) : std::nullopt;
    return pointer && read_word(memory, *pointer) == function;
  };
  if (return_address < kCallIndirectSize) {
    return false;
  }
  if (leads_there(return_address - kCallIndirectSize, kCallIndirect)) {
    return true;
  }
  const auto distance = read_word(memory, return_address - 4);
  if (read_value<std::uint8_t>(memory, {return_address - kCallSize}) != kCall || !distance) {
    return false;
  }
  const std::uint32_t target = return_address + *distance;
  return target == function || leads_there(target, kJumpIndirect);
}

// True inside GCC's stack probe (___chkstk_ms), where a stack of large frames overflows: nothing describes it, and it
// has pushed ecx and eax.
bool is_in_stack_probe(const MemoryReader& memory, std::uint32_t eip) {
  constexpr std::uint32_t kReach = 48;
  constexpr std::array<std::byte, 11> kBeginning{std::byte{0x51}, std::byte{0x50}, std::byte{0x3d}, std::byte{0x00},
                                                 std::byte{0x10}, std::byte{0x00}, std::byte{0x00}, std::byte{0x8d},
                                                 std::byte{0x4c}, std::byte{0x24}, std::byte{0x0c}};
  std::array<std::byte, kReach> code{};
  return eip > kReach && memory.read({eip - kReach}, code) == code.size() &&
         std::search(code.begin(), code.end(), kBeginning.begin(), kBeginning.end()) != code.end();
}

// What every 32-bit walk needs, whoever finds the frames.
class WalkX86 {
 public:
  WalkX86(ImageMap& map, const std::vector<Module>& modules, StackBounds bounds, const RegisterContextX86& context,
          std::size_t limit)
      : map_(map), modules_(modules), stack_(map.memory(), bounds, {context.esp}), context_(context), limit_(limit) {}

  // Adds the frame that the thread stands in and, where that is nowhere or nothing but its call has happened yet, the
  // one that called it: to whoever follows ebp, a function at its first instruction does not exist.
  const RegisterContextX86& begin() {
    add(context_, FrameSource::kContext);
    const bool is_in_probe = is_in_stack_probe(map_.memory(), context_.eip);
    const std::uint32_t slot = is_in_probe ? context_.esp + 8 : context_.esp;
    const auto return_address = word(slot);
    if (return_address && map_.is_return_address({*return_address}) &&
        (is_in_probe || map_.image_at({context_.eip}) == nullptr ||
         words_below_return(map_.memory(), context_.eip) == 0U ||
         is_call_of(map_.memory(), *return_address, context_.eip))) {
      context_ = {*return_address, slot + 4, context_.ebp};
      add(context_, FrameSource::kReturnPop);
    }
    return context_;
  }

  void follow_frame_pointers() {
    if (const auto words = words_below_return(map_.memory(), context_.eip); words && stack_size() == 1) {
      const std::uint32_t slot = context_.esp + *words * 4;
      const auto return_address = word(slot);
      const std::uint32_t ebp = *words == 0 ? context_.ebp : word(context_.esp).value_or(context_.ebp);
      if (return_address && map_.is_return_address({*return_address})) {
        context_ = {*return_address, slot + 4, ebp};
        add(context_, FrameSource::kReturnPop);
      }
    }
    while (!is_full() && step_frame_pointer()) {
      add(context_, FrameSource::kFramePointer);
    }
    end();
  }

  void follow(DbghelpStackWalker& walker) {
    walker.start(context_.eip, context_.esp, context_.ebp);
    if (!walker.next()) {  // the frame that the walk starts at
      follow_frame_pointers();
      return;
    }
    std::uint32_t last_pc = context_.eip;
    std::uint32_t last_frame = 0;
    while (!is_full()) {
      const auto frame = walker.next();
      if (!frame || frame->pc == 0) {
        break;
      }
      // Some implementations repeat the last frame for ever, and a damaged chain may lead anywhere. A frame without a
      // frame pointer is the last of a chain.
      const bool is_last = frame->frame == 0;
      const bool is_higher =
          is_last || frame->frame > last_frame || (frame->frame == last_frame && frame->pc != last_pc);
      if (!is_higher || frame->sp <= context_.esp) {
        break;
      }
      if (!map_.is_code({frame->pc})) {
        note(fmt::format("the return address {:#x} leads to no code (stack overwritten?)", frame->pc));
        break;
      }
      last_pc = frame->pc;
      last_frame = frame->frame;
      context_ = {frame->pc, frame->sp, frame->frame};
      add(context_, frame->has_data ? FrameSource::kUnwindData : FrameSource::kFramePointer);
      if (is_last) {
        break;
      }
    }
    end();
  }

  UnwoundStack take() {
    result_.frames_total = result_.frames.size();
    return std::move(result_);
  }

 private:
  std::optional<std::uint32_t> word(std::uint32_t at) {
    const auto value = stack_.value({at});
    return value ? std::optional(static_cast<std::uint32_t>(*value & UINT32_MAX)) : std::nullopt;
  }

  std::size_t stack_size() const { return result_.frames.size(); }

  bool is_full() {
    if (stack_size() >= limit_) {
      note(fmt::format("the stack has more than {} frames", limit_));
    }
    return stack_size() >= limit_;
  }

  bool step_frame_pointer() {
    const std::uint32_t frame = context_.ebp;
    if (frame % 4 != 0 || frame < context_.esp || frame - context_.esp > kLargestFrame) {
      return false;
    }
    const auto saved = word(frame);
    const auto return_address = word(frame + 4);
    if (!saved || !return_address || *return_address == 0) {
      return false;
    }
    if (!map_.is_code({*return_address})) {
      note(fmt::format("the return address {:#x} leads to no code (stack overwritten?)", *return_address));
      return false;
    }
    context_ = {*return_address, frame + 8, *saved};
    return true;
  }

  void add(const RegisterContextX86& context, FrameSource source) {
    result_.frames.push_back({{context.eip}, {context.esp}, source, source == FrameSource::kContext});
  }

  void note(std::string reason) {
    if (result_.end_reason.empty()) {
      result_.end_reason = std::move(reason);
    }
  }

  // Where the chain ends before the thread's first frame, code without frame pointers broke it: what follows is a scan,
  // until the chain can be taken up again.
  void end() {
    if (is_full() || is_at_thread_start()) {
      return;
    }
    note(fmt::format("{}: the chain of frame pointers ends here", map_.describe({context_.eip})));
    for (std::size_t found = 0; found < kMaxScanned && !is_full(); ++found) {
      if (!scan()) {
        return;
      }
      add(context_, FrameSource::kScan);
      bool is_chained = false;
      while (!is_full() && is_chain_intact() && step_frame_pointer()) {
        add(context_, FrameSource::kFramePointer);
        is_chained = true;
      }
      if (is_chained && is_at_thread_start()) {
        return;
      }
    }
  }

  bool is_at_thread_start() const {
    const Module* module = find_module(modules_, {context_.eip});
    return module != nullptr && is_thread_start_module(*module);
  }

  // Moves on to the next return address up the stack. What lies below it is the caller's ebp, if the frame between has
  // one.
  bool scan() {
    std::uint32_t slot = (context_.esp + 3) & ~3U;
    for (; words_scanned_ < kWordsToScan && slot >= context_.esp; ++words_scanned_, slot += 4) {
      const auto value = word(slot);
      if (!value) {
        return false;
      }
      if (map_.image_at({*value}) != nullptr && map_.is_return_address({*value})) {
        const auto below = slot > context_.esp ? word(slot - 4) : std::nullopt;
        context_ = {*value, slot + 4, below.value_or(0)};
        return true;
      }
    }
    return false;
  }

  // True when ebp leads to another frame.
  bool is_chain_intact() {
    const auto return_address = context_.ebp > context_.esp ? word(context_.ebp + 4) : std::nullopt;
    return return_address && map_.is_return_address({*return_address});
  }

  ImageMap& map_;
  const std::vector<Module>& modules_;
  StackReader stack_;
  RegisterContextX86 context_;
  std::size_t limit_;
  std::size_t words_scanned_ = 0;
  UnwoundStack result_;
};

}  // namespace

RegisterContextX86 register_context_x86(const Registers& registers) {
  return {static_cast<std::uint32_t>(registers.ip), static_cast<std::uint32_t>(registers.sp()),
          static_cast<std::uint32_t>(registers[Gpr::kRbp])};
}

UnwinderX86::UnwinderX86(ImageCache& cache, const std::vector<Module>& modules, std::wstring symbol_path)
    : cache_(cache), modules_(modules), symbol_path_(std::move(symbol_path)) {}

DbghelpStackWalker* UnwinderX86::walker() {
  if (walker_wanted_ && !walker_) {
    walker_ = DbghelpStackWalker::create(cache_.memory(), modules_, symbol_path_);
    walker_wanted_ = walker_ != nullptr;
  }
  return walker_.get();
}

UnwoundStack UnwinderX86::walk(const RegisterContextX86& context, StackBounds bounds, std::size_t limit) {
  DbghelpStackWalker* const walker = this->walker();
  if (walker == nullptr) {
    return walk_frame_pointers(context, bounds, limit);
  }
  ImageMap map(cache_, modules_, {});
  WalkX86 walk(map, modules_, bounds, context, std::clamp<std::size_t>(limit, 1, kMaxUnwoundFrames));
  walk.begin();
  walk.follow(*walker);
  return walk.take();
}

UnwoundStack UnwinderX86::walk_frame_pointers(const RegisterContextX86& context, StackBounds bounds,
                                              std::size_t limit) {
  ImageMap map(cache_, modules_, {});
  WalkX86 walk(map, modules_, bounds, context, std::clamp<std::size_t>(limit, 1, kMaxUnwoundFrames));
  walk.begin();
  walk.follow_frame_pointers();
  return walk.take();
}

}  // namespace catcher
