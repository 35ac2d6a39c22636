#include "report_samples.h"

#include "triage/fault_description.h"
#include "triage/handle_words.h"
#include "triage/summary.h"

#include <chrono>
#include <string>

namespace catcher::samples {

namespace {

using std::chrono::milliseconds;

constexpr Address kImageBase{0x140000000};

RunReport basic(Verdict verdict, std::uint32_t exit_code) {
  RunReport report;
  report.catcher_version = "1.0.0";
  report.command_line = "crash_test.exe spawn crash";
  report.started = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours(10) + milliseconds(7);
  report.duration = milliseconds(812);
  report.verdict = verdict;
  report.exit_code = exit_code;
  return report;
}

ProcessRecord process(std::uint32_t pid, std::uint32_t parent, std::int64_t start, std::int64_t end,
                      std::uint32_t status, HowEnded ended) {
  ProcessRecord record;
  record.pid = pid;
  record.parent_pid = parent;
  record.image = R"(C:\build\bin\crash_test.exe)";
  record.command_line = "crash_test.exe";
  record.start = milliseconds(start);
  record.end = milliseconds(end);
  record.exit_status = status;
  record.ended = ended;
  return record;
}

Frame frame(std::string module, std::uint64_t offset, std::string function, std::string file = {},
            std::uint32_t line = 0) {
  Frame result;
  result.pc = kImageBase + offset;
  result.module = std::move(module);
  result.offset = offset;
  result.function = std::move(function);
  result.file = std::move(file);
  result.line = line;
  return result;
}

Stack stack_of(std::vector<Frame> frames) {
  Stack stack;
  stack.frames_total = frames.size();
  stack.frames = std::move(frames);
  return stack;
}

Stack waiting_stack() {
  return stack_of({frame("ntdll.dll", 0x9d554, "NtWaitForSingleObject"),
                   frame("kernelbase.dll", 0x2b00e, "WaitForSingleObjectEx"),
                   frame("crash_test.exe", 0x2210, "worker(void*)", "pool.cpp", 77)});
}

ThreadRecord thread(std::uint32_t tid, std::string name, Stack stack) {
  ThreadRecord record;
  record.tid = tid;
  record.name = std::move(name);
  record.stack = std::move(stack);
  return record;
}

ExceptionInfo access_violation() {
  ExceptionInfo exception;
  exception.code = 0xC0000005;
  exception.address = kImageBase + 0x1530;
  exception.module = "crash_test.exe";
  exception.offset = 0x1530;
  exception.parameters = {1, 0};
  return with_description(exception);
}

Stack crashing_stack() {
  Stack stack = stack_of({frame("crash_test.exe", 0x1530, "store(int*)", "crash_test.cpp", 41),
                          frame("crash_test.exe", 0x1530, "write_null()", "crash_test.cpp", 48),
                          frame("crash_test.exe", 0x1a20, "main", "crash_test.cpp", 88),
                          frame("crash_test.exe", 0x1123, ""), frame("kernel32.dll", 0x17344, "BaseThreadInitThunk")});
  stack.frames[0].is_inline = true;
  stack.frames[0].source = FrameSource::kInline;
  stack.frames[1].source = FrameSource::kContext;
  stack.frames[3].source = FrameSource::kScan;
  Frame nowhere;
  nowhere.pc = Address{0x7ffe12345678};
  stack.frames.push_back(nowhere);
  for (int i = 0; i < 3; ++i) {
    stack.frames[static_cast<std::size_t>(i)].in_bucket = true;
  }
  stack.frames_total = stack.frames.size();
  stack.end_reason = "the next frame is not readable";
  return stack;
}

}  // namespace

RunReport normal_end() {
  RunReport report = basic(Verdict::kNormal, 0);
  report.processes = {process(264, 228, 0, 812, 0, HowEnded::kItself)};
  report.handled_exceptions = {{0xE06D7363, "EH_EXCEPTION_NUMBER", 3}};
  report.summary = summarize_run(report);
  return report;
}

RunReport crash_of_a_child() {
  RunReport report = basic(Verdict::kCrashed, 139);
  report.processes = {process(264, 228, 0, 812, 1, HowEnded::kKilled),
                      process(268, 264, 20, 811, 0xC0000005, HowEnded::kCrash)};
  report.processes[1].bits = 32;
  Crash crash;
  crash.pid = 268;
  crash.tid = 272;
  crash.time = milliseconds(31);
  crash.image = "crash_test.exe";
  crash.exception = access_violation();
  crash.status = 0xC0000005;
  crash.notes = {"the second chance never came"};
  crash.cxx = CxxException{"std::runtime_error", "boom"};
  crash.missing = "foo.dll";
  crash.assertion = "p != nullptr";
  crash.severity = "medium";
  crash.rule = "write-near-null";
  crash.why = "a write near the null page";
  crash.bucket = "h1:0123456789abcdef.fedcba9876543210";
  crash.stack = crashing_stack();
  crash.threads = {thread(272, "main", crash.stack), thread(276, "", waiting_stack()), thread(280, "", waiting_stack()),
                   thread(284, "logger", stack_of({frame("ntdll.dll", 0x9d614, "NtDelayExecution")}))};
  crash.registers = {{"rip", 0x140001530}, {"rsp", 0x5ffe80}, {"rax", 0}};
  crash.instruction = "mov dword ptr [rax], 0x1";
  crash.instruction_note = "write of 4 bytes to [rax] = 0x0 (rax = 0x0)";
  crash.target_region = "null page";
  ModuleRecord module;
  module.base = kImageBase;
  module.size = 0x9000;
  module.path = R"(C:\build\bin\crash_test.exe)";
  module.timestamp = 0x65a1b2c3;
  module.symbols = "DWARF 5";
  crash.modules = {module};
  crash.debug_strings = {"about to crash"};
  crash.minidump = R"(C:\dumps\crash_test.268.dmp)";
  crash.summary = summarize_crash(crash);
  report.crashes = {crash};
  report.handled_exceptions = {{0xC0000005, "EXCEPTION_ACCESS_VIOLATION", 2}};
  report.warnings = {"the job object was refused: access denied (5)"};
  report.summary = summarize_run(report);
  return report;
}

RunReport deep_recursion() {
  RunReport report = basic(Verdict::kCrashed, 139);
  report.processes = {process(264, 228, 0, 812, 0xC00000FD, HowEnded::kCrash)};
  Crash crash;
  crash.pid = 264;
  crash.tid = 268;
  crash.time = milliseconds(40);
  crash.image = "crash_test.exe";
  crash.exception = access_violation();
  crash.exception->code = 0xC00000FD;
  crash.exception->parameters = {1, 0x543ff8};
  crash.exception = with_description(*crash.exception);
  crash.status = 0xC00000FD;
  crash.stack.frames.push_back(frame("crash_test.exe", 0x1500, "___chkstk_ms"));
  while (crash.stack.frames.size() < Stack::kHead) {
    crash.stack.frames.push_back(frame("crash_test.exe", 0x1600, "parse(Node*)", "parse.cpp", 10));
    crash.stack.frames.push_back(frame("crash_test.exe", 0x1700, "descend(Node*)", "parse.cpp", 20));
  }
  crash.stack.frames.resize(Stack::kHead);
  while (crash.stack.frames.size() < Stack::kHead + Stack::kTail - 2) {
    crash.stack.frames.push_back(frame("crash_test.exe", 0x1700, "descend(Node*)", "parse.cpp", 20));
    crash.stack.frames.push_back(frame("crash_test.exe", 0x1600, "parse(Node*)", "parse.cpp", 10));
  }
  crash.stack.frames.push_back(frame("crash_test.exe", 0x1a20, "main", "crash_test.cpp", 88));
  crash.stack.frames.push_back(frame("kernel32.dll", 0x17344, "BaseThreadInitThunk"));
  crash.stack.frames_total = 5000;
  crash.summary = summarize_crash(crash);
  report.crashes = {crash};
  report.summary = summarize_run(report);
  return report;
}

RunReport timeout_of_a_tree() {
  RunReport report = basic(Verdict::kTimeout, 124);
  report.duration = milliseconds(5003);
  report.processes = {
      process(264, 228, 0, 5003, 1, HowEnded::kKilled), process(268, 264, 20, 5001, 1, HowEnded::kKilled),
      process(272, 264, 30, 60, 0, HowEnded::kItself), process(276, 268, 40, 5000, 1, HowEnded::kKilled)};
  Hang hang;
  hang.cause = "deadlock";
  hang.bucket = "h1:00112233445566aa.8899aabbccddeeff";
  hang.detail = "threads 300 and 304 wait for each other";
  Hang::Process waiting{268, "crash_test.exe", {}};
  waiting.threads.push_back(thread(300, "main", waiting_stack()));
  waiting.threads.back().state = "waits for critical section 0x1000, owned by 304";
  for (std::uint32_t tid = 304; tid < 304 + 12 * 4; tid += 4) {
    waiting.threads.push_back(thread(tid, "", waiting_stack()));
  }
  hang.processes = {waiting};
  report.hang = hang;
  report.summary = summarize_run(report);
  return report;
}

RunReport hostile_text() {
  const std::string hostile =
      "a\x1b[31m\nb\r\x07\xff\xc0\x80\xe2\x80\xae"
      "c\xc2\x9b"
      "d\"\\";
  RunReport report = crash_of_a_child();
  report.command_line = hostile;
  report.warnings = {hostile};
  for (ProcessRecord& record : report.processes) {
    record.image = hostile;
    record.command_line = hostile;
  }
  Crash& crash = report.crashes.front();
  crash.image = crash.missing = crash.assertion = crash.instruction = crash.target_region = crash.minidump = hostile;
  crash.exception->module = hostile;
  crash.exception->detail = hostile;
  crash.cxx = CxxException{hostile, hostile};
  crash.notes = crash.debug_strings = {hostile};
  for (Frame& each : crash.stack.frames) {
    each.module = each.function = each.file = hostile;
  }
  crash.stack.end_reason = hostile;
  for (ThreadRecord& each : crash.threads) {
    each.name = each.state = hostile;
  }
  crash.modules.front().path = crash.modules.front().symbols = hostile;
  crash.summary = summarize_crash(crash);
  report.summary = summarize_run(report);
  return report;
}

RunReport exit_with_stack() {
  RunReport report = basic(Verdict::kNormal, 3);
  report.processes = {process(264, 228, 0, 812, 3, HowEnded::kItself)};
  report.processes.front().exit_stack = stack_of({frame("ntdll.dll", 0x9d000, "RtlExitUserProcess"),
                                                  frame("crash_test.exe", 0x1a20, "main", "crash_test.cpp", 88)});
  report.summary = summarize_run(report);
  return report;
}

RunReport quiet_failure() {
  RunReport report = basic(Verdict::kNormal, 3);
  report.processes = {process(264, 228, 0, 812, 3, HowEnded::kItself)};
  report.surroundings.variables = {{"MODE", "fast"}};
  report.surroundings.directory = R"(C:\build)";
  report.surroundings.debug_heap = true;
  report.stdin_file = R"(C:\build\input.txt)";
  CapturedOutput captured;
  captured.passed_through = false;
  captured.out.tail = "step 1\nstep 2\n";
  captured.out.bytes = 100'000;
  captured.error.tail = "one\r\ntwo\r\n\r\nthree \x1b[31m\r\nfour\r\nfive\r\nsix \xff\r\n\r\n";
  captured.error.bytes = captured.error.tail.size();
  report.captured = captured;
  report.summary = summarize_run(report);
  return report;
}

namespace {

HandleEvent handle_event(HandleEventKind kind, std::int64_t time, std::string function, std::string type,
                         std::string name, Frame own) {
  HandleEvent event;
  event.kind = kind;
  event.tid = 272;
  event.time = milliseconds(time);
  event.type = std::move(type);
  event.name = std::move(name);
  event.stack = stack_of(
      {frame("ntdll.dll", 0x9d4f4, function), std::move(own), frame("gamble.exe", 0x1990, "main", "gamble.cpp", 200)});
  event.function = std::move(function);
  event.own_frame = 1;
  return event;
}

HandleFinding handle_finding(HandleFindingKind kind, HandleEvent event, std::vector<HandleEvent> history) {
  HandleFinding finding;
  finding.kind = kind;
  finding.is_defect = kind != HandleFindingKind::kInvalidHandle;
  finding.pid = 268;
  finding.image = "gamble.exe";
  finding.handle = 0x44;
  finding.event = std::move(event);
  finding.history = std::move(history);
  finding.summary = summarize_handle_finding(finding);
  return finding;
}

}  // namespace

RunReport handle_story() {
  using Kind = HandleEventKind;
  RunReport report = basic(Verdict::kDefect, 123);
  report.command_line = "gamble.exe";
  report.processes = {process(268, 228, 0, 812, 0, HowEnded::kItself)};
  report.processes.front().image = R"(C:\build\bin\gamble.exe)";
  const std::string task = "_TaskThread6_00001234";
  const HandleEvent opened = handle_event(Kind::kOpened, 31, "NtCreateFile", "File", R"(\??\C:\kernel32.dll)",
                                          frame("engine.dll", 0x1510, "on_load_dll()", "engine.cpp", 29));
  const HandleEvent closed = handle_event(Kind::kClosed, 32, "NtClose", "File", R"(\??\C:\kernel32.dll)",
                                          frame("engine.dll", 0x1530, "on_load_dll()", "engine.cpp", 31));
  const HandleEvent created = handle_event(Kind::kOpened, 34, "NtCreateSemaphore", "Semaphore", task,
                                           frame("gamble.exe", 0x1600, "TaskThread::create()", "gamble.cpp", 33));
  const HandleEvent stale = handle_event(Kind::kClosed, 36, "NtClose", "Semaphore", task,
                                         frame("engine.dll", 0x1560, "force_close()", "engine.cpp", 38));
  const HandleEvent release = handle_event(Kind::kUsed, 39, "NtReleaseSemaphore", "", "",
                                           frame("gamble.exe", 0x1700, "TaskThread::wake_up()", "gamble.cpp", 40));
  HandleReport handles;
  handles.findings = {
      handle_finding(HandleFindingKind::kStaleClose, stale, {opened, closed, created}),
      handle_finding(HandleFindingKind::kUseAfterClose, release, {opened, closed, created, stale}),
      handle_finding(HandleFindingKind::kDoubleClose, stale, {opened, closed}),
      handle_finding(HandleFindingKind::kGuardedClose, stale, {created}),
      handle_finding(HandleFindingKind::kInvalidHandle, release, {}),
  };
  handles.findings[2].note = "the system raised STATUS_INVALID_HANDLE for it";
  handles.findings[2].count = 3;
  HandleLeak leak;
  leak.pid = 268;
  leak.image = "gamble.exe";
  leak.count = 20;
  leak.grows = true;
  leak.is_defect = true;
  leak.handle = 0x60;
  leak.opened = created;
  handles.leaks = {leak};
  handles.processes = {{268, "gamble.exe", 118, 40, 37, 55}};
  report.handles = handles;
  report.summary = summarize_run(report);
  return report;
}

RunReport failed_start() {
  RunReport report = basic(Verdict::kStartFailed, 127);
  report.command_line = "nowhere.exe";
  report.start_failure = "nowhere.exe was not found";
  report.summary = summarize_run(report, report.start_failure);
  return report;
}

RunReport memory_of_a_leak() {
  constexpr std::uint64_t kBlock = 0x1010000;
  constexpr std::uint64_t kMegabyte = 1 << 20;
  RunReport report = basic(Verdict::kLimit, 137);
  report.duration = milliseconds(4'200);
  ProcessRecord root;
  root.pid = 264;
  root.image = R"(C:\app\vision.exe)";
  root.start = milliseconds(40);
  root.end = milliseconds(4'190);
  root.ended = HowEnded::kKilled;
  report.processes = {root};
  report.limit = LimitHit{.limit = 3000 * kMegabyte,
                          .measured = 189 * kBlock + 20 * kMegabyte,
                          .time = milliseconds(4'100),
                          .pid = 264,
                          .processes = {}};
  MemorySnapshot snapshot;
  snapshot.moment = MemoryMoment::kLimit;
  snapshot.time = milliseconds(4'100);
  snapshot.headline = "Heap 98.9 % of 2.98 GB: 189 blocks of 16.0 MB in one heap";
  snapshot.space.uses = {{"Heap", 195, 189 * kBlock + kMegabyte, 189 * kBlock, kBlock, {0x1a0000000}},
                         {"Image", 40, 14 * kMegabyte, 14 * kMegabyte, 3 * kMegabyte, {0x140000000}},
                         {"Stack", 4, 2 * kMegabyte, 40 << 10, kMegabyte, {0x20000}},
                         {"Free", 31, std::uint64_t{127} << 40U, 0, std::uint64_t{126} << 40U, {0x200000000}}};
  snapshot.space.states = {
      {"MEM_COMMIT", 230, 189 * kBlock + 15 * kMegabyte, 189 * kBlock + 15 * kMegabyte, kBlock, {}}};
  snapshot.space.regions = 239;
  snapshot.space.committed = 189 * kBlock + 15 * kMegabyte;
  snapshot.space.reserved = 2 * kMegabyte;
  snapshot.space.free = std::uint64_t{127} << 40U;
  snapshot.space.largest_free = std::uint64_t{126} << 40U;
  snapshot.heaps = {{.base = {0x10000},
                     .kind = HeapKind::kNt,
                     .is_process_heap = true,
                     .reserved = kMegabyte,
                     .committed = kMegabyte / 2,
                     .segments = 1,
                     .big_blocks = 189,
                     .big_bytes = 189 * kBlock,
                     .big_sizes = {{0x1000040, 189, 189 * kBlock}},
                     .note = {}}};
  snapshot.images = {{"halcon.dll", 1, 3 * kMegabyte, {0x180000000}}};
  snapshot.files = {{R"(\Device\HarddiskVolume1\app\model.bin)", 2, 8 * kMegabyte, {0x190000000}}};
  snapshot.stacks = {{268, "grab", kMegabyte, 64 << 10, 12 << 10}};
  snapshot.stack_count = 4;
  report.memory = MemoryReport{};
  report.memory->processes = {{264, "vision.exe", 64, 189 * kBlock + 20 * kMegabyte, snapshot, ""}};
  AllocationGroup group;
  group.pid = 264;
  group.image = "vision.exe";
  group.kind = AllocationKind::kHeapBlock;
  group.summary =
      "vision.exe (pid 264): 189 blocks x 16.0 MB = 2.95 GB, allocated by halcon.dll!HXmalloc <- HXAllocRLTmp <- "
      "main, none freed, growing to the end";
  group.is_defect = true;
  group.count = group.allocated = 189;
  group.bytes = group.reserved = 189 * kBlock;
  group.first = milliseconds(60);
  group.last = milliseconds(4'000);
  group.grows = true;
  group.sizes = {{kBlock, kBlock, 189, 189 * kBlock}};
  group.growth = {{milliseconds(60), kBlock}, {milliseconds(2'000), 94 * kBlock}, {milliseconds(4'000), 189 * kBlock}};
  group.function = "NtAllocateVirtualMemory";
  group.stack.frames = {frame("ntdll.dll", 0xD9C0, "NtAllocateVirtualMemory"),
                        frame("ntdll.dll", 0x1A045, "RtlAllocateHeap"),
                        frame("halcon.dll", 0x169BE, "HXmalloc", "halcon.cpp", 19),
                        frame("halcon.dll", 0x16939, "HXAllocRLTmp", "halcon.cpp", 30),
                        frame("vision.exe", 0x17BCE, "main", "vision.cpp", 88)};
  group.own_frame = 2;
  group.stack.frames_total = group.stack.frames.size();
  group.path = {"halcon.dll!HXmalloc", "halcon.dll!HXAllocRLTmp", "vision.exe!main"};
  AllocationCount count;
  count.pid = 264;
  count.image = "vision.exe";
  count.allocated = 201;
  count.freed = 12;
  count.live = 189;
  count.live_bytes = 189 * kBlock;
  report.memory->allocations = AllocationHistory{{group}, {count}};
  for (std::uint64_t i = 0; i < 40; ++i) {
    report.memory->timeline.push_back({milliseconds(40 + 100 * i), 20 * kMegabyte + i * 189 * kBlock / 40});
  }
  return report;
}

RunReport leak_above_its_limit() {
  RunReport report = memory_of_a_leak();
  report.verdict = Verdict::kDefect;
  report.exit_code = 123;
  report.limit.reset();
  report.processes.front().ended = HowEnded::kItself;
  report.processes.front().exit_status = 0;
  report.memory->processes.front().snapshot->moment = MemoryMoment::kExit;
  report.summary = summarize_run(report);
  return report;
}

}  // namespace catcher::samples
