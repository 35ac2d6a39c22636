// --memory=trace: who allocated what was never given back? vision_leak is the story that this exists for.

#include "harness/mixed_programs.h"
#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

namespace {

using harness::CatcherRun;
using nlohmann::json;
using testing::AnyOf;
using testing::HasSubstr;

constexpr std::uint64_t kMegabyte = 1u << 20;

CatcherRun trace(std::wstring_view words, std::wstring_view options = {},
                 std::wstring_view program = L"vision_leak.exe") {
  return harness::run_catcher(L"--memory=trace --probe-rate 0 " + std::wstring(options),
                              harness::program(program) + L" " + std::wstring(words));
}

json groups(const CatcherRun& run) {
  return run.report.value("/memory/allocations/groups"_json_pointer, json::array());
}

json counts(const CatcherRun& run) {
  return run.report.value("/memory/allocations/processes"_json_pointer, json::array());
}

// The biggest group of a kind whose path leads through this function; an empty object when there is none.
json group_through(const CatcherRun& run, std::string_view kind, std::string_view function) {
  for (const json& group : groups(run)) {
    for (const json& name : group.value("path", json::array())) {
      const std::string text = name;
      if (group["kind"] == kind && text.substr(text.find('!') + 1) == function) {
        return group;
      }
    }
  }
  return json::object();
}

// What a person calls a leak: the program's own, and not small.
bool has_leak(const CatcherRun& run) {
  const json all = groups(run);
  return std::any_of(all.begin(), all.end(), [](const json& group) {
    return group.contains("path") && group["kind"] != "heap_growth" && group["bytes"].get<std::uint64_t>() >= kMegabyte;
  });
}

TEST(Allocations, the_wrapper_that_never_frees_is_named_in_one_line) {
  const CatcherRun run = trace({});
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  const json leak = group_through(run, "heap_block", "HXmalloc");
  ASSERT_FALSE(leak.empty());
  // What the blocks take, or where the heap tells, what they were asked for with.
  const std::string summary = leak["summary"];
  EXPECT_THAT(summary, AnyOf(HasSubstr("189 blocks x 16.0 MB = 2.95 GB"), HasSubstr("189 blocks x 16.1 MB = 2.96 GB")));
  EXPECT_THAT(summary, HasSubstr(", allocated by halcon.dll!HXmalloc <- HXAllocRLTmp <- ... <- wmain, none freed"));
  EXPECT_EQ(leak["path"],
            (json{"halcon.dll!HXmalloc", "halcon.dll!HXAllocRLTmp", "halcon.dll!HXAllocTmp", "halcon.dll!HCancelWait",
                  "halcon.dll!CCallHProc", "vision_leak.exe!grab_image", "vision_leak.exe!wmain"}));
  EXPECT_EQ(leak["count"], 189);
  EXPECT_EQ(leak["freed"], 0);
  EXPECT_EQ(leak["defect"], false);
  EXPECT_GT(harness::find_frame(leak, "grab_image").value("line", 0), 0);
  EXPECT_EQ(groups(run).front(), leak);
  EXPECT_THAT(run.program.err, HasSubstr(summary));
}

TEST(Allocations, more_than_the_limit_is_a_defect_with_exit_code_123) {
  const CatcherRun run = trace(L"leak 10 0x200000", L"--leak-limit 15M");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  EXPECT_EQ(run.verdict(), "defect");
  EXPECT_TRUE(run.says_summary());
  EXPECT_THAT(run.report["summary"].get<std::string>(), HasSubstr("halcon.dll!HXmalloc"));
  EXPECT_EQ(trace(L"leak 10 0x200000", L"--leak-limit 100M").program.exit_code, 0U);
}

TEST(Allocations, address_space_that_virtual_alloc_gave_is_named) {
  const CatcherRun run = trace(L"virtual 20 0x100000");
  SCOPED_TRACE(run.describe());
  const json leak = group_through(run, "virtual", "allocate_address_space");
  ASSERT_FALSE(leak.empty());
  EXPECT_EQ(leak["count"], 20);
  EXPECT_EQ(leak["bytes"], 20 * kMegabyte);
  EXPECT_THAT(leak["summary"].get<std::string>(),
              HasSubstr("20 blocks x 1.0 MB = 20.0 MB, allocated by vision_leak.exe!allocate_address_space <- "));
}

TEST(Allocations, what_is_only_reserved_has_no_bytes_and_is_no_defect) {
  const CatcherRun run = trace(L"reserve 8 0x1000000", L"--leak-limit 1M");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  const json leak = group_through(run, "virtual", "allocate_address_space");
  EXPECT_EQ(leak.value("bytes", 1U), 0U);
  EXPECT_EQ(leak.value("reserved", 0U), 8 * 16 * kMegabyte);
}

TEST(Allocations, views_that_are_never_unmapped_are_named) {
  const CatcherRun run = trace(L"view 12 0x200000", L"--leak-limit 20M");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  const json leak = group_through(run, "mapped_view", "map_section");
  ASSERT_FALSE(leak.empty());
  EXPECT_EQ(leak["count"], 12);
  EXPECT_EQ(leak["bytes"], 24 * kMegabyte);
  EXPECT_THAT(leak["summary"].get<std::string>(), HasSubstr("12 mapped views x 2.0 MB = 24.0 MB"));
}

TEST(Allocations, what_is_freed_gives_no_finding) {
  const CatcherRun run = trace(L"balanced 30 0x200000", L"--leak-limit 1M");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_FALSE(has_leak(run));
  EXPECT_GE(counts(run).at(0).value("freed", 0), 30);
}

TEST(Allocations, of_every_other_block_that_was_freed_the_others_are_left) {
  const CatcherRun run = trace(L"fragments 16 0x100000");
  SCOPED_TRACE(run.describe());
  const json leak = group_through(run, "virtual", "leave_holes");
  ASSERT_FALSE(leak.empty());
  EXPECT_EQ(leak["count"], 16);
  EXPECT_EQ(leak["allocated"], 32);
  EXPECT_EQ(leak["freed"], 16);
}

TEST(Allocations, a_heap_that_grows_by_small_blocks_shows_where_it_grew) {
  const CatcherRun run = trace(L"small 20000 1000", L"--leak-limit 1M");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);  // who keeps them is not known: no reason to fail a run
  const json growth = group_through(run, "heap_growth", "wmain");
  ASSERT_FALSE(growth.empty());
  EXPECT_GT(growth["bytes"].get<std::uint64_t>(), 15 * kMegabyte);
  EXPECT_THAT(growth["summary"].get<std::string>(), HasSubstr("a heap grew by"));
}

