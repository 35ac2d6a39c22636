// --memory: where did it go? vision_leak is the program that this exists for.

#include "harness/mixed_programs.h"
#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using harness::CatcherRun;
using nlohmann::json;
using testing::HasSubstr;

constexpr std::uint64_t kMega = 1U << 20U;

CatcherRun leak(std::wstring_view words, std::wstring_view options = L"--memory",
                std::wstring_view program = L"vision_leak.exe") {
  return harness::run_catcher(options, harness::program(program) + L" " + std::wstring(words));
}

// What was seen of the process at this place of the report; an empty object when it was not looked at.
json snapshot(const CatcherRun& run, std::size_t process = 0) {
  const json& all = run.report.at("memory").at("processes");
  return process < all.size() ? all.at(process).value("snapshot", json::object()) : json::object();
}

// The row of a table with this name; zeros when there is none.
json use(const json& snapshot, std::string_view name) {
  for (const json& one : snapshot.at("space").at("uses")) {
    if (one["name"] == name) {
      return one;
    }
  }
  return {{"bytes", 0}, {"regions", 0}, {"committed", 0}};
}

// The heap that has most.
json top_heap(const json& snapshot) {
  const json& heaps = snapshot.at("heaps");
  return heaps.empty() ? json::object() : heaps.at(0);
}

// Ten blocks of the size of the story, in a heap.
void expect_ten_images(const json& heap) {
  SCOPED_TRACE(heap.dump());
  ASSERT_TRUE(heap.contains("big_sizes"));
  EXPECT_EQ(heap["kind"], "nt");
  EXPECT_EQ(heap["big_blocks"], 10);
  ASSERT_EQ(heap["big_sizes"].size(), 1U);
  EXPECT_EQ(heap["big_sizes"][0]["size"], 0x1000040);
  EXPECT_EQ(heap["big_sizes"][0]["count"], 10);
  EXPECT_GE(heap["big_bytes"].get<std::uint64_t>(), 160 * kMega);
}

TEST(Memory, the_blocks_that_nobody_freed_are_in_the_heap_and_the_report_says_so_in_one_line) {
  const CatcherRun run = leak(L"leak 10 0x1000040");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  const json seen = snapshot(run);
  ASSERT_EQ(seen.value("moment", ""), "exit");
  expect_ten_images(top_heap(seen));
  EXPECT_GE(use(seen, "Heap")["bytes"].get<std::uint64_t>(), 160 * kMega);
  EXPECT_EQ(seen["space"]["uses"][0]["name"], "Heap");
  EXPECT_THAT(seen.value("headline", ""), HasSubstr("10 of them have 0x1000040 bytes (10 x 16.0 MB"));
  EXPECT_THAT(run.program.err, HasSubstr(seen.value("headline", "?")));
  EXPECT_GE(run.report["memory"]["processes"][0]["peak"].get<std::uint64_t>(), 160 * kMega);
}

TEST(Memory, what_was_freed_again_is_not_there) {
  const CatcherRun run = leak(L"balanced 10 0x1000040");
  SCOPED_TRACE(run.describe());
  const json heaps = snapshot(run).at("heaps");
  for (const json& heap : heaps) {
    EXPECT_EQ(heap["big_blocks"], 0) << heap.dump();
  }
  EXPECT_LT(use(snapshot(run), "Heap")["bytes"].get<std::uint64_t>(), 16 * kMega);
}

TEST(Memory, address_space_that_no_heap_knows_is_unknown_and_its_reserved_part_is_told) {
  const CatcherRun run = leak(L"virtual 5 0x1000000 reserve 3 0x2000000");
  SCOPED_TRACE(run.describe());
  const json unknown = use(snapshot(run), "<unknown>");
  EXPECT_GE(unknown["bytes"].get<std::uint64_t>(), 176 * kMega);
  EXPECT_GE(unknown["committed"].get<std::uint64_t>(), 80 * kMega);
  EXPECT_LT(unknown["committed"].get<std::uint64_t>(), 100 * kMega);
}

TEST(Memory, views_of_sections_and_of_files_are_told_apart) {
  const CatcherRun run = leak(L"view 4 0x800000 file 3");
  SCOPED_TRACE(run.describe());
  const json seen = snapshot(run);
  const std::uint64_t mapped =
      use(seen, "Section")["bytes"].get<std::uint64_t>() + use(seen, "Mapped file")["bytes"].get<std::uint64_t>();
  EXPECT_GE(mapped, 32 * kMega);
  const json& files = seen.at("files");
  EXPECT_TRUE(std::any_of(files.begin(), files.end(), [](const json& file) {
    return file.value("name", "").find("vision_leak") != std::string::npos && file["views"] == 3;
  })) << files.dump();
}

TEST(Memory, the_stacks_that_threads_have_grown_are_told) {
  const CatcherRun run = leak(L"stacks 3 400");
  SCOPED_TRACE(run.describe());
  const json seen = snapshot(run);
  EXPECT_GE(seen["threads"], 4);
  const json& stacks = seen.at("stacks");
  EXPECT_EQ(std::count_if(stacks.begin(), stacks.end(),
                          [](const json& stack) { return stack["used"].get<std::uint64_t>() > 400 * 1024; }),
            3)
      << stacks.dump();
  EXPECT_GE(use(seen, "Stack")["regions"], 4);
}

