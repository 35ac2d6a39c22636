#include "triage/bucket.h"
#include "triage/fault_description.h"
#include "triage/skipped_frames.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace catcher {
namespace {

constexpr Address kBase{0x140000000};

Frame named(std::string module, std::string function, std::uint64_t offset = 0x1000, std::string file = {},
            std::uint32_t line = 0) {
  Frame frame;
  frame.module = std::move(module);
  frame.function = std::move(function);
  frame.offset = offset;
  frame.pc = kBase + offset;
  frame.file = std::move(file);
  frame.line = line;
  return frame;
}

Crash crash_at(std::uint32_t code, std::vector<std::uint64_t> parameters, std::vector<Frame> frames) {
  Crash crash;
  crash.image = "app.exe";
  ExceptionInfo exception;
  exception.code = code;
  exception.address = kBase + 0x1530;
  exception.parameters = std::move(parameters);
  crash.exception = with_description(exception);
  crash.status = code;
  crash.stack.frames_total = frames.size();
  crash.stack.frames = std::move(frames);
  return crash;
}

std::vector<Frame> usual_stack() {
  return {named("app.exe", "app::write(int*)", 0x1530, R"(C:\src\write.cpp)", 41),
          named("app.exe", "app::run()", 0x1600, "run.cpp", 7), named("app.exe", "main", 0x1700, "main.cpp", 3),
          named("kernel32.dll", "BaseThreadInitThunk", 0x17344)};
}

Crash usual_crash() {
  return crash_at(0xC0000005, {1, 0}, usual_stack());
}

std::string major_of(const Crash& crash) {
  const std::string id = bucket_of(crash).id;
  return id.substr(0, id.find('.'));
}

// If one of these changes, every stored bucket of every user changes: then the version must change too.
TEST(Bucket, constants_of_h1_never_change) {
  EXPECT_EQ(bucket_of(usual_crash()).id, "h1:ff4b3a9a52e00a24.ad333c0acd6b9562");
  EXPECT_EQ(bucket_of(crash_at(0xC0000409, {7}, usual_stack())).id, "h1:4f4fdd37a83dabd9.0119d19493908838");
  EXPECT_EQ(bucket_of(crash_at(0xE1234567, {}, {})).id, "h1:dfbe639dbf43ab21.dfbe639dbf43ab21");
}

TEST(Bucket, is_the_same_wherever_the_program_was_loaded_and_whatever_its_numbers) {
  Crash moved = usual_crash();
  moved.pid = 4711;
  moved.tid = 4712;
  moved.exception->address = Address{0x7ff6'0000'1530};
  for (Frame& frame : moved.stack.frames) {
    frame.pc = frame.pc + 0x7000'0000;
  }
  EXPECT_EQ(bucket_of(moved).id, bucket_of(usual_crash()).id);
}

TEST(Bucket, is_the_same_for_a_build_in_another_directory_and_for_another_processor) {
  Crash rebuilt = usual_crash();
  rebuilt.stack.frames[0].file = "/home/ci/write.cpp";
  rebuilt.stack.frames[0].offset = 0x9999;
  rebuilt.stack.frames[0].module = "APP.EXE";
  rebuilt.stack.frames[0].function = "void app::write(int *)";
  EXPECT_EQ(bucket_of(rebuilt).id, bucket_of(usual_crash()).id);
}

TEST(Bucket, another_line_changes_the_minor_part_only) {
  Crash edited = usual_crash();
  edited.stack.frames[0].line = 42;
  EXPECT_NE(bucket_of(edited).id, bucket_of(usual_crash()).id);
  EXPECT_EQ(major_of(edited), major_of(usual_crash()));
}

TEST(Bucket, an_outer_caller_changes_the_minor_part_only) {
  Crash other = usual_crash();
  other.stack.frames.insert(other.stack.frames.begin() + 3, named("app.exe", "outer"));
  EXPECT_NE(bucket_of(other).id, bucket_of(usual_crash()).id);
  EXPECT_EQ(major_of(other), major_of(usual_crash()));
}

TEST(Bucket, another_function_is_another_bug) {
  Crash other = usual_crash();
  other.stack.frames[0].function = "app::erase(int*)";
  EXPECT_NE(major_of(other), major_of(usual_crash()));
}

TEST(Bucket, kinds_of_faults_are_told_apart_without_their_addresses) {
  const auto kind = [](std::uint64_t operation, std::uint64_t target) {
    return bucket_of(crash_at(0xC0000005, {operation, target}, usual_stack())).kind;
  };
  EXPECT_EQ(kind(0, 0), "AV-read-null");
  EXPECT_EQ(kind(0, 0xFFFF), "AV-read-null");
  EXPECT_EQ(kind(0, 0x10000), "AV-read-wild");
  EXPECT_EQ(kind(1, 0x12345678), "AV-write-wild");
  EXPECT_EQ(kind(8, 0), "AV-exec-null");
  EXPECT_EQ(bucket_of(crash_at(0xC0000409, {2}, {})).kind, "fastfail-2");
  EXPECT_EQ(bucket_of(crash_at(0xC0000409, {}, {})).kind, "fastfail");
  EXPECT_EQ(bucket_of(crash_at(0xC0000374, {0x7ff812345678}, {})).kind, "heap-corruption");
  EXPECT_EQ(bucket_of(crash_at(0xC0000421, {0x13}, {})).kind, "verifier-13");
  EXPECT_EQ(bucket_of(crash_at(0xC0000094, {}, {})).kind, "0xC0000094");
}

TEST(Bucket, an_access_near_the_stack_pointer_is_a_kind_of_its_own) {
  Crash crash = crash_at(0xC0000005, {1, 0x5ff000}, usual_stack());
  crash.registers = {{"rip", 0x140001530}, {"rsp", 0x5ffe80}};
  EXPECT_EQ(bucket_of(crash).kind, "AV-write-near-sp");
}

TEST(Bucket, an_uncaught_exception_is_told_by_its_type_however_it_ended) {
  Crash thrown = crash_at(0xE06D7363, {}, usual_stack());
  thrown.cxx = CxxException{"app::Error<int>", "boom at 0x1234"};
  Crash aborted = thrown;
  aborted.kind = CrashKind::kAbort;
  aborted.exception.reset();
  EXPECT_EQ(bucket_of(thrown).kind, "cxx-app::Error<*>");
  EXPECT_EQ(bucket_of(thrown).id, bucket_of(aborted).id);
}

TEST(Bucket, crashes_without_a_stack_are_told_by_program_and_status) {
  Crash crash;
  crash.kind = CrashKind::kExitStatus;
  crash.image = "app.exe";
  crash.exit_status = 0xC0000135;
  EXPECT_EQ(bucket_of(crash).kind, "exit-0xC0000135");
  Crash other = crash;
  other.image = "tool.exe";
  EXPECT_NE(bucket_of(other).id, bucket_of(crash).id);
  crash.missing = "FOO.dll";
  EXPECT_EQ(bucket_of(crash).kind, "exit-0xC0000135:foo.dll");
}

TEST(Bucket, the_runtime_s_frames_do_not_count) {
  Crash aborted = usual_crash();
  aborted.stack.frames.insert(aborted.stack.frames.begin(),
                              {named("ntdll.dll", "RtlFailFast2"), named("ucrtbase.dll", "abort"),
                               named("app.exe", "std::terminate()"), named("app.exe", "memcpy")});
  EXPECT_EQ(bucket_of(aborted).id, bucket_of(usual_crash()).id);
  EXPECT_EQ(bucket_of(aborted).frames, (std::vector<std::size_t>{4, 5, 6}));
}

TEST(Bucket, a_stack_of_the_runtime_s_frames_alone_counts_after_all) {
  const Bucket bucket = bucket_of(
      crash_at(0xC0000005, {0, 0}, {named("ntdll.dll", "RtlpAllocateHeap"), named("ntdll.dll", "RtlUserThreadStart")}));
  EXPECT_EQ(bucket.frames, (std::vector<std::size_t>{0, 1}));
}

TEST(Bucket, recursion_of_any_depth_is_one_bug) {
  const auto recursion = [](std::size_t depth) {
    std::vector<Frame> frames;
    for (std::size_t i = 0; i < depth; ++i) {
      frames.push_back(named("app.exe", "parse"));
      frames.push_back(named("app.exe", "descend"));
    }
    frames.push_back(named("app.exe", "main"));
    return crash_at(0xC0000005, {0, 0}, frames);
  };
  EXPECT_EQ(bucket_of(recursion(2)).id, bucket_of(recursion(90)).id);
}

TEST(Bucket, a_stack_overflow_is_one_bug_wherever_in_its_recursion_the_stack_ran_out) {
  const auto overflow = [](std::size_t rotation, bool in_leaf) {
    const std::vector<std::string> turn = {"parse", "descend", "visit"};
    std::vector<Frame> frames;
    if (in_leaf) {
      frames.push_back(named("app.exe", "format_number"));
    }
    for (std::size_t i = 0; i < Stack::kHead; ++i) {
      frames.push_back(named("app.exe", turn[(i + rotation) % turn.size()]));
    }
    return crash_at(0xC00000FD, {1, 0x543ff8}, frames);
  };
  EXPECT_EQ(bucket_of(overflow(0, false)).id, bucket_of(overflow(1, true)).id);
  EXPECT_EQ(bucket_of(overflow(0, false)).id, bucket_of(overflow(2, false)).id);
  EXPECT_EQ(bucket_of(overflow(0, false)).kind, "stack-overflow");
}

TEST(Bucket, a_call_through_a_null_pointer_is_told_by_its_caller) {
  Frame nowhere;
  Crash crash = crash_at(0xC0000005, {8, 0}, usual_stack());
  crash.stack.frames.insert(crash.stack.frames.begin(), nowhere);
  EXPECT_EQ(bucket_of(crash).frames, (std::vector<std::size_t>{1, 2, 3}));
}

TEST(Bucket, what_lies_behind_a_frame_in_no_module_is_not_trusted) {
  Crash crash = usual_crash();
  crash.stack.frames.insert(crash.stack.frames.begin() + 1, Frame{});
  EXPECT_EQ(bucket_of(crash).frames, (std::vector<std::size_t>{0}));
}

TEST(Bucket, frames_found_by_scanning_are_not_trusted) {
  Crash crash = usual_crash();
  crash.stack.frames[1].source = FrameSource::kScan;
  EXPECT_EQ(bucket_of(crash).frames, (std::vector<std::size_t>{0}));
}

TEST(Bucket, without_names_the_offset_counts_together_with_the_build) {
  const auto unnamed = [](std::uint32_t timestamp) {
    Crash crash = crash_at(0xC0000005, {1, 0}, {named("app.exe", "", 0x1530)});
    ModuleRecord module;
    module.base = kBase;
    module.size = 0x9000;
    module.timestamp = timestamp;
    crash.modules = {module};
    return crash;
  };
  EXPECT_EQ(bucket_of(unnamed(1)).id, bucket_of(unnamed(1)).id);
  EXPECT_NE(bucket_of(unnamed(1)).id, bucket_of(unnamed(2)).id);
}

TEST(Bucket, marks_the_frames_that_decide) {
  const Crash crash = with_bucket(usual_crash());
  EXPECT_EQ(crash.bucket, bucket_of(crash).id);
  EXPECT_TRUE(crash.stack.frames[0].in_bucket);
  EXPECT_TRUE(crash.stack.frames[2].in_bucket);
  EXPECT_FALSE(crash.stack.frames[3].in_bucket);
}

TEST(Bucket, a_hang_is_told_by_its_stacks_whatever_the_order_and_number_of_its_threads) {
  const auto thread = [](std::string function) {
    ThreadRecord record;
    record.stack.frames = {named("ntdll.dll", "NtWaitForSingleObject"), named("app.exe", std::move(function))};
    record.stack.frames_total = 2;
    return record;
  };
  Hang hang;
  hang.cause = "deadlock";
  hang.processes = {{1, "app.exe", {thread("worker"), thread("main"), thread("worker")}}};
  Hang other = hang;
  other.processes = {{9, "app.exe", {thread("main"), thread("worker")}}};
  EXPECT_EQ(bucket_of(hang).id, bucket_of(other).id);
  other.processes.front().threads.pop_back();
  EXPECT_NE(bucket_of(hang).id, bucket_of(other).id);
}

TEST(SkippedFrames, patterns_take_stars_anywhere_and_any_case) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("", ""));
  EXPECT_TRUE(matches_pattern("a*c", "ABBC"));
  EXPECT_TRUE(matches_pattern("*a*b*", "xaxbx"));
  EXPECT_TRUE(matches_pattern("*ab", "aab"));
  EXPECT_FALSE(matches_pattern("a*c", "abcd"));
  EXPECT_FALSE(matches_pattern("a", ""));
  EXPECT_FALSE(matches_pattern("", "a"));
}

TEST(SkippedFrames, knows_the_runtime_and_leaves_programs_alone) {
  EXPECT_TRUE(is_skipped_frame("ntdll", "anything"));
  EXPECT_TRUE(is_skipped_frame("app", "memcpy"));
  EXPECT_TRUE(is_skipped_frame("app", "std::vector<*>::push_back"));
  EXPECT_TRUE(is_skipped_frame("app", "__tmainCRTStartup"));
  EXPECT_TRUE(is_skipped_frame("app", "operator new"));
  for (const char* own : {"main", "WinMain", "stream_read", "structure_parse", "standard::run", "free_list",
                          "exit_handler", "my_abort_all"}) {
    EXPECT_FALSE(is_skipped_frame("app", own)) << own;
  }
}

}  // namespace
}  // namespace catcher
