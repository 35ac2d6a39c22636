#include "monitors/watched_handles.h"

#include "debugger/process_handles.h"
#include "debugger/pseudo_handle.h"
#include "debugger/syscall_stub.h"
#include "evidence/symbolizer.h"
#include "monitors/own_code.h"
#include "triage/handle_words.h"
#include "triage/path_name.h"
#include "triage/wildcard.h"
#include "win32/utf.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace catcher {
namespace {

// A program that is wrong in more ways than this has been told enough.
constexpr std::size_t kMostFindings = 64;

// Names longer than this are cut.
constexpr std::size_t kLongestName = 300;

constexpr std::uint64_t kWord = 8;

}  // namespace

WatchedHandles::WatchedHandles(Process& process, const HandleOptions& options, SymbolCache& symbols,
                               Clock::time_point run_started)
    : process_(process), options_(options), symbols_(symbols), run_started_(run_started), sampler_(process) {
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
  unloaded_.push_back(module);
  sampler_.modules_changed(module.base);
}

void WatchedHandles::on_thread_ended(std::uint32_t tid) {
  threads_.erase(tid);
  sampler_.forget_thread(tid);
}

std::uint64_t WatchedHandles::argument(const ThreadContext& context, std::uint8_t number) const {
  switch (number) {
    case 0:
      return context.first_argument();
    case 1:
      return context.second_argument();
    case 2:
      return context.third_argument();
    case 3:
      return context.fourth_argument();
    case HandleCall::kNone:
      return 0;
    default:
      return read_value<std::uint64_t>(sampler_.memory(), context.stack_pointer() + kWord + number * kWord).value_or(0);
  }
}

std::string WatchedHandles::object_name(Address attributes) const {
  // OBJECT_ATTRIBUTES and UNICODE_STRING of 64-bit code.
  struct UnicodeString {
    std::uint16_t bytes;
    std::uint16_t room;
    std::uint64_t text;
  };
  constexpr std::uint64_t kObjectName = 16;
  const MemoryReader& memory = sampler_.memory();
  const auto at = attributes ? read_value<std::uint64_t>(memory, attributes + kObjectName) : std::nullopt;
  const auto string = at.value_or(0) != 0 ? read_value<UnicodeString>(memory, Address{*at}) : std::nullopt;
  if (!string || string->text == 0) {
    return {};
  }
  std::array<wchar_t, kLongestName> text{};
  const std::size_t length = std::min<std::size_t>(string->bytes / sizeof(wchar_t), text.size());
  const std::size_t got =
      memory.read(Address{string->text}, std::as_writable_bytes(std::span(text).first(length))) / sizeof(wchar_t);
  return to_utf8({text.data(), got});
}

HandleStep WatchedHandles::step_of(const HandleCall& call, const ProbeHit& hit) {
  HandleStep step;
  step.tid = hit.thread.tid;
  step.time = now();
  step.order = ++order_;
  step.stack = sampler_.take(hit.context, hit.thread);
  step.owner = owner_of(*step.stack);
  step.function = call.function;
  step.type = call.type;
  return step;
}