TEST(Memory, holes_between_blocks_are_counted) {
  const std::uint64_t whole = use(snapshot(leak(L"heaps 0")), "Free")["regions"].get<std::uint64_t>();
  const CatcherRun run = leak(L"fragments 50 0x100000");
  SCOPED_TRACE(run.describe());
  EXPECT_GE(use(snapshot(run), "Free")["regions"].get<std::uint64_t>(), whole + 40);
}

TEST(Memory, every_heap_is_listed) {
  const std::size_t before = snapshot(leak(L"heaps 0")).at("heaps").size();
  const CatcherRun run = leak(L"heaps 5");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(snapshot(run).at("heaps").size(), before + 5);
  const json heaps = snapshot(run).at("heaps");
  EXPECT_EQ(std::count_if(heaps.begin(), heaps.end(), [](const json& heap) { return heap["process_heap"] == true; }),
            1);
}

TEST(Memory, a_leak_in_a_child_is_seen_in_the_child) {
  const CatcherRun run = leak(L"child leak 10 0x1000040");
  SCOPED_TRACE(run.describe());
  EXPECT_LT(use(snapshot(run, 0), "Heap")["bytes"].get<std::uint64_t>(), 16 * kMega);
  expect_ten_images(top_heap(snapshot(run, 1)));
}

TEST(Memory, a_child_that_its_parent_kills_is_looked_at_before) {
  const CatcherRun run = leak(L"kill_child leak 10 0x1000040 mark hang", L"--memory --timeout 60");
  SCOPED_TRACE(run.describe());
  ASSERT_EQ(snapshot(run, 1).value("moment", ""), "killed");
  expect_ten_images(top_heap(snapshot(run, 1)));
}

TEST(Memory, a_list_of_heaps_full_of_nonsense_hides_no_heap) {
  const CatcherRun run = leak(L"leak 10 0x1000040 garbage");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  expect_ten_images(top_heap(snapshot(run)));
}

TEST(Memory, a_heap_that_was_written_over_is_survived) {
  const CatcherRun run = leak(L"leak 10 0x1000040 corrupt crash");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  ASSERT_EQ(snapshot(run).value("moment", ""), "crash");
  const json seen = snapshot(run);
  EXPECT_GE(use(seen, "Heap")["bytes"].get<std::uint64_t>() + use(seen, "<unknown>")["bytes"].get<std::uint64_t>(),
            160 * kMega);
}

TEST(Memory, thousands_of_regions_are_counted) {
  const CatcherRun run = leak(L"regions 2000", L"--memory --memory-interval 1h");
  SCOPED_TRACE(run.describe());
  EXPECT_GE(use(snapshot(run), "<unknown>")["regions"].get<std::uint64_t>(), 4000U);
}

TEST(Memory, is_looked_at_where_a_program_crashes) {
  const CatcherRun run = leak(L"leak 10 0x1000040 crash");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 139U);
  ASSERT_EQ(snapshot(run).value("moment", ""), "crash");
  expect_ten_images(top_heap(snapshot(run)));
}

TEST(Memory, is_looked_at_when_the_time_is_over) {
  const CatcherRun run = leak(L"leak 10 0x1000040 hang", L"--memory --timeout 3");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 124U);
  ASSERT_EQ(snapshot(run).value("moment", ""), "timeout");
  expect_ten_images(top_heap(snapshot(run)));
}

TEST(Memory, is_looked_at_unasked_when_a_memory_limit_is_hit) {
  const CatcherRun run = leak(L"leak 10 0x1000040 hang", L"--max-memory 100M --timeout 60");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 137U);
  ASSERT_EQ(snapshot(run).value("moment", ""), "limit");
  EXPECT_GE(use(snapshot(run), "Heap")["bytes"].get<std::uint64_t>(), 96 * kMega);
}

TEST(Memory, nobody_looks_when_nobody_asked) {
  EXPECT_FALSE(leak(L"leak 1 0x1000040", L"--max-memory 1G").report.contains("memory"));
  EXPECT_FALSE(leak(L"leak 1 0x1000040", L"").report.contains("memory"));
}

TEST(Memory, grows_in_the_timeline) {
  const CatcherRun run = leak(L"slowly 8 0x1000040 40", L"--memory --memory-interval 20ms");
  SCOPED_TRACE(run.describe());
  const json& timeline = run.report["memory"]["timeline"];
  ASSERT_GE(timeline.size(), 3U);
  EXPECT_LT(timeline.front()["committed"].get<std::uint64_t>(), 64 * kMega);
  EXPECT_GE(timeline.back()["committed"].get<std::uint64_t>(), 8 * 16 * kMega);
  EXPECT_THAT(run.program.err, HasSubstr("committed memory over"));
}

