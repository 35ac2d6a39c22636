#include "sweeps.h"

#include "programs.h"

#include "unit/schema_check.h"

#include <gtest/gtest.h>

#include <fstream>

namespace harness {

namespace fs = std::filesystem;
using nlohmann::json;

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path make_corpus(const Inputs& inputs, const char* name) {
  const fs::path directory = scratch_directory() / name;
  fs::create_directories(directory);
  for (const auto& [path, content] : inputs) {
    fs::create_directories((directory / path).parent_path());
    std::ofstream(directory / path, std::ios::binary) << content;
  }
  return directory;
}

fs::path out_directory(const char* name) {
  return scratch_directory() / name;
}

std::wstring quoted(const fs::path& path) {
  return L"\"" + path.wstring() + L"\"";
}

std::wstring reader() {
  return program(L"input_reader.exe");
}

ProgramResult sweep(const std::wstring& words, const fs::path& out, const std::wstring& target,
                    const RunSettings& settings) {
  return run_catcher_words(L"sweep " + words + L" --out " + quoted(out) + L" -- " + target, settings);
}

ProgramResult sweep_corpus(const fs::path& corpus, const std::wstring& words, const char* out) {
  return sweep(L"--corpus " + quoted(corpus) + L" " + words, out_directory(out));
}

json summary_of(const fs::path& out) {
  const json summary = json::parse(read_bytes(out / "summary.json"), nullptr, false);
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

const Inputs kSomeInputs{{"a/ok.txt", "ok"},     {"b/null.txt", "null"}, {"b/null2.txt", "null and more of it"},
                         {"deep.txt", "deep 4"}, {"wild.txt", "wild"},   {"abort.txt", "abort"},
                         {"exit.txt", "exit 3"}, {"nothing.txt", ""}};

}  // namespace harness
