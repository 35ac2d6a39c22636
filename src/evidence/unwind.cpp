#include "evidence/unwind.h"

#include "evidence/unwind_code.h"
#include "evidence/unwind_epilogue.h"
#include "evidence/unwind_scan.h"
#include "evidence/unwind_stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <variant>

namespace catcher {
namespace {

// What one walk may read, everything counted: a deep stack of a large program needs a hundredth of it.
constexpr std::uint64_t kMaxSpent = std::uint64_t{128} << 20;

// One walk up one stack.
class Walk {
 public:
  Walk(ImageMap& map, StackReader& stack, const RegisterContext& context)
      : map_(map), stack_(stack), search_(map, stack), context_(context) {}

  UnwoundStack run(std::size_t limit) {
    const std::uint64_t spent_before = map_.memory().spent();
    add({context_, FrameSource::kContext, true});
    while (true) {
      if (result_.frames.size() >= limit) {
        note(fmt::format("the stack has more than {} frames", limit));
        break;
      }
      if (map_.memory().spent() - spent_before > kMaxSpent) {
        note("the stack and its images take too much reading");
        break;
      }
      const auto next = caller();
      if (!next) {
        break;
      }
      add(*next);
    }
    result_.frames_total = result_.frames.size();
    return std::move(result_);
  }

 private:
  struct Found {
    RegisterContext caller;
    FrameSource source;
    bool is_exact = false;
  };

  void add(const Found& frame) {
    context_ = frame.caller;
    is_exact_ = frame.is_exact;
    is_guessing_ = is_guessing_ || frame.source == FrameSource::kScan || frame.source == FrameSource::kFramePointer;
    result_.frames.push_back({context_.pc(), context_.sp(), frame.source, frame.is_exact});
  }

  // The first reason counts: what comes later is guesswork on top of it.
  void note(std::string reason) {
    if (result_.end_reason.empty()) {
      result_.end_reason = std::move(reason);
    }
  }

  // The caller of the current frame; nothing at the end, which is the thread's first frame unless a reason was noted.
  std::optional<Found> caller() {
    Image* image = map_.image_at(context_.pc());
    return image == nullptr ? caller_outside_images() : caller_in(*image);
  }

  std::optional<Found> caller_in(Image& image) {
    const auto unwound = unwind_by_data(context_, is_exact_, image, map_, stack_);
    if (const auto* step = std::get_if<UnwindStep>(&unwound)) {
      if (is_thread_start(*step)) {
        return std::nullopt;
      }
      auto objection = object_to(*step);
      if (objection.empty()) {
        return Found{step->caller, FrameSource::kUnwindData, step->is_interrupted};
      }
      note(std::move(objection));
      return guess({&CallerSearch::by_scan, FrameSource::kScan},
                   {&CallerSearch::by_frame_pointer, FrameSource::kFramePointer});
    }
    const auto defect = std::get<UnwindDefect>(unwound);
    if (defect == UnwindDefect::kNoUnwindData) {
      if (auto found = caller_without_data(image)) {
        return found;
      }
    }
    note(fmt::format("{}: {}", map_.describe(context_.pc()), describe(defect)));
    return guess({&CallerSearch::by_scan, FrameSource::kScan},
                 {&CallerSearch::by_frame_pointer, FrameSource::kFramePointer});
  }

  // Code of an image without unwind data is a leaf function by the rules of the platform: it pushes nothing. Assembler
  // code does not always keep to them.
  std::optional<Found> caller_without_data(Image& image) {
    if (is_exact_) {
      const auto popped = unwind_epilogue(context_, {image, {}, nullptr}, map_, stack_);
      if (popped && map_.is_return_address(popped->pc())) {
        return Found{*popped, FrameSource::kUnwindData};
      }
    }
    if (auto leaf = search_.by_return_address(context_)) {
      return Found{*leaf, is_exact_ ? FrameSource::kUnwindData : FrameSource::kReturnPop};
    }
    auto probed = is_exact_ ? search_.by_stack_probe(context_) : std::nullopt;
    return probed ? std::optional(Found{*probed, FrameSource::kReturnPop}) : std::nullopt;
  }

  // A call through a bad pointer leaves its return address on top of the stack; otherwise this is code generated at run
  // time, or nothing at all.
  std::optional<Found> caller_outside_images() {
    if (is_exact_) {
      if (auto called = search_.by_return_address(context_)) {
        return Found{*called, FrameSource::kReturnPop};
      }
    }
    note(fmt::format("{:#x} {}", context_.rip,
                     map_.is_code(context_.pc()) ? "is code in no module, without unwind data"
                                                 : "lies in no module and is not code"));
    return guess({&CallerSearch::by_frame_pointer, FrameSource::kFramePointer},
                 {&CallerSearch::by_scan, FrameSource::kScan});
  }

  struct Guess {
    std::optional<RegisterContext> (CallerSearch::*search)(const RegisterContext&);
    FrameSource source;
  };

  std::optional<Found> guess(const Guess& first, const Guess& second) {
    for (const Guess& way : {first, second}) {
      if (const auto found = (search_.*way.search)(context_)) {
        return Found{*found, way.source};
      }
    }
    return std::nullopt;
  }

  bool is_thread_start(const UnwindStep& step) const {
    return step.caller.rip == 0 && !step.is_interrupted && step.caller.sp() > context_.sp() &&
           stack_.is_near_base(step.caller.sp());
  }

  // Why a step that unwind data gave cannot be right; empty when it can.
  std::string object_to(const UnwindStep& step) {
    const RegisterContext& next = step.caller;
    if (next.sp() <= context_.sp()) {
      return fmt::format("{}: its caller's stack pointer {:#x} is not above its own", map_.describe(context_.pc()),
                         next.sp().value);
    }
    if (step.is_interrupted) {
      // What was interrupted may have been anything, also a jump to null.
      return !is_guessing_ || map_.image_at(next.pc()) != nullptr ? std::string{}
                                                                  : "no interrupted code is where it is expected";
    }
    if (map_.image_at(next.pc()) == nullptr) {
      return map_.is_return_address(next.pc())
                 ? std::string{}
                 : fmt::format("{}: its return address {:#x} leads to no code (stack overwritten?)",
                               map_.describe(context_.pc()), next.rip);
    }
    if (!map_.is_code(next.pc()) || (is_guessing_ && !map_.is_return_address(next.pc()))) {
      return fmt::format("{}: its return address {} follows no call (stack overwritten?)", map_.describe(context_.pc()),
                         map_.describe(next.pc()));
    }
    return {};
  }

  ImageMap& map_;
  StackReader& stack_;
  CallerSearch search_;
  RegisterContext context_;
  bool is_exact_ = true;
  bool is_guessing_ = false;
  UnwoundStack result_;
};

}  // namespace

RegisterContext register_context(const Registers& registers) {
  return {registers.general, registers.ip};
}

Unwinder::Unwinder(ImageCache& cache, const std::vector<Module>& modules, ExecutableQuery is_executable)
    : map_(cache, modules, std::move(is_executable)) {}

UnwoundStack Unwinder::walk(const RegisterContext& context, StackBounds bounds, std::size_t limit) {
  StackReader stack(map_.memory(), bounds, context.sp());
  return Walk(map_, stack, context).run(std::clamp<std::size_t>(limit, 1, kMaxUnwoundFrames));
}

}  // namespace catcher