TEST(Memory, at_the_end_the_timeline_and_the_snapshot_agree) {
  const CatcherRun run = leak(L"leak 10 0x1000040", L"--memory --memory-interval 1h");
  SCOPED_TRACE(run.describe());
  const json last = run.report["memory"]["timeline"].back();
  const json types = snapshot(run)["space"]["types"];
  const auto own =
      std::find_if(types.begin(), types.end(), [](const json& one) { return one["name"] == "MEM_PRIVATE"; });
  ASSERT_NE(own, types.end());
  EXPECT_EQ(last["committed"], (*own)["committed"]);
  EXPECT_GE(last["committed"].get<std::uint64_t>(), 160 * kMega);
}

TEST(Memory, of_a_32_bit_program_is_read_in_its_own_layout) {
  if (!harness::why_no_32_bit_programs().empty()) {
    GTEST_SKIP() << harness::why_no_32_bit_programs();
  }
  const CatcherRun run = leak(L"leak 10 0x1000040 stacks 2 200", L"--memory", L"vision_leak32.exe");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.report["memory"]["processes"][0]["bits"], 32);
  const json seen = snapshot(run);
  expect_ten_images(top_heap(seen));
  EXPECT_LE(seen["space"]["total"].get<std::uint64_t>(), std::uint64_t{1} << 32U);
  EXPECT_GE(seen["stacks"].size(), 3U);
}

TEST(Memory, of_a_32_bit_program_each_use_is_told) {
  if (!harness::why_no_32_bit_programs().empty()) {
    GTEST_SKIP() << harness::why_no_32_bit_programs();
  }
  const auto leak32 = [](std::wstring_view words) { return leak(words, L"--memory", L"vision_leak32.exe"); };
  const CatcherRun run = leak32(L"virtual 5 0x1000000 reserve 3 0x2000000 view 4 0x800000 stacks 3 400");
  SCOPED_TRACE(run.describe());
  const json seen = snapshot(run);
  EXPECT_GE(use(seen, "<unknown>")["bytes"].get<std::uint64_t>(), 176 * kMega);
  EXPECT_LT(use(seen, "<unknown>")["committed"].get<std::uint64_t>(), 100 * kMega);
  EXPECT_GE(use(seen, "Section")["bytes"].get<std::uint64_t>(), 32 * kMega);
  EXPECT_EQ(seen["threads"], 4);
  EXPECT_LT(use(snapshot(leak32(L"balanced 10 0x1000040")), "Heap")["bytes"].get<std::uint64_t>(), 16 * kMega);
}

TEST(Memory, of_a_32_bit_child_with_holes_is_told) {
  if (!harness::why_no_32_bit_programs().empty()) {
    GTEST_SKIP() << harness::why_no_32_bit_programs();
  }
  const CatcherRun run = leak(L"child fragments 50 0x100000", L"--memory", L"vision_leak32.exe");
  SCOPED_TRACE(run.describe());
  EXPECT_GE(use(snapshot(run, 1), "Free")["regions"].get<std::uint64_t>(),
            use(snapshot(run, 0), "Free")["regions"].get<std::uint64_t>() + 40);
}

TEST(Diff, names_what_grew_between_two_runs) {
  const std::filesystem::path directory = harness::scratch_directory();
  const CatcherRun small = leak(L"leak 2 0x1000040");
  const CatcherRun large = leak(L"leak 6 0x1000040 crash");
  std::ofstream(directory / "a.json", std::ios::binary) << small.report.dump();
  std::ofstream(directory / "b.json", std::ios::binary) << large.report.dump();
  harness::RunSettings settings;
  settings.directory = directory.wstring();
  const auto diff = harness::run_catcher_words(L"diff a.json b.json", settings);
  EXPECT_EQ(diff.exit_code, 0U);
  EXPECT_THAT(diff.out, HasSubstr("verdict: normal (exit code 0) -> crashed (exit code 139)"));
  EXPECT_THAT(diff.out, HasSubstr("new: h1:"));
  EXPECT_THAT(diff.out, HasSubstr("big blocks of 0x1000040 bytes"));
  EXPECT_THAT(diff.out, HasSubstr("vision_leak.exe: Heap"));
}

TEST(Diff, what_is_no_report_is_refused_in_one_line_that_names_it) {
  const std::filesystem::path directory = harness::scratch_directory();
  std::ofstream(directory / "no.json") << "{\"schema\": [[[[";
  std::ofstream(directory / "other.json") << "{\"schema\": 7}";
  harness::RunSettings settings;
  settings.directory = directory.wstring();
  for (const auto& [words, complaint] : {std::pair{L"diff no.json no.json", "'no.json' is no JSON"},
                                         std::pair{L"diff other.json other.json", "'other.json' is no report"},
                                         std::pair{L"diff absent.json no.json", "cannot read 'absent.json'"},
                                         std::pair{L"diff no.json", "diff takes two reports"}}) {
    const auto result = harness::run_catcher_words(words, settings);
    EXPECT_EQ(result.exit_code, 125U);
    EXPECT_EQ(result.error_lines().size(), 1U) << result.err;
    EXPECT_THAT(result.err, HasSubstr(complaint));
  }
}

}  // namespace
