#include "monitors/watched_handles.h"

#include "debugger/process_handles.h"
#include "debugger/pseudo_handle.h"
#include "debugger/syscall_probe.h"
#include "debugger/syscall_stub.h"
#include "monitors/handle_guard.h"
#include "monitors/object_name.h"
#include "triage/path_name.h"

#include <algorithm>
#include <array>
#include <span>

namespace catcher {
namespace {

// Of a function; the others are on the stack.
constexpr std::uint8_t kRegisterArguments = 4;

// Where opens are not seen, the system is asked what each close ends: several system calls of ours. In a second with
// more hits than this it is asked no more; that a close was one too many the system then says itself, by its exception.
constexpr std::uint32_t kStorm = 500;

// How far below an exception for a bad handle its system call may be.
constexpr std::size_t kInnerFrames = 4;

bool lies_in_stub(Address pc, Address stub) {
  return pc >= stub && pc - stub < SyscallStub::kLongest;
}

}  // namespace

WatchedHandles::WatchedHandles(Process& process, const HandleOptions& options, SymbolCache& symbols,
                               Clock::time_point run_started)
    : process_(process),
      options_(options),
      run_started_(run_started),
      sampler_(process),
      found_(process, sampler_, symbols) {
  sees_opens_ = options.probe != HandleProbe::kClose;
  count_.pid = process.pid;
  count_.image = file_name_of(process.image);
}

std::chrono::milliseconds WatchedHandles::now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - run_started_);
}

std::optional<std::size_t> WatchedHandles::seed() {
  const auto values = open_handles(process_.pid);
  if (!values) {
    return std::nullopt;
  }
  for (const std::uint64_t value : *values) {
    if (const auto key = HandleTable::key(value)) {
      HandleStep step;
      step.time = now();
      table_.found(*key, std::move(step));
    }
  }
  return values->size();
}

void WatchedHandles::on_module_unloading(const Module& module) {
  describe_modules(process_);
  found_.keep_module(module);
  sampler_.modules_changed(module.base);
}

void WatchedHandles::on_thread_ended(std::uint32_t tid) {
  threads_.erase(tid);
  sampler_.forget_thread(tid);
}

std::uint64_t WatchedHandles::argument(const ThreadContext& context, std::uint8_t number) const {
  return number == HandleCall::kNone ? 0 : syscall_argument(context, sampler_.memory(), number);
}

HandleStep WatchedHandles::step_of(const HandleCall& call, const ProbeHit& hit) {
  HandleStep step;
  step.tid = hit.thread.tid;
  step.time = now();
  step.order = ++order_;
  step.function = call.function;
  step.type = call.type;
  return step;
}

// Wants the stack to be there, by sampler_.begin().
void WatchedHandles::place(HandleStep& step, const ProbeHit& hit, Address pc) {
  step.stack = sampler_.take(hit.context, hit.thread, pc);
  step.owner = found_.owner_of(*step.stack);
}

void WatchedHandles::on_entry(const HandleCall& call, ProbeHit& hit) {
  ++count_.hits;
  switch (call.kind) {
    case HandleCallKind::kOpen:
    case HandleCallKind::kDuplicate:
      enter_open(call, hit);
      return;
    case HandleCallKind::kClose:
      if (const std::uint64_t value = hit.context.first_argument(); HandleTable::key(value)) {
        sampler_.begin(hit.context, hit.thread);
        enter_close(value, call, hit);
      } else {
        threads_[hit.thread.tid].last = {};
      }
      return;
    case HandleCallKind::kSignal:
    case HandleCallKind::kUse:
      enter_use(hit.context.first_argument(), call, hit);
      return;
    case HandleCallKind::kUseTwo:
      enter_use(hit.context.first_argument(), call, hit);
      enter_use(hit.context.second_argument(), call, hit);
      return;
    case HandleCallKind::kUseMany:
      enter_use_many(call, hit);
      return;
  }
}

// Only what is gone at the end of the call is kept here; the stack is read then, and not at all when the call fails.
void WatchedHandles::enter_open(const HandleCall& call, ProbeHit& hit) {
  const auto in_register = [&](std::uint8_t number) {
    return number < kRegisterArguments ? argument(hit.context, number) : 0;
  };
  Pending pending;
  pending.stack_pointer = hit.context.stack_pointer().value;
  pending.call = &call;
  pending.pc = hit.at();
  pending.out = in_register(call.out);
  pending.out2 = in_register(call.out2);
  pending.attributes = in_register(call.attributes);
  pending.step = step_of(call, hit);
  if (call.kind == HandleCallKind::kDuplicate) {
    enter_duplicate(call, hit, pending);
  }
  if (!sees_opens_) {
    return;
  }
  auto& stack = threads_[hit.thread.tid].pending;
  while (!stack.empty() && stack.back().stack_pointer <= pending.stack_pointer) {
    stack.pop_back();  // left by an exception
  }
  stack.push_back(std::move(pending));
}