void WatchedHandles::on_entry(const HandleCall& call, ProbeHit& hit) {
  ++count_.hits;
  switch (call.kind) {
    case HandleCallKind::kOpen:
    case HandleCallKind::kDuplicate:
      enter_open(call, hit);
      return;
    case HandleCallKind::kClose:
      sampler_.begin(hit.context, hit.thread);
      close_stub_ = hit.context.instruction_pointer() - 1;
      enter_close(hit.context.first_argument(), call, hit);
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

void WatchedHandles::enter_open(const HandleCall& call, ProbeHit& hit) {
  sampler_.begin(hit.context, hit.thread);
  Pending pending;
  pending.stack_pointer = hit.context.stack_pointer().value;
  pending.call = &call;
  pending.out = {argument(hit.context, call.out)};
  pending.out2 = {argument(hit.context, call.out2)};
  pending.return_to = {read_value<std::uint64_t>(sampler_.memory(), hit.context.stack_pointer()).value_or(0)};
  std::string name = object_name({argument(hit.context, call.attributes)});
  pending.step = step_of(call, hit);
  pending.step.name = std::move(name);
  if (call.kind == HandleCallKind::kDuplicate) {
    // NtDuplicateObject(source process, source, target process, &target, access, attributes, options)
    constexpr std::uint8_t kOptions = 6;
    const std::uint64_t source = hit.context.second_argument();
    if (hit.context.first_argument() == kCurrentProcessHandle) {
      const auto key = HandleTable::key(source);
      const HandleHistory* history = key ? table_.find(*key) : nullptr;
      if (const HandleStep* opening = history != nullptr && history->is_open ? history->opening() : nullptr) {
        pending.step.type = opening->type;
        pending.step.name = opening->name;
      }
      if ((argument(hit.context, kOptions) & DUPLICATE_CLOSE_SOURCE) != 0) {
        enter_close(source, call, hit);
      }
    }
    if (hit.context.third_argument() != kCurrentProcessHandle) {
      pending.out = {};
    }
  }
  auto& stack = threads_[hit.thread.tid].pending;
  while (!stack.empty() && stack.back().stack_pointer <= pending.stack_pointer) {
    stack.pop_back();  // left by an exception
  }
  stack.push_back(std::move(pending));
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
  const Pending call = std::move(stack.back());
  stack.pop_back();
  if (call.return_to) {
    hit.return_to = call.return_to;
  }
  if (static_cast<std::int32_t>(hit.context.result()) >= 0) {  // NT_SUCCESS
    receive(call, call.out, {});
    receive(call, call.out2, "Thread");
  }
}

void WatchedHandles::receive(const Pending& call, Address out, std::string_view type) {
  const auto value = out ? read_value<std::uint64_t>(process_.memory, out) : std::nullopt;
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
           const Thread* thread =
               entry.first != but_by && entry.second.closing == key ? process_.find_thread(entry.first) : nullptr;
           const auto context = thread == nullptr ? std::nullopt : ThreadContext::read(thread->handle, false);
           constexpr std::uint64_t kFirstInstruction = 3;
           return context && context->instruction_pointer() - (close_stub_ + kFirstInstruction) <
                                 SyscallStub::kLongest - kFirstInstruction;
         });
}

bool WatchedHandles::is_guarded(const HandleStep& closed) const {
  const std::string_view last = std::string_view(closed.name).substr(closed.name.find_last_of('\\') + 1);
  return std::any_of(options_.guards.begin(), options_.guards.end(), [&](const std::string& guard) {
    const std::size_t colon = guard.find(':');
    // "C:\…" is a name, not a type.
    const bool has_type = colon != std::string::npos && colon > 1;
    const std::string_view pattern = std::string_view(guard).substr(has_type ? colon + 1 : 0);
    const bool is_path = pattern.find('\\') != std::string_view::npos;
    return (!has_type || matches_wildcard(closed.type, std::string_view(guard).substr(0, colon))) &&
           matches_wildcard(is_path ? std::string_view(closed.name) : last, pattern);
  });
}

void WatchedHandles::enter_close(std::uint64_t value, const HandleCall& call, const ProbeHit& hit) {
  const auto key = HandleTable::key(value);
  if (!key) {
    threads_[hit.thread.tid].closing = 0;
    return;
  }
  HandleStep step = step_of(call, hit);
  step.kind = HandleEventKind::kClosed;
  HandleNow now;
  bool is_closing = false;
  const HandleHistory* history = table_.find(*key);
  const HandleStep* opening = history != nullptr && history->is_open ? history->opening() : nullptr;
  if (!table_.is_open(*key) || (opening != nullptr && opening->type.empty())) {
    now = look(*key, !sees_opens_ || !options_.guards.empty());
    is_closing = now.is_open && is_being_closed(*key, step.tid);
    step.type = now.type;
    step.name = now.name;
  } else {
    step.type = opening->type;
    step.name = opening->name;
  }
  ThreadState& thread = threads_[step.tid];
  thread.closing = *key;
  thread.last_order = step.order;
  ++count_.closed;
  const auto defect = table_.closed(*key, step, now, is_closing);
  if (!options_.guards.empty() && is_guarded(step)) {
    add_finding(HandleFindingKind::kGuardedClose, *key, step, false);
  }
  if (defect) {
    add_finding(defect->kind, *key, step, defect->is_doubtful);
  }
}

