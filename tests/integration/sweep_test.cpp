// `catcher sweep` over corpora whose inputs make input_reader.exe end in every way.

#include "harness/programs.h"
#include "harness/sweeps.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using harness::kSomeInputs;
using harness::make_corpus;
using harness::out_directory;
using harness::outcomes_by_input;
using harness::ProgramResult;
using harness::quoted;
using harness::read_bytes;
using harness::reader;
using harness::records_of;
using harness::summary_of;
using harness::sweep;
using harness::sweep_corpus;
using nlohmann::json;
using testing::HasSubstr;

TEST(Sweep, each_input_ends_where_it_must) {
  const ProgramResult result = sweep_corpus(make_corpus(kSomeInputs));
  SCOPED_TRACE(result.err);
  const json summary = summary_of(out_directory());
  EXPECT_EQ(result.exit_code, 139U);
  EXPECT_EQ(summary["exit_code"], 139);
  EXPECT_EQ(summary["complete"], true);
  EXPECT_EQ(summary["runs"], 8);
  EXPECT_EQ(summary["outcomes"]["crash"], 5);
  EXPECT_EQ(summary["outcomes"]["passed"], 3);
  EXPECT_EQ(summary["exit_codes"]["3"], 1);
  ASSERT_EQ(summary["buckets"].size(), 4U) << summary.dump(1);
  for (const json& bucket : summary["buckets"]) {
    const fs::path directory = out_directory() / bucket["directory"].get<std::string>();
    EXPECT_EQ(json::parse(read_bytes(directory / "report.json"), nullptr, false)["verdict"], "crashed");
    EXPECT_THAT(read_bytes(directory / "report.txt"), HasSubstr(bucket["summary"].get<std::string>()));
    EXPECT_TRUE(fs::exists(directory / "crash.dmp"));
    EXPECT_TRUE(fs::exists(directory / "inputs" / bucket["examples"][0]["file"].get<std::string>()));
  }
  const json& null = *std::ranges::find_if(summary["buckets"], [](const json& bucket) { return bucket["runs"] == 2; });
  EXPECT_EQ(null["examples"][0]["input"], "b/null.txt");
  EXPECT_EQ(null["examples"][0]["size"], 4);
  EXPECT_FALSE(fs::exists(out_directory() / "work")) << "what the workers used is gone";
  EXPECT_THAT(result.err, HasSubstr("catcher: 8 runs of 8 inputs: 3 passed, 5 crashed; 4 buckets"));
}

TEST(Sweep, hangs_and_limits_have_buckets_too) {
  const ProgramResult result =
      sweep_corpus(make_corpus({{"hang", "hang"}, {"hang2", "hang 2"}, {"memory", "memory"}, {"ok", "ok"}}),
                   L"--timeout 10 --max-memory 200M");
  SCOPED_TRACE(result.err);
  const json summary = summary_of(out_directory());
  EXPECT_EQ(summary["outcomes"]["hang"], 2);
  EXPECT_EQ(summary["outcomes"]["limit"], 1);
  ASSERT_EQ(summary["buckets"].size(), 2U);
  EXPECT_TRUE(summary["buckets"][0]["directory"].get<std::string>().starts_with("hangs/h1-"));
  EXPECT_EQ(summary["buckets"][1]["directory"], "limits/limit-memory");
  EXPECT_EQ(result.exit_code, 124U);
}

TEST(Sweep, nothing_found_is_exit_code_0) {
  EXPECT_EQ(sweep_corpus(make_corpus({{"a", "ok"}, {"b", "exit 3"}})).exit_code, 0U);
}

TEST(Sweep, the_input_may_come_on_standard_input) {
  const fs::path corpus = make_corpus({{"a", "null"}, {L"b \u00fc", "ok"}});
  const ProgramResult result = sweep(L"--confirm 2 --stdin @@ --corpus " + quoted(corpus), out_directory(), reader());
  EXPECT_EQ(result.exit_code, 139U);
  EXPECT_EQ(outcomes_by_input(out_directory()),
            (std::map<std::string, std::string>{{"a", "crash"}, {"b \xC3\xBC", "passed"}}));
  const json summary = summary_of(out_directory());
  ASSERT_EQ(summary["buckets"].size(), 1U);
  const fs::path bucket = out_directory() / summary["buckets"][0]["directory"].get<std::string>();
  for (const auto& entry : fs::directory_iterator(bucket / "inputs")) {
    EXPECT_EQ(read_bytes(entry.path()), "null");
  }
  EXPECT_EQ(read_bytes(corpus / "a"), "null");
}

TEST(Sweep, inputs_may_be_named_in_a_list_or_on_standard_input) {
  const fs::path corpus = make_corpus({{"a.txt", "null"}, {"b.txt", "ok"}, {"c.txt", "ok"}});
  const std::string lines =
      (corpus / "a.txt").string() + "\r\n\r\n" + (corpus / "b.txt").string() + "\n" + (corpus / "a.txt").string();
  std::ofstream(harness::scratch_directory() / "list.txt", std::ios::binary) << lines;
  EXPECT_EQ(sweep(L"--list " + quoted(harness::scratch_directory() / "list.txt"), out_directory("1")).exit_code, 139U);
  EXPECT_EQ(records_of(out_directory("1")).size(), 2U);
  harness::RunSettings settings;
  settings.stdin_text = lines;
  EXPECT_EQ(sweep(L"--list -", out_directory("2"), reader() + L" @@", settings).exit_code, 139U);
  EXPECT_EQ(records_of(out_directory("2")).size(), 2U);
}

