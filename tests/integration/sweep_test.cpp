// `catcher sweep` over corpora whose inputs make input_reader.exe end in every way.

#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "unit/schema_check.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <windows.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;
using harness::ProgramResult;
using harness::run_catcher_words;
using nlohmann::json;
using testing::HasSubstr;

using Inputs = std::map<fs::path, std::string>;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path make_corpus(const Inputs& inputs, const char* name = "corpus") {
  const fs::path directory = harness::scratch_directory() / name;
  fs::create_directories(directory);
  for (const auto& [path, content] : inputs) {
    fs::create_directories((directory / path).parent_path());
    std::ofstream(directory / path, std::ios::binary) << content;
  }
  return directory;
}

fs::path out_directory(const char* name = "out") {
  return harness::scratch_directory() / name;
}

std::wstring quoted(const fs::path& path) {
  return L"\"" + path.wstring() + L"\"";
}

std::wstring reader() {
  return harness::program(L"input_reader.exe");
}

ProgramResult sweep(const std::wstring& words, const fs::path& out, const std::wstring& target = reader() + L" @@",
                    const harness::RunSettings& settings = {}) {
  return run_catcher_words(L"sweep " + words + L" --out " + quoted(out) + L" -- " + target, settings);
}

ProgramResult sweep_corpus(const fs::path& corpus, const std::wstring& words = L"", const char* out = "out") {
  return sweep(L"--corpus " + quoted(corpus) + L" " + words, out_directory(out));
}

// summary.json, held to its schema.
json summary_of(const fs::path& out) {
  const json summary = json::parse(read(out / "summary.json"), nullptr, false);
  std::ifstream schema(CATCHER_DOCS_DIR "/sweep.schema.json", std::ios::binary);
  EXPECT_EQ(catcher::check_against_schema(summary, json::parse(schema)), "");
  return summary;
}

std::vector<json> records_of(const fs::path& out) {
  std::vector<json> records;
  std::ifstream file(out / "journal.jsonl", std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    const json record = json::parse(line, nullptr, false);
    if (record.is_object() && record.contains("outcome")) {
      records.push_back(record);
    }
  }
  return records;
}

std::map<std::string, std::string> outcomes_by_input(const fs::path& out) {
  std::map<std::string, std::string> outcomes;
  for (const json& record : records_of(out)) {
    EXPECT_TRUE(outcomes.emplace(record.value("input", ""), record.value("outcome", "")).second) << record;
  }
  return outcomes;
}

const Inputs kSome{{"a/ok.txt", "ok"},     {"b/null.txt", "null"}, {"b/null2.txt", "null and more of it"},
                   {"deep.txt", "deep 4"}, {"wild.txt", "wild"},   {"abort.txt", "abort"},
                   {"exit.txt", "exit 3"}, {"nothing.txt", ""}};

TEST(Sweep, each_input_ends_where_it_must) {
  const ProgramResult result = sweep_corpus(make_corpus(kSome));
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
    EXPECT_EQ(json::parse(read(directory / "report.json"), nullptr, false)["verdict"], "crashed");
    EXPECT_THAT(read(directory / "report.txt"), HasSubstr(bucket["summary"].get<std::string>()));
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
  const ProgramResult result =
      sweep(L"--stdin @@ --corpus " + quoted(make_corpus({{"a", "null"}, {"b", "ok"}})), out_directory(), reader());
  EXPECT_EQ(result.exit_code, 139U);
  EXPECT_EQ(outcomes_by_input(out_directory()), (std::map<std::string, std::string>{{"a", "crash"}, {"b", "passed"}}));
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
  Inputs inputs;
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
  sweep_corpus(make_corpus(kSome), L"--junit " + quoted(junit) + L" --sarif " + quoted(sarif));
  EXPECT_THAT(read(junit), HasSubstr("tests=\"8\" failures=\"5\" errors=\"0\""));
  EXPECT_EQ(json::parse(read(sarif), nullptr, false)["runs"][0]["results"].size(), 4U);
}

TEST(Sweep, targets_cannot_trip_over_each_others_files) {
  Inputs inputs;
  for (int i = 0; i < 12; ++i) {
    inputs["clutter" + std::to_string(i)] = "clutter";
    inputs["note" + std::to_string(i)] = "note";
  }
  const ProgramResult result = sweep_corpus(make_corpus(inputs), L"--own-cwd -j 3");
  EXPECT_EQ(summary_of(out_directory())["exit_codes"], (json{{"0", 24}})) << result.err;
}

