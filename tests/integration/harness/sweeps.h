#pragma once

#include "run_catcher.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace harness {

using Inputs = std::map<std::filesystem::path, std::string>;

// An input for most ways to end: three pass, five crash in four buckets.
extern const Inputs kSomeInputs;

std::string read_bytes(const std::filesystem::path& path);

// Files with these contents, in a directory of the test's own.
std::filesystem::path make_corpus(const Inputs& inputs, const char* name = "corpus");

// Where the test's sweep of this name has its results.
std::filesystem::path out_directory(const char* name = "out");

std::wstring quoted(const std::filesystem::path& path);

// The target: input_reader.exe.
std::wstring reader();

ProgramResult sweep(const std::wstring& words, const std::filesystem::path& out,
                    const std::wstring& target = reader() + L" @@", const RunSettings& settings = {});

ProgramResult sweep_corpus(const std::filesystem::path& corpus, const std::wstring& words = L"",
                           const char* out = "out");

// summary.json, held to its schema.
nlohmann::json summary_of(const std::filesystem::path& out);

// The lines of the journal that tell of a run.
std::vector<nlohmann::json> records_of(const std::filesystem::path& out);

// By input; fails the test when one is there twice.
std::map<std::string, std::string> outcomes_by_input(const std::filesystem::path& out);

}  // namespace harness