TEST(Sweep, the_probes_work_in_it) {
  const ProgramResult handles =
      sweep(L"--repeat 2 --handles", out_directory("handles"), quoted(harness::bin_directory() / "handle_gamble.exe"));
  EXPECT_EQ(handles.exit_code, 123U) << handles.err;
  const json defects = summary_of(out_directory("handles"))["buckets"];
  ASSERT_EQ(defects.size(), 1U) << handles.err;
  EXPECT_EQ(defects[0]["outcome"], "defect");
  EXPECT_EQ(defects[0]["runs"], 2);
  EXPECT_THAT(defects[0]["summary"].get<std::string>(), HasSubstr("_TaskThread6_00001234"));

  const ProgramResult memory =
      sweep(L"--memory --corpus " + quoted(make_corpus({{"a", "ok"}, {"b", "ok 2"}})), out_directory("memory"));
  EXPECT_EQ(memory.exit_code, 0U) << memory.err;
  const json peaks = summary_of(out_directory("memory"))["peaks"];
  ASSERT_EQ(peaks.size(), 2U) << memory.err;
  EXPECT_GT(peaks[0]["peak"].get<std::uint64_t>(), 100'000U) << "no program has less";
  EXPECT_THAT(memory.err, HasSubstr("most memory: "));
}

TEST(Sweep, a_command_may_be_repeated_and_its_rate_is_told) {
  const ProgramResult result = sweep(L"--repeat 12 --keep 2", out_directory(), reader() + L" nowhere");
  EXPECT_EQ(result.exit_code, 0U) << result.err;
  EXPECT_EQ(summary_of(out_directory())["exit_codes"]["9"], 12);
  const ProgramResult flaky =
      sweep(L"--repeat 30 --corpus " + quoted(make_corpus({{"a", "sometimes 2"}})), out_directory("flaky"));
  const json summary = summary_of(out_directory("flaky"));
  ASSERT_EQ(summary["buckets"].size(), 1U) << flaky.err;
  EXPECT_EQ(summary["buckets"][0]["tries"], 30);
  EXPECT_EQ(summary["buckets"][0]["flaky"], true);
}

TEST(Sweep, a_crash_is_run_again_to_see_whether_it_always_comes) {
  sweep_corpus(make_corpus({{"a", "null"}}), L"--confirm 3");
  EXPECT_EQ(summary_of(out_directory())["buckets"][0]["confirm"], (json{{"runs", 3}, {"same", 3}}));
}

TEST(Sweep, only_the_smallest_inputs_are_kept) {
  harness::Inputs inputs;
  for (int i = 0; i < 9; ++i) {
    inputs["input" + std::to_string(i) + ".bin"] = "null " + std::string(static_cast<std::size_t>(9 - i), 'x');
  }
  sweep_corpus(make_corpus(inputs), L"--keep 3");
  const json bucket = summary_of(out_directory())["buckets"][0];
  ASSERT_EQ(bucket["examples"].size(), 3U);
  EXPECT_EQ(bucket["examples"][0]["input"], "input8.bin");
  std::set<std::string> files;
  for (const auto& entry :
       fs::directory_iterator(out_directory() / bucket["directory"].get<std::string>() / "inputs")) {
    files.insert(entry.path().filename().string());
  }
  std::set<std::string> expected;
  for (const json& example : bucket["examples"]) {
    expected.insert(example["file"].get<std::string>());
  }
  EXPECT_EQ(files, expected);
}

TEST(Sweep, with_fail_on_new_only_what_the_baseline_does_not_have_fails) {
  const fs::path old = make_corpus({{"a", "null"}}, "old");
  EXPECT_EQ(sweep_corpus(old, L"", "first").exit_code, 139U);
  const std::wstring gate = L"--fail-on new --baseline " + quoted(out_directory("first") / "summary.json");
  EXPECT_EQ(sweep_corpus(old, gate, "second").exit_code, 0U);
  EXPECT_EQ(sweep_corpus(make_corpus({{"a", "null"}, {"b", "abort"}}, "new"), gate, "third").exit_code, 134U);
}

TEST(Sweep, it_writes_what_ci_servers_read) {
  const fs::path junit = harness::scratch_directory() / "junit.xml";
  const fs::path sarif = harness::scratch_directory() / "found.sarif";
  sweep_corpus(make_corpus(kSomeInputs), L"--junit " + quoted(junit) + L" --sarif " + quoted(sarif));
  EXPECT_THAT(read_bytes(junit), HasSubstr("tests=\"8\" failures=\"5\" errors=\"0\""));
  EXPECT_EQ(json::parse(read_bytes(sarif), nullptr, false)["runs"][0]["results"].size(), 4U);
}

TEST(Sweep, targets_cannot_trip_over_each_others_files) {
  harness::Inputs inputs;
  for (int i = 0; i < 12; ++i) {
    inputs["clutter" + std::to_string(i)] = "clutter";
    inputs["note" + std::to_string(i)] = "note";
  }
  const ProgramResult result = sweep_corpus(make_corpus(inputs), L"--own-cwd -j 3");
  EXPECT_EQ(summary_of(out_directory())["exit_codes"], (json{{"0", 24}})) << result.err;
}

TEST(SweepBadInput, it_says_what_is_wrong) {
  const fs::path corpus = make_corpus({{"a", "ok"}});
  fs::create_directories(harness::scratch_directory() / "empty");
  const std::wstring here = L"--corpus " + quoted(corpus);
  const struct {
    std::wstring words;
    std::wstring target;
    const char* line;
  } rows[] = {
      {here, reader(), "the target would never see its input"},
      {L"--repeat 2", reader() + L" @@", "there are none"},
      {L"--corpus " + quoted(harness::scratch_directory() / "empty"), reader() + L" @@", "no file in it"},
      {L"--corpus " + quoted(corpus / "a"), reader() + L" @@", "no such directory"},
      {L"--list nowhere.txt", reader() + L" @@", "--list nowhere.txt: File not found"},
      {here + L" -j 0", reader() + L" @@", "-j '0': not a count"},
      {here + L" --shard 3/2", reader() + L" @@", "--shard '3/2'"},
      {here + L" --dump x", reader() + L" @@", "--dumps"},
      {here + L" --log-dir x", reader() + L" @@", "--quiet-target"},
      {here + L" --fail-on new", reader() + L" @@", "--baseline"},
      {here + L" --baseline " + quoted(corpus / "a"), reader() + L" @@", "no summary.json"},
      {L"", reader() + L" @@", "nothing to run"},
  };
  for (const auto& row : rows) {
    const ProgramResult result = sweep(row.words, out_directory(), row.target);
    EXPECT_EQ(result.exit_code, 125U) << row.line;
    EXPECT_THAT(result.err, HasSubstr(row.line));
    EXPECT_EQ(result.error_lines().size(), 1U) << result.err;
  }
}

TEST(SweepBadInput, a_target_that_is_not_there_ends_it_at_once) {
  const ProgramResult result =
      sweep(L"--corpus " + quoted(make_corpus(kSomeInputs)), out_directory(), L"nowhere_to_be_found.exe @@");
  EXPECT_EQ(result.exit_code, 127U) << result.err;
  EXPECT_THAT(result.err, HasSubstr("the sweep ended early"));
  EXPECT_TRUE(records_of(out_directory()).empty()) << "so that it is run once the target is there";
}

TEST(SweepBadInput, an_input_that_is_gone_is_told_and_the_others_are_run) {
  const fs::path corpus = make_corpus({{"a", "ok"}});
  std::ofstream(harness::scratch_directory() / "list.txt") << (corpus / "a").string() << "\n"
                                                           << (corpus / "gone").string() << "\n";
  const ProgramResult result = sweep(L"--list " + quoted(harness::scratch_directory() / "list.txt"), out_directory());
  EXPECT_EQ(result.exit_code, 125U);
  EXPECT_THAT(result.err, HasSubstr("not tested: "));
  EXPECT_EQ(summary_of(out_directory())["outcomes"]["passed"], 1);
}

TEST(SweepBadInput, the_output_directory_may_lie_in_the_corpus) {
  const fs::path corpus = make_corpus({{"a", "null"}, {"b", "ok"}});
  sweep(L"--corpus " + quoted(corpus), corpus / "out");
  const std::size_t runs = records_of(corpus / "out").size();
  sweep(L"--corpus " + quoted(corpus), corpus / "out");
  EXPECT_EQ(runs, 2U);
  EXPECT_EQ(records_of(corpus / "out").size(), 2U) << "results are no inputs";
}

TEST(SweepBadInput, names_of_inputs_may_be_anything) {
  const fs::path corpus =
      make_corpus({{L"\u00fc \U0001f4a5 'quoted' & %PATH%.t x", "null"},
                   {L"no extension", "null 2"},
                   {L".hidden", "ok"},
                   {fs::path(std::wstring(60, L'd')) / std::wstring(60, L'e') / L"deep.bin", "ok"}});
  const ProgramResult result = sweep_corpus(corpus);
  SCOPED_TRACE(result.err);
  EXPECT_EQ(summary_of(out_directory())["outcomes"]["crash"], 2);
  EXPECT_EQ(summary_of(out_directory())["outcomes"]["untested"], 0);
}

TEST(SweepBadInput, a_target_may_delete_its_input) {
  const fs::path corpus = make_corpus({{"a", "delete"}, {"b", "delete 2"}});
  EXPECT_EQ(sweep_corpus(corpus, L"-j 1").exit_code, 0U);
  EXPECT_TRUE(fs::exists(corpus / "a")) << "it is given a copy";
}

}  // namespace
