// The unwinder beside the system's StackWalk64, frame by frame, on stacks of a busy program.
#include <windows.h>

#include "evidence/unwind.h"
#include "unwind_busy_program.h"
#include "unwind_own_process.h"
#include "unwind_reference.h"
#include "win32/unique_handle.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace catcher {
namespace {

constexpr std::size_t kStackSize = std::size_t{2} << 20;

StackBounds bounds_of_this_thread() {
  ULONG_PTR low = 0;
  ULONG_PTR high = 0;
  GetCurrentThreadStackLimits(&low, &high);
  return {{low}, {high}};
}

// StackWalk64 may know neither code without unwind data that is no leaf function (the stack probe) nor jumps out of a
// function behind its epilogue. What our own walk must do there is to come to the thread's first frame.
bool is_beyond_reference(std::uint64_t pc) {
  DWORD64 base = 0;
  if (RtlLookupFunctionEntry(pc, &base, nullptr) == nullptr) {
    return true;
  }
  const auto* code = reinterpret_cast<const unsigned char*>(pc);
  while ((code[0] & 0xf8U) == 0x58 || (code[0] == 0x41 && (code[1] & 0xf8U) == 0x58)) {
    code += code[0] == 0x41 ? 2 : 1;
  }
  constexpr unsigned kJump = 0xe9;
  constexpr unsigned kShortJump = 0xeb;
  return code[0] == kJump || code[0] == kShortJump || code[0] == 0xff || (code[0] == 0x48 && code[1] == 0xff);
}

std::vector<std::uint64_t> pcs_of(const UnwoundStack& stack) {
  std::vector<std::uint64_t> pcs;
  for (const UnwoundFrame& frame : stack.frames) {
    pcs.push_back(frame.pc.value);
  }
  return pcs;
}

// A thread that computes until it is told to stop.
class BusyThread {
 public:
  BusyThread()
      : thread_([this] {
          bounds_ = bounds_of_this_thread();
          HANDLE copy = nullptr;
          DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &copy, 0, FALSE,
                          DUPLICATE_SAME_ACCESS);
          handle_.reset(copy);
          SetEvent(is_running_.get());
          for (unsigned seed = 1; !must_stop_; ++seed) {
            sink_ = be_busy(seed, 2 + seed % 5);
          }
        }) {
    WaitForSingleObject(is_running_.get(), INFINITE);
  }
  BusyThread(const BusyThread&) = delete;
  BusyThread& operator=(const BusyThread&) = delete;
  ~BusyThread() {
    must_stop_ = true;
    thread_.join();
  }

  // Lets the thread run for a moment, then stops it for as long as it takes to copy its registers and its stack.
  std::optional<CONTEXT> sample(StackSnapshot& snapshot) {
    WaitForSingleObject(handle_.get(), 1);
    CONTEXT context{};
    context.ContextFlags = CONTEXT_FULL;
    SuspendThread(handle_.get());
    const bool is_known = GetThreadContext(handle_.get(), &context) != 0;
    if (is_known) {
      snapshot.take({context.Rsp}, bounds_.high);
    }
    ResumeThread(handle_.get());
    return is_known ? std::optional(context) : std::nullopt;
  }

  StackBounds bounds() const { return bounds_; }

 private:
  StackBounds bounds_;
  UniqueHandle handle_;
  std::atomic<bool> must_stop_ = false;
  std::atomic<std::uint64_t> sink_ = 0;
  UniqueHandle is_running_{CreateEventW(nullptr, TRUE, FALSE, nullptr)};
  std::thread thread_;  // the last member: it uses the others
};

std::string differences(const UnwoundStack& ours, const std::vector<std::uint64_t>& theirs) {
  std::string text = "ended: " + ours.end_reason + "\n";
  for (std::size_t i = 0; i < std::max(ours.frames.size(), theirs.size()) && i < 40; ++i) {
    text += fmt::format("{:3} {:#x} {:#x}\n", i, i < ours.frames.size() ? ours.frames[i].pc.value : 0,
                        i < theirs.size() ? theirs[i] : 0);
  }
  return text;
}