TEST(Allocations, a_leak_in_a_child_is_the_childs) {
  const CatcherRun run = trace(L"child leak 10 0x200000", L"--leak-limit 15M");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  const json leak = group_through(run, "heap_block", "HXmalloc");
  EXPECT_EQ(leak.value("pid", 0U), run.process(1)["pid"].get<std::uint32_t>());
  EXPECT_EQ(leak.value("count", 0), 10);
  EXPECT_EQ(counts(run).size(), 2u);
}

TEST(Allocations, of_a_child_that_was_killed_the_last_state_is_told) {
  const CatcherRun run = trace(L"kill_child leak 10 0x200000 mark hang");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(group_through(run, "heap_block", "HXmalloc").value("count", 0), 10);
}

TEST(Allocations, a_leak_in_another_thread_is_found) {
  const CatcherRun run = trace(L"threads leak 10 0x200000");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(group_through(run, "heap_block", "HXmalloc").value("count", 0), 10);
}

TEST(Allocations, a_32_bit_program_has_32_bit_stacks) {
  if (!harness::why_no_32_bit_programs().empty()) {
    GTEST_SKIP() << harness::why_no_32_bit_programs();
  }
  const CatcherRun run = trace(L"leak 10 0x200000", L"--leak-limit 15M", L"vision_leak32.exe");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  const json leak = group_through(run, "heap_block", "HXmalloc");
  ASSERT_FALSE(leak.empty());
  EXPECT_EQ(leak["count"], 10);
  EXPECT_EQ(leak["path"].front(), "halcon32.dll!HXmalloc");
  EXPECT_FALSE(group_through(run, "heap_block", "grab_image").empty());
  EXPECT_EQ(leak["path"].back(), "vision_leak32.exe!wmain");
}