// NtDuplicateObject(source process, source, target process, &target, access, attributes, options)
void WatchedHandles::enter_duplicate(const HandleCall& call, const ProbeHit& hit, Pending& pending) {
  constexpr std::uint8_t kOptions = 6;
  if (hit.context.third_argument() != kCurrentProcessHandle) {
    pending.out = 0;
  }
  const std::uint64_t source = hit.context.second_argument();
  const auto key = HandleTable::key(source);
  if (hit.context.first_argument() != kCurrentProcessHandle || !key) {
    return;
  }
  const HandleHistory* history = table_.find(*key);
  if (const HandleStep* opening = history != nullptr && history->is_open ? history->opening() : nullptr) {
    pending.step.type = opening->type;
    pending.step.name = opening->name;
  }
  sampler_.begin(hit.context, hit.thread);
  if ((argument(hit.context, kOptions) & DUPLICATE_CLOSE_SOURCE) != 0) {
    enter_close(source, call, hit);
  }
}

void WatchedHandles::on_exit(ProbeHit& hit) {
  ++count_.hits;
  auto& stack = threads_[hit.thread.tid].pending;
  const std::uint64_t stack_pointer = hit.context.stack_pointer().value;
  while (!stack.empty() && stack.back().stack_pointer < stack_pointer) {
    stack.pop_back();
  }
  if (stack.empty() || stack.back().stack_pointer != stack_pointer) {
    return;  // it was under way when catcher came
  }
  Pending call = std::move(stack.back());
  stack.pop_back();
  if (static_cast<std::int32_t>(hit.context.result()) < 0) {  // not NT_SUCCESS
    return;
  }
  sampler_.begin(hit.context, hit.thread);
  if (const auto caller = read_value<std::uint64_t>(sampler_.memory(), hit.context.stack_pointer())) {
    hit.return_to = Address{*caller};
  }
  const bool is_elsewhere = call.call->kind == HandleCallKind::kDuplicate && call.out == 0;
  if (is_elsewhere) {
    return;  // another process got it
  }
  const auto from_stack = [&](std::uint8_t number, std::uint64_t value) {
    return Address{number < kRegisterArguments ? value : argument(hit.context, number)};
  };
  place(call.step, hit, call.pc);
  if (call.call->attributes != HandleCall::kNone) {
    call.step.name = read_object_name(sampler_.memory(), from_stack(call.call->attributes, call.attributes));
  }
  receive(call, from_stack(call.call->out, call.out), {});
  receive(call, from_stack(call.call->out2, call.out2), "Thread");
}

void WatchedHandles::receive(const Pending& call, Address out, std::string_view type) {
  const auto value = out ? read_value<std::uint64_t>(sampler_.memory(), out) : std::nullopt;
  const auto key = value ? HandleTable::key(*value) : std::nullopt;
  if (!key) {
    return;
  }
  HandleStep step = call.step;
  step.kind = HandleEventKind::kOpened;
  step.order = ++order_;
  if (!type.empty()) {
    step.type = type;
  } else if (step.type.empty()) {
    step.type = look(*key, false).type;
  }
  ++count_.opened;
  table_.opened(*key, std::move(step), call.step.order);
}

HandleNow WatchedHandles::look(std::uint64_t key, bool with_name) const {
  RemoteHandle there = look_at_handle(process_.handle, key, with_name);
  return {there.is_open, std::move(there.type), std::move(there.name)};
}

// Two threads close the same at the same time: the first is past the breakpoint and not back yet, so that the OS may
// still have it. Where opens are not seen, the OS may as well have given it out again.
bool WatchedHandles::is_being_closed(std::uint64_t key, std::uint32_t but_by) const {
  return sees_opens_ && std::any_of(threads_.begin(), threads_.end(), [&](const auto& entry) {
           const Act& act = entry.second.last;
           const Thread* thread =
               entry.first != but_by && act.is_close && act.key == key ? process_.find_thread(entry.first) : nullptr;
           const auto context = thread == nullptr ? std::nullopt : ThreadContext::read(thread->handle, false);
           // Past the breakpoint, not at it: that hit is still to be told.
           constexpr std::uint64_t kFirstInstruction = 3;
           return context && lies_in_stub(context->instruction_pointer(), act.stub) &&
                  context->instruction_pointer() - act.stub >= kFirstInstruction;
         });
}

// What a close ends, by the table or else by the system.
HandleNow WatchedHandles::look_before_close(std::uint64_t key, HandleStep& step) const {
  const HandleHistory* history = table_.find(key);
  const HandleStep* opening = history != nullptr && history->is_open ? history->opening() : nullptr;
  if (table_.is_open(key) && opening != nullptr && !opening->type.empty()) {
    step.type = opening->type;
    step.name = opening->name;
    return {};
  }
  if (!sees_opens_ && options_.guards.empty() && rate_.hits > kStorm) {
    return {false, {}, {}, false};
  }
  HandleNow there = look(key, !sees_opens_ || !options_.guards.empty());
  step.type = there.type;
  step.name = there.name;
  return there;
}

