// What a sweep leaves behind: continued, merged, replayed, wherever it lies.

#include "harness/programs.h"
#include "harness/sweeps.h"

#include <gmock/gmock.h>

#include <windows.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
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
using harness::run_catcher_words;
using harness::summary_of;
using harness::sweep;
using harness::sweep_corpus;
using nlohmann::json;
using testing::HasSubstr;

TEST(Sweep, it_is_continued_where_it_was_stopped) {
  const fs::path corpus = make_corpus(kSomeInputs);
  sweep_corpus(corpus);
  const auto all = outcomes_by_input(out_directory());
  // As if it had been killed while it wrote its fifth line.
  std::string journal = read_bytes(out_directory() / "journal.jsonl");
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
  const std::string journal = read_bytes(out_directory() / "journal.jsonl");
  const ProgramResult other = sweep_corpus(make_corpus({{"a", "ok"}}, "other"));
  EXPECT_EQ(other.exit_code, 125U);
  EXPECT_THAT(other.err, HasSubstr("where the inputs come from"));
  const ProgramResult command =
      sweep(L"--corpus " + quoted(harness::scratch_directory() / "corpus"), out_directory(), reader() + L" @@ more");
  EXPECT_EQ(command.exit_code, 125U);
  EXPECT_THAT(command.err, HasSubstr("the target's command line"));
  EXPECT_EQ(read_bytes(out_directory() / "journal.jsonl"), journal);
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
  harness::Inputs inputs;
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
      finished.insert(read_bytes(corpus / input));
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
  const fs::path corpus = make_corpus(kSomeInputs);
  sweep_corpus(corpus, L"", "whole");
  std::size_t runs = 0;
  std::wstring directories;
  for (const char* shard : {"1", "2", "3"}) {
    sweep_corpus(corpus, L"--shard " + std::wstring(1, static_cast<wchar_t>(*shard)) + L"/3", shard);
    runs += records_of(out_directory(shard)).size();
    directories += quoted(out_directory(shard)) + L" ";
  }
  EXPECT_EQ(runs, kSomeInputs.size()) << "shards do not overlap";
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
      EXPECT_EQ(read_bytes(out_directory("again") / directory / file),
                read_bytes(out_directory("merged") / directory / file));
      EXPECT_FALSE(read_bytes(out_directory("again") / directory / file).empty()) << file;
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

// A CI server's workspace may be deep: more than 150 characters, where not each path in it has room in 260.
TEST(SweepResults, a_long_path_is_as_good) {
  const std::string deep = std::string(80, 'd') + "/" + std::string(80, 'e') + "/" + std::string(80, 'f');
  const fs::path corpus = make_corpus({{"a.txt", "null"}, {"b.txt", "null and more of it"}, {"c.txt", "ok"}});
  const std::string out = deep + "/out";
  const ProgramResult first = sweep_corpus(corpus, L"", out.c_str());
  EXPECT_EQ(first.exit_code, 139U) << first.err;
  EXPECT_EQ(sweep_corpus(corpus, L"", out.c_str()).exit_code, 139U) << "there is nothing left to do";
  // The C runtime's own functions do not take such a path either: the results come back to where it can look.
  const auto merge = [](const std::string& from, const std::string& to) {
    return run_catcher_words(L"report merge " + quoted(out_directory(from.c_str())) + L" -o " +
                             quoted(out_directory(to.c_str())));
  };
  EXPECT_EQ(merge(out, deep + "/merged").exit_code, 139U);
  const ProgramResult back = merge(deep + "/merged", "back");
  EXPECT_EQ(back.exit_code, 139U) << back.err;
  const json summary = summary_of(out_directory("back"));
  EXPECT_EQ(summary["complete"], true);
  EXPECT_EQ(summary["runs"], 3);
  ASSERT_EQ(summary["buckets"].size(), 1U);
  const fs::path bucket = fs::path(summary["buckets"][0]["directory"].get<std::string>()).make_preferred();
  for (const char* file : {"report.json", "report.txt", "report.html", "crash.dmp"}) {
    EXPECT_FALSE(read_bytes(out_directory("back") / bucket / file).empty()) << file;
  }
  const ProgramResult again = run_catcher_words(L"replay " + quoted(out_directory(out.c_str()) / bucket));
  EXPECT_EQ(again.exit_code, 139U) << again.err;
  EXPECT_THAT(again.err, HasSubstr("the same bucket again"));
}

}  // namespace