TEST(Allocations, of_a_32_bit_program_every_kind_leads_to_its_main) {
  if (!harness::why_no_32_bit_programs().empty()) {
    GTEST_SKIP() << harness::why_no_32_bit_programs();
  }
  const CatcherRun run = trace(L"virtual 20 0x100000 view 12 0x200000 fragments 16 0x180000", {}, L"vision_leak32.exe");
  SCOPED_TRACE(run.describe());
  for (const auto& [kind, function, count] :
       {std::tuple{"virtual", "take_memory::operator()", 20}, std::tuple{"mapped_view", "map_section", 12},
        std::tuple{"virtual", "leave_holes", 16}}) {
    const json group = group_through(run, kind, function);
    EXPECT_EQ(group.value("count", 0), count) << function;
    ASSERT_FALSE(group.empty()) << function;
    EXPECT_EQ(group["path"].back(), "vision_leak32.exe!wmain");
  }
}

TEST(Allocations, a_32_bit_programs_freed_blocks_give_no_finding) {
  if (!harness::why_no_32_bit_programs().empty()) {
    GTEST_SKIP() << harness::why_no_32_bit_programs();
  }
  const CatcherRun run = trace(L"balanced 30 0x200000", L"--leak-limit 1M", L"vision_leak32.exe");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_FALSE(has_leak(run));
}

TEST(Allocations, stacks_that_grow_are_no_leak_and_the_summary_has_them) {
  const CatcherRun run = trace(L"stacks 3 400", L"--leak-limit 1M");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_FALSE(has_leak(run));
  EXPECT_GE(run.report["memory"]["processes"][0]["snapshot"]["stacks"].size(), 4U);
}

TEST(Allocations, a_crash_still_tells_what_was_there) {
  const CatcherRun run = trace(L"leak 10 0x200000 crash");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 139U);
  EXPECT_EQ(group_through(run, "heap_block", "HXmalloc").value("count", 0), 10);
}

TEST(Allocations, a_timeout_still_tells_what_was_there) {
  const CatcherRun run = trace(L"leak 10 0x200000 hang", L"--timeout 15");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "timeout");
  EXPECT_EQ(group_through(run, "heap_block", "HXmalloc").value("count", 0), 10);
}

TEST(Allocations, a_limit_still_tells_what_was_there) {
  const CatcherRun run = trace(L"leak 10 0x200000 child hang", L"--max-processes 1");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 137U);
  EXPECT_EQ(group_through(run, "heap_block", "HXmalloc").value("count", 0), 10);
}

TEST(Allocations, a_memory_limit_tells_who_took_it) {
  const CatcherRun run = trace(L"leak 40 0x1000040 hang", L"--max-memory 300M --timeout 60");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 137U);
  EXPECT_EQ(run.report["limit"]["kind"], "memory");
  EXPECT_GE(group_through(run, "heap_block", "HXmalloc").value("count", 0), 15);
  EXPECT_FALSE(run.report["memory"]["processes"][0].value("snapshot", json()).empty());
}

TEST(Allocations, the_trace_comes_with_the_summary_and_they_agree) {
  const CatcherRun run = trace(L"leak 10 0x1000040 virtual 5 0x800000 view 4 0x400000");
  SCOPED_TRACE(run.describe());
  const json& process = run.report["memory"]["processes"][0];
  ASSERT_TRUE(process.contains("snapshot"));
  EXPECT_THAT(process["snapshot"]["headline"].get<std::string>(),
              HasSubstr("10 of them have 0x1000040 bytes (10 x 16.0"));
  const std::uint64_t seen = process["snapshot"]["space"]["committed"].get<std::uint64_t>();
  const std::uint64_t traced = counts(run).at(0)["live_bytes"].get<std::uint64_t>();
  EXPECT_GE(traced, 216 * kMegabyte);
  EXPECT_LE(traced, seen);
  EXPECT_GE(traced + 32 * kMegabyte, seen);  // images, files and stacks are the rest
  EXPECT_THAT(run.program.err, HasSubstr("% of busy"));
}

TEST(Allocations, what_comes_and_goes_in_two_threads_until_the_end_is_no_leak) {
  const CatcherRun run = trace(L"churn 300", L"--leak-limit 1M --memory-interval 20ms --timeout 60");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_FALSE(has_leak(run));
}