void WatchedHandles::enter_close(std::uint64_t value, const HandleCall& call, const ProbeHit& hit) {
  const auto key = HandleTable::key(value);
  if (!key) {
    return;
  }
  HandleStep step = step_of(call, hit);
  place(step, hit, hit.at());
  step.kind = HandleEventKind::kClosed;
  const HandleNow there = look_before_close(*key, step);
  const bool is_closing = there.is_open && is_being_closed(*key, step.tid);
  threads_[step.tid].last = {*key, hit.at(), step, true};
  ++count_.closed;
  const auto defect = table_.closed(*key, step, there, is_closing);
  if (is_guarded(options_.guards, step.type, step.name)) {
    found_.add(HandleFindingKind::kGuardedClose, *key, step, table_.find(*key), false);
  }
  if (defect) {
    found_.add(defect->kind, *key, step, table_.find(*key), defect->is_doubtful);
  }
}

void WatchedHandles::enter_use(std::uint64_t value, const HandleCall& call, const ProbeHit& hit) {
  const auto key = HandleTable::key(value);
  if (!key) {
    return;
  }
  Act& act = threads_[hit.thread.tid].last;
  act = {*key, hit.at(), {}, false};
  if (!table_.needs_look(*key, call.type)) {
    return;  // by far the most: they cost no look at the stack
  }
  const HandleNow there = look(*key, false);
  if (there.is_open && (call.type.empty() || there.type == call.type)) {
    return;
  }
  sampler_.begin(hit.context, hit.thread);
  HandleStep step = step_of(call, hit);
  place(step, hit, hit.at());
  act.step = step;
  if (const auto defect = table_.used(*key, step, call.type, there)) {
    step.kind = HandleEventKind::kUsed;
    step.type = there.type;
    found_.add(defect->kind, *key, step, table_.find(*key), defect->is_doubtful);
  }
}

void WatchedHandles::enter_use_many(const HandleCall& call, const ProbeHit& hit) {
  std::array<std::uint64_t, MAXIMUM_WAIT_OBJECTS> values{};
  const auto count = std::min<std::uint64_t>(hit.context.first_argument() & 0xFFFFFFFF, values.size());
  const auto some = std::span(values).first(static_cast<std::size_t>(count));
  const std::size_t got =
      process_.memory.read(Address{hit.context.second_argument()}, std::as_writable_bytes(some)) / sizeof(values[0]);
  for (const std::uint64_t value : some.first(got)) {
    enter_use(value, call, hit);
  }
}

// What the system says of a close or a use joins what is known of it.
bool WatchedHandles::join(const Act& act) {
  if (act.step.order != 0 && found_.note(act.step, "the system raised STATUS_INVALID_HANDLE for it")) {
    return true;
  }
  const HandleHistory* history = table_.find(act.key);
  if (!act.is_close || history == nullptr || history->steps.size() < 2) {
    return false;
  }
  // Nobody looked before, or it was still there when somebody did.
  const HandleStep& last = history->steps.back();
  const HandleStep& before = *(history->steps.end() - 2);
  if (last.order != act.step.order || before.kind != HandleEventKind::kClosed) {
    return false;
  }
  found_.add(HandleFindingKind::kDoubleClose, act.key, act.step, history, false);
  return true;
}

// Its stack leads through the call, or the system has put its dispatcher in the place of the call: the callers are the
// same then.
bool WatchedHandles::comes_from(StackSampler::StackId stack, const Act& act) const {
  const auto frames = sampler_.frames(stack);
  const auto inner = frames.first(std::min(frames.size(), kInnerFrames));
  if (std::any_of(inner.begin(), inner.end(), [&act](Address pc) { return lies_in_stub(pc, act.stub); })) {
    return true;
  }
  const auto callers = act.step.stack ? sampler_.frames(*act.step.stack) : std::span<const Address>();
  return frames.size() > 1 &&
         std::equal(frames.begin() + 1, frames.end(), callers.begin() + !callers.empty(), callers.end());
}

void WatchedHandles::on_invalid_handle(const Event& event) {
  const auto context = event.thread == nullptr ? std::nullopt : ThreadContext::read(event.thread->handle, false);
  if (!context) {
    return;
  }
  sampler_.begin(*context, *event.thread);
  HandleStep step;
  step.kind = HandleEventKind::kUsed;
  step.tid = event.tid;
  step.time = now();
  step.order = ++order_;
  step.stack = sampler_.take(*context, *event.thread, context->instruction_pointer());
  const Act& act = threads_[event.tid].last;
  // In a 32-bit process these are frames of its own code, and the thread has done nothing since.
  const bool is_of_act = act.key != 0 && (process_.state.bits == 32 || comes_from(*step.stack, act));
  if (!is_of_act || !join(act)) {
    const std::uint64_t key = is_of_act ? act.key : 0;
    found_.add(HandleFindingKind::kInvalidHandle, key, step, table_.find(key), true);
  }
}

void WatchedHandles::look_at_rest() {
  if (has_looked_ || !process_.alive()) {
    return;
  }
  has_looked_ = true;
  auto open = open_handles(process_.pid);
  if (!open) {
    return;
  }
  count_.open_at_end = open->size();
  std::sort(open->begin(), open->end());
  found_.add_leaks(table_, *open, options_.leaks, now());
}

void WatchedHandles::report_to(HandleReport& report) {
  found_.report_to(report);
  report.processes.push_back(count_);
}

}  // namespace catcher