TEST(Sweep, it_is_continued_where_it_was_stopped) {
  const fs::path corpus = make_corpus(kSome);
  sweep_corpus(corpus);
  const auto all = outcomes_by_input(out_directory());
  // As if it had been killed while it wrote its fifth line.
  std::string journal = read(out_directory() / "journal.jsonl");
  std::size_t cut = 0;
  for (int line = 0; line < 5; ++line) {
    cut = journal.find('\n', cut) + 1;
  }
  std::ofstream(out_directory() / "journal.jsonl", std::ios::binary) << journal.substr(0, cut + 20);
  const ProgramResult again = sweep_corpus(corpus, L"--timeout 60");
  EXPECT_EQ(again.exit_code, 125U) << "another command line";
  EXPECT_THAT(again.err, HasSubstr("results of another sweep: the options: none there, '--timeout=60000ms' here"));
  const ProgramResult rest = sweep_corpus(corpus);
  EXPECT_EQ(rest.exit_code, 139U);
  EXPECT_THAT(rest.err, HasSubstr("was not whole"));
  EXPECT_EQ(outcomes_by_input(out_directory()), all);
  EXPECT_EQ(summary_of(out_directory())["buckets"].size(), 4U);
}

TEST(Sweep, results_of_another_sweep_are_not_touched) {
  sweep_corpus(make_corpus({{"a", "ok"}}));
  const std::string journal = read(out_directory() / "journal.jsonl");
  const ProgramResult other = sweep_corpus(make_corpus({{"a", "ok"}}, "other"));
  EXPECT_EQ(other.exit_code, 125U);
  EXPECT_THAT(other.err, HasSubstr("where the inputs come from"));
  const ProgramResult command =
      sweep(L"--corpus " + quoted(harness::scratch_directory() / "corpus"), out_directory(), reader() + L" @@ more");
  EXPECT_EQ(command.exit_code, 125U);
  EXPECT_THAT(command.err, HasSubstr("the target's command line"));
  EXPECT_EQ(read(out_directory() / "journal.jsonl"), journal);
}

// Started, and killed after a while by TerminateProcess, which leaves it no time for anything.
void run_and_kill(const std::wstring& words, DWORD after_ms) {
  std::wstring line = harness::program(L"catcher.exe") + L" " + words;
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  ASSERT_NE(CreateProcessW(nullptr, line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &process), 0);
  WaitForSingleObject(process.hProcess, after_ms);
  TerminateProcess(process.hProcess, 1);
  WaitForSingleObject(process.hProcess, INFINITE);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
}

std::multiset<std::string> lines_of(const fs::path& path) {
  std::multiset<std::string> lines;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    lines.insert(line);
  }
  return lines;
}

// 50 times with CATCHER_SOAK=full, as a test of every day a few times.
TEST(Sweep, killed_at_any_moment_it_loses_nothing_and_repeats_only_what_was_in_flight) {
  const char* const soak = std::getenv("CATCHER_SOAK");
  const int kills = soak != nullptr && std::string(soak) == "full" ? 50 : 5;
  Inputs inputs;
  for (int i = 0; i < kills * 12; ++i) {
    inputs["input" + std::to_string(i)] = (i % 5 == 0 ? "null " : "ok ") + std::to_string(i);
  }
  const fs::path corpus = make_corpus(inputs);
  const fs::path log = harness::scratch_directory() / "log.txt";
  const std::wstring words = L"sweep -q -j 2 --env INPUT_READER_LOG=" + log.wstring() + L" --corpus " + quoted(corpus) +
                             L" --out " + quoted(out_directory()) + L" -- " + reader() + L" @@";
  std::srand(static_cast<unsigned>(kills));
  std::set<std::string> finished;
  std::multiset<std::string> before;
  for (int kill = 0; kill < kills; ++kill) {
    run_and_kill(words, static_cast<DWORD>(100 + std::rand() % 900));
    const std::multiset<std::string> runs = lines_of(log);
    for (const std::string& input : finished) {
      EXPECT_EQ(runs.count(input), before.count(input)) << "run again although it was finished: " << input;
    }
    before = runs;
    for (const auto& [input, outcome] : outcomes_by_input(out_directory())) {
      finished.insert(read(corpus / input));
    }
  }
  EXPECT_EQ(run_catcher_words(words).exit_code, 139U);
  const auto outcomes = outcomes_by_input(out_directory());
  EXPECT_EQ(outcomes.size(), inputs.size()) << "each input is there once";
  const json summary = summary_of(out_directory());
  EXPECT_EQ(summary["complete"], true);
  ASSERT_EQ(summary["buckets"].size(), 1U);
  EXPECT_EQ(summary["buckets"][0]["runs"], (inputs.size() + 4) / 5);
  EXPECT_EQ(summary["buckets"][0]["examples"][0]["input"], "input0");
  EXPECT_TRUE(fs::exists(out_directory() / summary["buckets"][0]["directory"].get<std::string>() / "report.json"));
}

// What must be the same however the work was divided: everything but times and where it was done.
json comparable(json summary) {
  for (const char* changing : {"started", "ended", "shards"}) {
    summary.erase(changing);
  }
  for (json& bucket : summary["buckets"]) {
    for (const char* changing : {"first_run", "summary"}) {  // the summary has a pid
      bucket.erase(changing);
    }
  }
  return summary;
}