TEST(UnwinderBesideStackWalk64, agrees_on_every_frame_of_stacks_of_a_busy_thread_stopped_anywhere) {
  const StackWalkReference reference;
  if (!reference.is_available()) {
    GTEST_SKIP() << "no dbghelp";
  }
  constexpr int kSamples = 500;
  StackSnapshot memory(kStackSize);
  ImageCache cache(memory);
  const auto modules = own_modules();
  Unwinder unwinder(cache, modules);
  BusyThread thread;
  std::set<std::uint64_t> places;
  std::pair<std::uint64_t, std::uint64_t> last_place;
  int compared = 0;
  while (compared < kSamples) {
    const auto context = thread.sample(memory);
    ASSERT_TRUE(context.has_value());
    if (std::exchange(last_place, std::pair(context->Rip, context->Rsp)) == std::pair(context->Rip, context->Rsp)) {
      Sleep(1);  // it did not run meanwhile: on a machine with much to do only who waits leaves it a processor
      continue;
    }
    const UnwoundStack stack = unwinder.walk(from_os(*context), thread.bounds());
    EXPECT_EQ(stack.end_reason, "") << fmt::format("{:#x}", context->Rip);
    if (is_beyond_reference(context->Rip)) {
      continue;
    }
    const auto theirs = reference.walk(*context, memory, kMaxUnwoundFrames);
    ASSERT_EQ(pcs_of(stack), theirs) << differences(stack, theirs);
    places.insert(context->Rip);
    ++compared;
  }
  RecordProperty("places", static_cast<int>(places.size()));
  EXPECT_GT(places.size(), 30U);
}

// Compares both at every instruction that a thread executes, which holds every point of every prologue and epilogue on
// its way.
class SteppedComparison {
 public:
  explicit SteppedComparison(const StackWalkReference& reference) : reference_(reference) {
    current_ = this;
    handler_.reset(AddVectoredExceptionHandler(1, on_exception));
  }
  SteppedComparison(const SteppedComparison&) = delete;
  SteppedComparison& operator=(const SteppedComparison&) = delete;
  ~SteppedComparison() { current_ = nullptr; }

  void run(unsigned steps) {
    steps_left_ = steps;
    RaiseException(kStart, 0, 0, nullptr);
    sink_ = be_busy(11, 4);
    steps_left_ = 0;
  }

  int compared = 0;
  int incomplete = 0;
  int different = 0;
  std::set<std::uint64_t> places;
  std::string first_difference;

 private:
  static constexpr DWORD kStart = 0xe0000001;
  static constexpr DWORD kTrapFlag = 0x100;
  struct HandlerRemover {
    void operator()(void* handler) const { RemoveVectoredExceptionHandler(handler); }
  };

  static LONG CALLBACK on_exception(EXCEPTION_POINTERS* exception) {
    const DWORD code = exception->ExceptionRecord->ExceptionCode;
    if (current_ == nullptr || (code != kStart && code != static_cast<DWORD>(EXCEPTION_SINGLE_STEP))) {
      return EXCEPTION_CONTINUE_SEARCH;
    }
    CONTEXT& context = *exception->ContextRecord;
    if (code != kStart) {
      current_->compare(context);
    }
    if (current_->steps_left_ > 0) {
      --current_->steps_left_;
      context.EFlags |= kTrapFlag;
    } else {
      context.EFlags &= ~kTrapFlag;
    }
    return EXCEPTION_CONTINUE_EXECUTION;
  }

  void compare(const CONTEXT& context) {
    const StackBounds bounds = bounds_of_this_thread();
    memory_.take({context.Rsp}, bounds.high);
    const UnwoundStack ours = unwinder_.walk(from_os(context), bounds);
    incomplete += ours.end_reason.empty() ? 0 : 1;
    if (is_beyond_reference(context.Rip)) {
      return;
    }
    const auto theirs = reference_.walk(context, memory_, kMaxUnwoundFrames);
    ++compared;
    places.insert(context.Rip);
    if (pcs_of(ours) != theirs && different++ == 0) {
      first_difference = differences(ours, theirs);
    }
  }

  static inline thread_local SteppedComparison* current_ = nullptr;  // a handler is given no context of ours

  const StackWalkReference& reference_;
  StackSnapshot memory_{kStackSize};
  ImageCache cache_{memory_};
  std::vector<Module> modules_ = own_modules();
  Unwinder unwinder_{cache_, modules_};
  std::unique_ptr<void, HandlerRemover> handler_;
  unsigned steps_left_ = 0;
  volatile std::uint64_t sink_ = 0;
};

TEST(UnwinderBesideStackWalk64, agrees_at_every_instruction_of_prologues_bodies_and_epilogues) {
  const StackWalkReference reference;
  if (!reference.is_available()) {
    GTEST_SKIP() << "no dbghelp";
  }
  SteppedComparison comparison(reference);
  comparison.run(30'000);
  EXPECT_EQ(comparison.different, 0) << comparison.first_difference;
  EXPECT_EQ(comparison.incomplete, 0);
  EXPECT_GT(comparison.compared, 5'000);
  EXPECT_GT(comparison.places.size(), 300U);
}

}  // namespace
}  // namespace catcher