TEST(Allocations, both_probes_serve_one_run) {
  const CatcherRun run = harness::run_catcher(L"--memory=trace --handles --leak-limit 1M --probe-rate 0",
                                              harness::program(L"vision_leak.exe") + L" view 4 0x200000");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  EXPECT_EQ(group_through(run, "mapped_view", "map_section").value("count", 0), 4);
  EXPECT_GT(run.report["handles"]["processes"][0]["opened"].get<int>(), 4);  // the sections, among others
  const CatcherRun gamble = harness::run_catcher(L"--memory=trace --handles", harness::program(L"handle_gamble.exe"));
  EXPECT_EQ(gamble.program.exit_code, 123U) << gamble.describe();
  EXPECT_GT(counts(gamble).at(0)["allocated"].get<int>(), 0);
}

TEST(Allocations, too_many_calls_take_the_probe_away_and_the_report_says_so) {
  const CatcherRun run = harness::run_catcher(L"--memory=trace --probe-rate 40",
                                              harness::program(L"vision_leak.exe") + L" balanced 500 0x200000");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_TRUE(counts(run).at(0).contains("stopped_ms"));
  EXPECT_THAT(run.report["warnings"][0].get<std::string>(), HasSubstr("--probe-rate"));
  EXPECT_FALSE(has_leak(run));
}

CatcherRun storm(std::wstring_view words) {
  return trace(words, {}, L"allocation_storm.exe");
}

TEST(AllocationStorm, of_hundreds_in_eight_threads_the_last_of_each_is_left) {
  const CatcherRun run = storm(L"threads 8 50");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  const json left = group_through(run, "virtual", "take");
  EXPECT_EQ(left.value("count", 0), 8);
  EXPECT_EQ(left.value("allocated", 0), 400);
  EXPECT_EQ(left.value("freed", 0), 392);
}

TEST(AllocationStorm, sizes_that_cannot_be_leave_nothing) {
  const CatcherRun run = storm(L"huge");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_TRUE(group_through(run, "virtual", "take").empty());
  EXPECT_EQ(group_through(run, "virtual", "ask_for_huge_sizes").value("reserved", std::uint64_t{0}),
            std::uint64_t{1} << 40);
}

TEST(AllocationStorm, what_another_thread_frees_is_freed) {
  const CatcherRun run = storm(L"cross 100");
  SCOPED_TRACE(run.describe());
  EXPECT_TRUE(group_through(run, "virtual", "take").empty());
  EXPECT_GE(counts(run).at(0)["freed"], 100);
}

TEST(AllocationStorm, of_a_block_given_back_in_parts_the_rest_is_left) {
  const CatcherRun run = storm(L"partial");
  SCOPED_TRACE(run.describe());
  const json left = group_through(run, "virtual", "take");
  EXPECT_EQ(left.value("count", 0), 1);
  EXPECT_EQ(left.value("bytes", 0U), 256U << 10);
  EXPECT_EQ(left.value("reserved", 0U), kMegabyte);
}

TEST(AllocationStorm, what_is_unmapped_during_the_exit_is_no_leak) {
  const CatcherRun run = storm(L"late");
  SCOPED_TRACE(run.describe());
  EXPECT_TRUE(group_through(run, "mapped_view", "map_view").empty());
}

TEST(AllocationStorm, a_stack_that_is_none_costs_the_callers_names_only) {
  const CatcherRun run = storm(L"odd_stack 50");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_EQ(group_through(run, "virtual", "take").value("count", 0), 50);
}

TEST(AllocationStorm, what_a_process_allocates_in_another_belongs_to_that) {
  const CatcherRun run = storm(L"remote");
  SCOPED_TRACE(run.describe());
  const json left = group_through(run, "virtual", "allocate_in_child");
  EXPECT_EQ(left.value("count", 0), 2);
  EXPECT_EQ(left.value("pid", 0U), run.process(1)["pid"].get<std::uint32_t>());
}

TEST(AllocationStorm, an_exit_in_the_middle_of_everything_is_an_exit) {
  const CatcherRun run = storm(L"die 300");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 7U);
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_LE(group_through(run, "virtual", "take").value("count", 0), 8);
}

TEST(Allocations, options_that_cannot_be_are_refused) {
  EXPECT_EQ(harness::run_catcher_words(L"--probe-rate 5 --memory -- cmd /c ver").exit_code, 125U);
  EXPECT_EQ(harness::run_catcher_words(L"--memory --leak-limit 5M -- cmd /c ver").exit_code, 125U);
}

}  // namespace