TEST(SweepShards, merged_they_are_the_whole) {
  const fs::path corpus = make_corpus(kSome);
  sweep_corpus(corpus, L"", "whole");
  std::size_t runs = 0;
  std::wstring directories;
  for (const char* shard : {"1", "2", "3"}) {
    sweep_corpus(corpus, L"--shard " + std::wstring(1, static_cast<wchar_t>(*shard)) + L"/3", shard);
    runs += records_of(out_directory(shard)).size();
    directories += quoted(out_directory(shard)) + L" ";
  }
  EXPECT_EQ(runs, kSome.size()) << "shards do not overlap";
  const ProgramResult merge =
      run_catcher_words(L"report merge " + directories + L"-o " + quoted(out_directory("merged")));
  EXPECT_EQ(merge.exit_code, 139U) << merge.err;
  EXPECT_EQ(comparable(summary_of(out_directory("merged"))), comparable(summary_of(out_directory("whole"))));
  // Merged with a part of itself and with the whole it stays what it is.
  run_catcher_words(L"report merge " + quoted(out_directory("merged")) + L" " + quoted(out_directory("2")) + L" -o " +
                    quoted(out_directory("again")));
  EXPECT_EQ(summary_of(out_directory("again")), summary_of(out_directory("merged")));
  for (const json& bucket : summary_of(out_directory("again"))["buckets"]) {
    const fs::path directory = bucket["directory"].get<std::string>();
    for (const char* file : {"report.json", "report.txt", "bucket.json", "crash.dmp"}) {
      EXPECT_EQ(read(out_directory("again") / directory / file), read(out_directory("merged") / directory / file));
      EXPECT_FALSE(read(out_directory("again") / directory / file).empty()) << file;
    }
  }
}

TEST(SweepShards, merged_they_are_complete_only_when_all_are_there) {
  const fs::path corpus = make_corpus({{"a", "ok"}, {"b", "ok 2"}, {"c", "ok 3"}, {"d", "ok 4"}});
  for (const char* shard : {"1", "2", "3"}) {
    sweep_corpus(corpus, L"--shard " + std::wstring(1, static_cast<wchar_t>(*shard)) + L"/3", shard);
  }
  const auto merge = [](const char* a, const char* b, const char* to) {
    return run_catcher_words(L"report merge " + quoted(out_directory(a)) + L" " + quoted(out_directory(b)) + L" -o " +
                             quoted(out_directory(to)));
  };
  const ProgramResult two = merge("1", "2", "two");
  EXPECT_EQ(two.exit_code, 125U) << "nothing was found, but not everything was looked at";
  EXPECT_THAT(two.err, HasSubstr("only 2 of 3 shards are there"));
  EXPECT_EQ(summary_of(out_directory("two"))["complete"], false);
  EXPECT_EQ(merge("two", "3", "all").exit_code, 0U);
  EXPECT_EQ(summary_of(out_directory("all"))["complete"], true);
}

TEST(SweepShards, sweeps_of_different_commands_are_not_merged) {
  const fs::path corpus = make_corpus({{"a", "ok"}});
  sweep_corpus(corpus, L"", "1");
  sweep_corpus(corpus, L"--timeout 60", "2");
  const ProgramResult merge = run_catcher_words(L"report merge " + quoted(out_directory("1")) + L" " +
                                                quoted(out_directory("2")) + L" -o " + quoted(out_directory("3")));
  EXPECT_EQ(merge.exit_code, 125U);
  EXPECT_THAT(merge.err, HasSubstr("--timeout=60000ms"));
}

TEST(Replay, it_says_whether_it_is_the_same_bucket) {
  const fs::path corpus = make_corpus({{"a.txt", "null"}});
  sweep_corpus(corpus, L"--timeout 60");
  const fs::path bucket = out_directory() / summary_of(out_directory())["buckets"][0]["directory"].get<std::string>();
  const ProgramResult same = run_catcher_words(L"replay " + quoted(bucket));
  EXPECT_EQ(same.exit_code, 139U);
  EXPECT_THAT(same.err, HasSubstr("the same bucket again: h1:"));
  for (const auto& entry : fs::directory_iterator(bucket / "inputs")) {
    std::ofstream(entry.path(), std::ios::binary) << "ok";
  }
  const ProgramResult gone = run_catcher_words(L"replay " + quoted(bucket));
  EXPECT_EQ(gone.exit_code, 0U);
  EXPECT_THAT(gone.err, HasSubstr("not this time"));
  EXPECT_EQ(run_catcher_words(L"replay " + quoted(out_directory())).exit_code, 125U);
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
      sweep(L"--corpus " + quoted(make_corpus(kSome)), out_directory(), L"nowhere_to_be_found.exe @@");
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
