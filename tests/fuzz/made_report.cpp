#include "made_report.h"

#include "triage/exception_catalogue.h"

namespace catcher::fuzz {
namespace {

// Names that the tables know, so that a fuzzer need not find them, or whatever it likes.
std::string name(FuzzInput& input) {
  constexpr std::string_view kKnown[] = {
      "",     "app.exe",        "ntdll.dll", "KERNEL32.DLL",          "abort",
      "main", "a::b<int>(int)", "memcpy",    "NtWaitForSingleObject", "C:\\a\\b.cpp"};
  const std::size_t which = input.take<std::uint8_t>();
  return which < std::size(kKnown) ? std::string(kKnown[which]) : input.text();
}

Address made_module_base(std::size_t index) {
  return {0x140000000 + index * 0x10000000};
}

Frame made_frame(FuzzInput& input) {
  Frame frame;
  const std::uint8_t shape = input.take<std::uint8_t>();
  frame.offset = input.take<std::uint16_t>();
  frame.pc = made_module_base(shape & 3U) + frame.offset;
  frame.module = name(input);
  frame.function = name(input);
  frame.file = (shape & 4U) != 0 ? name(input) : std::string();
  frame.line = (shape & 4U) != 0 ? input.take<std::uint16_t>() : 0;
  frame.is_inline = (shape & 8U) != 0;
  frame.source = static_cast<FrameSource>((shape >> 4U) % 6);
  frame.function_offset = shape;
  return frame;
}

Stack made_stack(FuzzInput& input) {
  Stack stack;
  const std::size_t frames = input.below(12);
  for (std::size_t i = 0; i < frames; ++i) {
    stack.frames.push_back(made_frame(input));
  }
  // Recursion, in which reports fold what they have seen before.
  const std::size_t turns = input.below(40);
  const std::size_t turn = stack.frames.empty() ? 0 : 1 + input.below(stack.frames.size());
  const std::vector<Frame> once(stack.frames.begin(), stack.frames.begin() + static_cast<std::ptrdiff_t>(turn));
  for (std::size_t i = 0; i < turns && stack.frames.size() + turn <= Stack::kHead + Stack::kTail; ++i) {
    stack.frames.insert(stack.frames.begin(), once.begin(), once.end());
  }
  stack.frames_total = stack.frames.size() + (input.flag() ? input.take<std::uint16_t>() : 0);
  stack.end_reason = input.flag() ? input.text() : std::string();
  return stack;
}

ThreadRecord made_thread(FuzzInput& input) {
  ThreadRecord thread;
  thread.tid = input.take<std::uint8_t>();
  thread.name = name(input);
  thread.stack = made_stack(input);
  thread.state = input.flag() ? input.text() : std::string();
  return thread;
}

std::vector<ThreadRecord> made_threads(FuzzInput& input) {
  std::vector<ThreadRecord> threads(input.below(4));
  std::generate(threads.begin(), threads.end(), [&input] { return made_thread(input); });
  return threads;
}

ExceptionInfo made_exception(FuzzInput& input) {
  constexpr std::uint32_t kCodes[] = {0xC0000005, 0xC00000FD, 0xC0000409, 0xC0000374, 0xC0000006,
                                      0x80000001, 0xC0000421, 0xE06D7363, 0x20474343, 0xC000008C};
  ExceptionInfo exception;
  const std::size_t which = input.take<std::uint8_t>();
  exception.code = which < std::size(kCodes) ? kCodes[which] : input.take<std::uint32_t>();
  exception.address = {input.take<std::uint64_t>()};
  exception.module = name(input);
  exception.offset = input.take<std::uint16_t>();
  exception.parameters.resize(input.below(4));
  for (std::uint64_t& parameter : exception.parameters) {
    parameter = input.take<std::uint64_t>();
  }
  return exception;
}

ProcessRecord made_process(FuzzInput& input) {
  ProcessRecord process;
  process.pid = input.take<std::uint8_t>();
  process.parent_pid = input.take<std::uint8_t>();
  process.bits = input.flag() ? 32 : 64;
  process.image = name(input);
  process.command_line = input.text();
  process.start = std::chrono::milliseconds(input.take<std::uint32_t>());
  if (input.flag()) {
    process.end = std::chrono::milliseconds(input.take<std::uint32_t>());
    process.exit_status = input.take<std::uint32_t>();
  }
  process.ended = input.one_of(HowEnded::kDetached);
  process.followed = input.flag();
  process.is_helper = input.flag();
  if (input.flag()) {
    process.exit_stack = made_stack(input);
  }
  return process;
}

Hang made_hang(FuzzInput& input) {
  Hang hang;
  const std::size_t processes = input.below(4);
  for (std::size_t i = 0; i < processes; ++i) {
    Hang::Process process;
    process.pid = input.take<std::uint8_t>();
    process.image = name(input);
    process.threads = made_threads(input);
    hang.processes.push_back(std::move(process));
  }
  constexpr std::string_view kCauses[] = {"", "busy", "idle", "deadlock", "dialog", "loader", "lock"};
  hang.cause = kCauses[input.below(std::size(kCauses))];
  hang.detail = name(input);
  return hang;
}

LimitHit made_limit(FuzzInput& input) {
  LimitHit limit;
  limit.kind = input.one_of(LimitKind::kStart);
  limit.limit = input.take<std::uint64_t>();
  limit.measured = input.take<std::uint64_t>();
  limit.time = std::chrono::milliseconds(input.take<std::uint32_t>());
  limit.pid = input.take<std::uint8_t>();
  limit.processes = made_hang(input).processes;
  return limit;
}

CapturedStream made_stream(FuzzInput& input) {
  CapturedStream stream;
  stream.path = name(input);
  stream.bytes = input.take<std::uint64_t>();
  stream.tail = input.text();
  stream.problem = name(input);
  return stream;
}

Surroundings made_surroundings(FuzzInput& input) {
  Surroundings surroundings;
  surroundings.variables.resize(input.below(3));
  for (EnvironmentVariable& variable : surroundings.variables) {
    variable = {"V" + name(input), input.text()};  // never empty
  }
  surroundings.directory = name(input);
  surroundings.debug_heap = input.flag();
  surroundings.strict_handles = input.flag();
  surroundings.run_as_is = input.flag();
  return surroundings;
}

HandleEvent made_handle_event(FuzzInput& input) {
  HandleEvent event;
  event.kind = input.one_of(HandleEventKind::kUsed);
  event.tid = input.take<std::uint8_t>();
  event.time = std::chrono::milliseconds(input.take<std::uint32_t>());
  event.function = name(input);
  event.type = name(input);
  event.name = name(input);
  event.stack = made_stack(input);
  event.own_frame = input.below(16);
  return event;
}

template <typename Make>
auto several(FuzzInput& input, std::size_t limit, Make make) {
  std::vector<decltype(make(input))> values;
  for (std::size_t count = input.below(limit + 1); count > 0; --count) {
    values.push_back(make(input));
  }
  return values;
}

HandleReport made_handles(FuzzInput& input) {
  HandleReport handles;
  handles.findings = several(input, 2, [](FuzzInput& in) {
    HandleFinding finding;
    finding.kind = in.one_of(HandleFindingKind::kInvalidHandle);
    finding.is_defect = in.flag();
    finding.pid = in.take<std::uint8_t>();
    finding.image = name(in);
    finding.handle = in.take<std::uint64_t>();
    finding.summary = name(in);
    finding.note = name(in);
    finding.count = in.take<std::uint64_t>();
    finding.event = made_handle_event(in);
    finding.history = several(in, 3, made_handle_event);
    return finding;
  });
  handles.leaks = several(input, 2, [](FuzzInput& in) {
    HandleLeak leak;
    leak.pid = in.take<std::uint8_t>();
    leak.image = name(in);
    leak.count = in.take<std::uint64_t>();
    leak.grows = in.flag();
    leak.is_defect = in.flag();
    leak.handle = in.take<std::uint64_t>();
    leak.opened = made_handle_event(in);
    return leak;
  });
  handles.processes = several(input, 2, [](FuzzInput& in) {
    HandleCount count{in.take<std::uint8_t>(),  name(in), in.take<std::uint64_t>(), in.take<std::uint64_t>(),
                      in.take<std::uint64_t>(), {}};
    if (in.flag()) {
      count.open_at_end = in.take<std::uint64_t>();
    }
    return count;
  });
  return handles;
}

}  // namespace

Crash made_crash(FuzzInput& input) {
  Crash crash;
  crash.pid = input.take<std::uint8_t>();
  crash.tid = input.take<std::uint8_t>();
  crash.thread_name = name(input);
  crash.time = std::chrono::milliseconds(input.take<std::uint32_t>());
  crash.kind = input.one_of(CrashKind::kExitStatus);
  crash.chance = input.one_of(Chance::kSecond);
  crash.image = name(input);
  if (input.flag()) {
    crash.exception = made_exception(input);
  }
  crash.status = input.take<std::uint32_t>();
  if (crash.kind == CrashKind::kExitStatus) {
    crash.exit_status = crash.status;
  }
  crash.stack = made_stack(input);
  crash.modules = several(input, 3, [](FuzzInput& in) {
    ModuleRecord module;
    module.base = made_module_base(in.below(4));
    module.size = in.take<std::uint32_t>();
    module.path = name(in);
    module.timestamp = in.take<std::uint32_t>();
    module.symbols = name(in);
    return module;
  });
  crash.registers = {{"rip", input.take<std::uint64_t>()}, {"rsp", input.take<std::uint64_t>()}};
  if (input.flag()) {
    crash.cxx = CxxException{name(input), name(input)};
  }
  crash.notes = several(input, 3, [](FuzzInput& in) { return "note " + name(in); });
  crash.missing = name(input);
  crash.assertion = name(input);
  crash.instruction = name(input);
  crash.instruction_note = name(input);
  crash.target_region = name(input);
  crash.debug_strings = several(input, 3, name);
  crash.minidump = name(input);
  crash.minidump_error = name(input);
  crash.threads = made_threads(input);
  return crash;
}

RunReport made_report(FuzzInput& input) {
  RunReport report;
  report.catcher_version = "1.0.0";
  report.verdict = input.one_of(Verdict::kDefect);
  report.command_line = input.text();
  report.started = std::chrono::system_clock::time_point(std::chrono::seconds(input.take<std::uint32_t>()));
  report.duration = std::chrono::milliseconds(input.take<std::uint32_t>());
  report.exit_code = input.take<std::uint32_t>();
  report.summary = name(input);
  report.start_failure = name(input);
  report.crashes = several(input, 2, made_crash);
  report.processes = several(input, 8, made_process);
  if (input.flag()) {
    report.hang = made_hang(input);
  }
  report.handled_exceptions = several(input, 3, [](FuzzInput& in) {
    const auto code = in.take<std::uint32_t>();
    return HandledException{code, exception_name(code), in.take<std::uint64_t>()};
  });
  report.warnings = several(input, 3, [](FuzzInput& in) { return "warning " + name(in); });
  if (input.flag()) {
    report.limit = made_limit(input);
  }
  if (input.flag()) {
    CapturedOutput& captured = report.captured.emplace();
    captured.passed_through = false;
    captured.out = made_stream(input);
    captured.error = made_stream(input);
  }
  report.surroundings = made_surroundings(input);
  report.stdin_file = name(input);
  if (input.flag()) {
    report.handles = made_handles(input);
  }
  report.debug_output.dropped = input.take<std::uint64_t>();
  report.debug_output.lines = several(input, 3, [](FuzzInput& in) {
    return DebugLine{in.take<std::uint8_t>(), std::chrono::milliseconds(in.take<std::uint32_t>()), in.text()};
  });
  return report;
}

}  // namespace catcher::fuzz
