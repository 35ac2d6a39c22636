#include "symbol_fixture.h"

#include <gmock/gmock.h>

#include <set>

namespace catcher {
namespace {

constexpr std::uint64_t kBase = 0x7FF6'1234'0000;  // not the preferred one

// "inner:31 < middle:36 < run:53": bare names, innermost first; an inlined frame is followed by "<".
std::string chain_of(const std::vector<Frame>& frames) {
  std::string text;
  for (const Frame& frame : frames) {
    text += fixture::bare(frame.function) + ":" + std::to_string(frame.line) + (frame.is_inline ? " < " : "");
  }
  return text;
}

std::string marked(const std::string& function, const std::string& mark) {
  return function + ":" + std::to_string(fixture::line_of(mark));
}

// The chains of every byte of an image's code.
std::set<std::string> all_chains(const std::string& image) {
  SymbolCache cache;
  const fixture::NoMemory memory;
  const std::string path = fixture::path(image);
  Symbolizer symbolizer(cache, {fixture::module_of(path, kBase)}, memory);
  const fixture::LoadedImage loaded(path);
  std::set<std::string> chains;
  for (const CoffSection& section : loaded.image.sections()) {
    for (std::uint32_t i = 0; section.is_code && i < section.virtual_size; ++i) {
      chains.insert(
          chain_of(symbolizer.frames(CodeAddress{Address{kBase + section.rva + i}, false, FrameSource::kContext})));
    }
  }
  return chains;
}

class SymbolNames : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!fixture::exists(std::string(GetParam()) + ".exe")) {
      GTEST_SKIP() << GetParam() << ".exe was not built: its compiler is missing";
    }
  }
};

TEST_P(SymbolNames, every_marked_line_is_found_in_its_function) {
  const std::set<std::string> chains = all_chains(std::string(GetParam()) + ".exe");
  for (const auto& [function, mark] : std::vector<std::pair<std::string, std::string>>{{"get", "box"},
                                                                                       {"hidden", "hidden"},
                                                                                       {"twice", "local"},
                                                                                       {"operator", "lambda"},
                                                                                       {"plain_c", "plain"},
                                                                                       {"exported", "exported"}}) {
    EXPECT_THAT(chains, testing::Contains(testing::HasSubstr(marked(function, mark)))) << function;
  }
}

TEST_P(SymbolNames, a_call_inlined_into_a_call_gives_each_its_frame_and_line) {
  const std::string inlined =
      marked("inner", "inner") + " < " + marked("middle", "middle") + " < " + marked("run", "run");
  EXPECT_THAT(all_chains(std::string(GetParam()) + ".exe"), testing::Contains(testing::StartsWith(inlined)));
}

INSTANTIATE_TEST_SUITE_P(All, SymbolNames,
                         testing::Values("dwarf2_O0", "dwarf2_O2", "dwarf3_O0", "dwarf3_O2", "dwarf4_O0", "dwarf4_O2",
                                         "dwarf5_O0", "dwarf5_O2", "clang_dwarf4_O2", "linked", "pdb_O0", "pdb_O2"),
                         [](const auto& each) { return std::string(each.param); });

// What addr2line printed for one address.
struct Oracle {
  std::uint64_t address = 0;
  std::vector<std::pair<std::string, std::string>> frames;  // function, file:line
};

std::vector<Oracle> read_oracle(const std::string& path) {
  std::ifstream file(path);
  std::vector<Oracle> all;
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("0x")) {
      all.push_back({std::stoull(line, nullptr, 16), {}});
      continue;
    }
    std::string place;
    std::getline(file, place);
    place = fixture::file_name(place.substr(0, place.find(" (discriminator")));
    all.back().frames.emplace_back(fixture::bare(line), place);
  }
  return all;
}

class DwarfAgainstAddr2line : public testing::TestWithParam<const char*> {};

TEST_P(DwarfAgainstAddr2line, every_address_has_the_same_functions_files_and_lines) {
  const std::string name = GetParam();
  if (!fixture::exists(name + ".addr2line")) {
    GTEST_SKIP() << "no addr2line for " << name;
  }
  SymbolCache cache;
  const fixture::NoMemory memory;
  const std::string path = fixture::path(name + ".exe");
  const std::uint64_t preferred = fixture::LoadedImage(path).image.image_base();
  Symbolizer symbolizer(cache, {fixture::module_of(path, kBase)}, memory);
  const std::vector<Oracle> oracle = read_oracle(fixture::path(name + ".addr2line"));
  ASSERT_GT(oracle.size(), 100u);
  for (const Oracle& expected : oracle) {
    const Address pc{expected.address - preferred + kBase};
    std::vector<std::pair<std::string, std::string>> actual;
    for (const Frame& frame : symbolizer.frames(CodeAddress{pc, false, FrameSource::kContext})) {
      const std::string line = frame.line == 0 ? "?" : std::to_string(frame.line);
      actual.emplace_back(fixture::bare(frame.function),
                          frame.file.empty() ? "??:?" : fixture::file_name(frame.file) + ":" + line);
    }
    if (expected.frames.front().first == "??") {  // padding between functions
      continue;
    }
    EXPECT_EQ(actual, expected.frames) << std::hex << expected.address;
  }
}

INSTANTIATE_TEST_SUITE_P(All, DwarfAgainstAddr2line,
                         testing::Values("dwarf2_O0", "dwarf2_O2", "dwarf3_O0", "dwarf3_O2", "dwarf4_O0", "dwarf4_O2",
                                         "dwarf5_O0", "dwarf5_O2"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace catcher