void WatchedHandles::enter_use(std::uint64_t value, const HandleCall& call, const ProbeHit& hit) {
  const auto key = HandleTable::key(value);
  if (!key || !table_.needs_look(*key, call.type)) {
    return;  // by far the most: they cost no look at the stack
  }
  const HandleNow now = look(*key, false);
  if (now.is_open && (call.type.empty() || now.type == call.type)) {
    return;
  }
  sampler_.begin(hit.context, hit.thread);
  HandleStep step = step_of(call, hit);
  if (const auto defect = table_.used(*key, step, call.type, now)) {
    step.kind = HandleEventKind::kUsed;
    step.type = now.type;
    add_finding(defect->kind, *key, step, defect->is_doubtful);
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

void WatchedHandles::on_invalid_handle(const Event& event) {
  if (event.thread == nullptr) {
    return;
  }
  const auto state = threads_.find(event.tid);
  const std::uint64_t key = state == threads_.end() ? 0 : state->second.closing;
  if (key != 0) {
    const auto known = std::find_if(findings_.rbegin(), findings_.rend(), [&](const HandleFinding& finding) {
      return finding.handle == key && finding.event.tid == event.tid;
    });
    if (known != findings_.rend()) {
      known->note = "the system raised STATUS_INVALID_HANDLE for it";
      return;
    }
  }
  const auto context = ThreadContext::read(event.thread->handle, false);
  if (!context || findings_.size() >= kMostFindings) {
    return;
  }
  sampler_.begin(*context, *event.thread);
  HandleStep step;
  step.kind = HandleEventKind::kUsed;
  step.tid = event.tid;
  step.time = now();
  step.stack = sampler_.take(*context, *event.thread);
  add_finding(HandleFindingKind::kInvalidHandle, key, step, true);
}

std::uint32_t WatchedHandles::owner_of(StackSampler::StackId stack) {
  while (owners_.size() <= stack) {
    std::uint32_t owner = 0;
    for (const Address pc : sampler_.frames(static_cast<StackSampler::StackId>(owners_.size()))) {
      const Module* module = module_of(pc);
      if (module != nullptr && is_own_code(*module, process_.image_base)) {
        const auto known = std::find(owner_names_.begin(), owner_names_.end(), module->name);
        owner = static_cast<std::uint32_t>(known - owner_names_.begin()) + 1;
        if (known == owner_names_.end()) {
          owner_names_.push_back(module->name);
        }
        break;
      }
    }
    owners_.push_back(owner);
  }
  return owners_[stack];
}

const Module* WatchedHandles::module_of(Address pc) const {
  const Module* module = find_module(process_.modules, pc);
  return module != nullptr ? module : find_module(unloaded_, pc);
}

std::vector<Module> WatchedHandles::all_modules() const {
  std::vector<Module> modules = process_.modules;
  std::copy_if(unloaded_.begin(), unloaded_.end(), std::back_inserter(modules), [&modules](const Module& gone) {
    return std::none_of(modules.begin(), modules.end(), [&gone](const Module& there) {
      return there.contains(gone.base) || gone.contains(there.base);
    });
  });
  return modules;
}

HandleEvent WatchedHandles::named(const HandleStep& step) const {
  HandleEvent event;
  event.kind = step.kind;
  event.tid = step.tid;
  event.time = step.time;
  event.function = step.function;
  event.type = step.type;
  event.name = step.name;
  if (!step.stack) {
    return event;
  }
  std::vector<CodeAddress> places;
  for (const Address pc : sampler_.frames(*step.stack)) {
    places.push_back({pc, !places.empty(), places.empty() ? FrameSource::kContext : FrameSource::kUnwindData});
  }
  event.stack.frames = Symbolizer(symbols_, all_modules(), process_.memory).frames(places);
  event.stack.frames_total = event.stack.frames.size();
  const auto own = std::find_if(event.stack.frames.begin(), event.stack.frames.end(), [this](const Frame& frame) {
    const Module* module = module_of(frame.pc);
    return module != nullptr && is_own_code(*module, process_.image_base);
  });
  event.own_frame = static_cast<std::size_t>(own - event.stack.frames.begin());
  return event;
}

void WatchedHandles::add_finding(HandleFindingKind kind, std::uint64_t key, const HandleStep& act, bool is_doubtful) {
  const HandleHistory* history = table_.find(key);
  const HandleStep* opening = history == nullptr ? nullptr : history->opening();
  const FindingKey same{kind, act.stack.value_or(UINT32_MAX),
                        opening == nullptr ? UINT32_MAX : opening->stack.value_or(UINT32_MAX)};
  if (const auto known = known_.find(same); known != known_.end()) {
    ++findings_[known->second].count;
    return;
  }
  if (findings_.size() >= kMostFindings) {
    return;
  }
  known_[same] = findings_.size();
  HandleFinding finding;
  finding.kind = kind;
  finding.is_defect = !is_doubtful && kind != HandleFindingKind::kInvalidHandle;
  if (is_doubtful && kind == HandleFindingKind::kStaleClose) {
    finding.note = "perhaps the handle was given to it: it has closed others of the same opener";
  }
  finding.handle = key;
  name(finding, key, act);
  findings_.push_back(std::move(finding));
}

void WatchedHandles::name(HandleFinding& finding, std::uint64_t key, const HandleStep& act) {
  finding.pid = process_.pid;
  finding.image = count_.image;
  finding.event = named(act);
  if (const HandleHistory* history = table_.find(key)) {
    for (const HandleStep& step : history->steps) {
      if (step.order < act.order || act.order == 0) {
        finding.history.push_back(named(step));
      }
    }
  }
  finding.summary = summarize_handle_finding(finding);
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
  struct Group {
    std::vector<std::chrono::milliseconds> times;
    std::uint64_t example = 0;
    const HandleStep* opening = nullptr;
  };
  std::map<std::pair<std::string, std::uint32_t>, Group> groups;
  for (const auto& [key, history] : table_.values()) {
    const HandleStep* opening = history.is_open ? history.opening() : nullptr;
    if (opening == nullptr || !opening->stack || !std::binary_search(open->begin(), open->end(), key)) {
      continue;
    }
    Group& group = groups[{opening->type, *opening->stack}];
    group.times.push_back(opening->time);
    group.example = key;
    group.opening = opening;
  }
  const auto half = now() / 2;
  for (const auto& [what, group] : groups) {
    constexpr std::size_t kWorthTelling = 3;
    constexpr std::size_t kEnoughToGrow = 8;
    const std::size_t count = group.times.size();
    const bool is_too_many = options_.leaks && count > *options_.leaks;
    if (!is_too_many && (count < kWorthTelling || group.opening->owner == 0)) {
      continue;
    }
    const auto late = static_cast<std::size_t>(
        std::count_if(group.times.begin(), group.times.end(), [half](auto time) { return time > half; }));
    HandleLeak leak;
    leak.pid = process_.pid;
    leak.image = count_.image;
    leak.count = count;
    leak.grows = count >= kEnoughToGrow && late >= count / 4 && late < count;
    leak.is_defect = is_too_many;
    leak.handle = group.example;
    leak.opened = named(*group.opening);
    leaks_.push_back(std::move(leak));
  }
}

void WatchedHandles::report_to(HandleReport& report) {
  std::move(findings_.begin(), findings_.end(), std::back_inserter(report.findings));
  std::move(leaks_.begin(), leaks_.end(), std::back_inserter(report.leaks));
  report.processes.push_back(count_);
}

}  // namespace catcher
