// Where symbols come from, and what is said where there are none.
#include "evidence/symbol_search.h"

#include <gmock/gmock.h>

#include "symbol_fixture.h"

namespace catcher {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kBase = 0x180000000;

// A directory of its own for one test, gone after it.
class Sandbox {
 public:
  Sandbox() : path_(std::filesystem::temp_directory_path() / ("catcher-symbols-" + name_of_test())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Sandbox() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string copy(const std::string& fixture_name, const std::string& as) const {
    const std::filesystem::path to = path_ / as;
    std::filesystem::create_directories(to.parent_path());
    std::filesystem::copy_file(fixture::path(fixture_name), to, std::filesystem::copy_options::overwrite_existing);
    return to.string();
  }
  std::string directory(const std::string& name) const { return (path_ / name).string(); }

 private:
  static std::string name_of_test() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }
  std::filesystem::path path_;
};

// The symbols of an image and the name of one place in it.
struct Outcome {
  std::string symbols;
  std::vector<std::string> functions;  // at 20 places, the empty ones left out
};

Outcome look_at(const Module& module, const SymbolOptions& options = {},
                const MemoryReader& memory = fixture::NoMemory()) {
  SymbolCache cache(options);
  Symbolizer symbolizer(cache, {module}, memory);
  Outcome outcome;
  for (std::uint64_t offset = 0x1000; offset < 0x1140; offset += 8) {
    for (const Frame& frame : symbolizer.frames(CodeAddress{module.base + offset, false, FrameSource::kContext})) {
      if (!frame.function.empty() && (outcome.functions.empty() || outcome.functions.back() != frame.function)) {
        outcome.functions.push_back(frame.function);
      }
    }
  }
  outcome.symbols = symbolizer.module_records().front().symbols;
  return outcome;
}

class SymbolSources : public testing::Test {
 protected:
  void SetUp() override {
    if (!fixture::exists("linked.exe")) {
      GTEST_SKIP() << "no GCC: no images";
    }
  }
};

TEST_F(SymbolSources, nothing_is_looked_for_until_a_name_is_asked) {
  SymbolCache cache;
  const fixture::NoMemory memory;
  Symbolizer symbolizer(cache, {fixture::module_of(fixture::path("linked.exe"), kBase)}, memory);
  EXPECT_THAT(symbolizer.module_records().front().symbols, IsEmpty());
  EXPECT_EQ(cache.file_count(), 0u);
}

TEST_F(SymbolSources, a_debug_link_is_found_beside_the_image_in_dot_debug_and_in_given_directories) {
  for (const char* place : {"", ".debug/", "elsewhere/"}) {
    const Sandbox sandbox;
    const Module module = fixture::module_of(sandbox.copy("linked.exe", "linked.exe"), kBase);
    sandbox.copy("linked.debug", std::string(place) + "linked.debug");
    const Outcome outcome = look_at(module, {{sandbox.directory("missing"), sandbox.directory("elsewhere")}});
    EXPECT_EQ(outcome.symbols, "DWARF 5 from linked.debug") << place;
    EXPECT_THAT(outcome.functions, testing::Contains("app::Thing::run(int)"));
  }
}

TEST_F(SymbolSources, a_debug_file_of_another_build_is_refused) {
  const Sandbox sandbox;
  const Module module = fixture::module_of(sandbox.copy("linked.exe", "linked.exe"), kBase);
  sandbox.copy("dwarf4_O2.exe", "linked.debug");
  const Outcome outcome = look_at(module);
  EXPECT_EQ(outcome.symbols, "exports only (linked.debug has another checksum)");
}

TEST_F(SymbolSources, a_missing_debug_file_is_named) {
  const Sandbox sandbox;
  const Outcome outcome = look_at(fixture::module_of(sandbox.copy("linked.exe", "linked.exe"), kBase));
  EXPECT_EQ(outcome.symbols, "exports only (linked.debug not found)");
}

TEST_F(SymbolSources, without_debug_information_the_symbol_table_names_every_function) {
  const Outcome outcome = look_at(fixture::module_of(fixture::path("coff.exe"), kBase));
  EXPECT_EQ(outcome.symbols, "COFF symbols (no debug information)");
  EXPECT_THAT(outcome.functions,
              testing::IsSupersetOf({"app::Thing::run(int)", "app::Box<long long>::get(int)",
                                     "app::(anonymous namespace)::hidden(int)", "plain_c", "exported"}));
}

TEST_F(SymbolSources, an_export_does_not_name_its_neighbours) {
  const Outcome outcome = look_at(fixture::module_of(fixture::path("stripped.exe"), kBase));
  EXPECT_EQ(outcome.symbols, "exports only (stripped, no .gnu_debuglink, no PDB record)");
  EXPECT_THAT(outcome.functions, ElementsAre("exported"));
}

TEST_F(SymbolSources, a_file_that_was_rebuilt_meanwhile_names_nothing) {
  Module module = fixture::module_of(fixture::path("dwarf5_O2.exe"), kBase);
  module.timestamp ^= 1;
  const Outcome outcome = look_at(module);
  EXPECT_THAT(outcome.symbols, HasSubstr("the file on disk is another build"));
  EXPECT_THAT(outcome.functions, IsEmpty());
}

// An image as the loader maps it.
class MappedImage : public MemoryReader {
 public:
  explicit MappedImage(const std::string& path) : bytes_(fixture::LoadedImage(path).image.size_of_image()) {
    const fixture::LoadedImage loaded(path);
    const auto put = [this](std::size_t at, Bytes from) {
      std::copy_n(from.begin(), std::min(from.size(), bytes_.size() - at),
                  bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, loaded.map.bytes().first(0x400));
    for (const CoffSection& section : loaded.image.sections()) {
      put(section.rva, loaded.image.section_bytes(section));
    }
  }
  std::size_t read(Address from, std::span<std::byte> into) const noexcept override {
    const std::uint64_t at = from - Address{kBase};
    if (at >= bytes_.size()) {
      return 0;
    }
    const std::size_t size = std::min(into.size(), bytes_.size() - static_cast<std::size_t>(at));
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), size, into.begin());
    return size;
  }

 private:
  std::vector<std::byte> bytes_;
};

TEST_F(SymbolSources, where_the_file_is_gone_the_exports_in_memory_are_used) {
  Module module = fixture::module_of(fixture::path("dwarf5_O2.exe"), kBase);
  module.path = "C:\\not\\there.exe";
  const Outcome outcome = look_at(module, {}, MappedImage(fixture::path("dwarf5_O2.exe")));
  EXPECT_THAT(outcome.symbols, HasSubstr("exports only (file not readable, read from memory)"));
  EXPECT_THAT(outcome.functions, ElementsAre("exported"));
}

TEST_F(SymbolSources, without_file_and_memory_the_reason_is_given) {
  Module module = fixture::module_of(fixture::path("dwarf5_O2.exe"), kBase);
  module.path = "C:\\not\\there.exe";
  EXPECT_THAT(look_at(module).symbols, testing::StartsWith("none: "));
  module.path.clear();
  EXPECT_THAT(look_at(module).symbols, HasSubstr("path not known"));
}

TEST_F(SymbolSources, a_file_that_is_no_image_is_no_reason_to_fail) {
  const Sandbox sandbox;
  Module module = fixture::module_of(fixture::path("dwarf5_O2.exe"), kBase);
  module.path = sandbox.copy("dwarf5_O2.exe", "text.exe");
  std::ofstream(module.path) << "not an image";
  EXPECT_THAT(look_at(module).symbols, testing::StartsWith("none: "));
  std::ofstream(module.path, std::ios::trunc).flush();
  EXPECT_THAT(look_at(module).symbols, testing::StartsWith("none: "));
}

TEST_F(SymbolSources, a_spent_budget_is_told_and_not_remembered_by_the_cache) {
  const Module module = fixture::module_of(fixture::path("dwarf5_O2.exe"), kBase);
  const Outcome nothing = look_at(module, {{}, std::chrono::milliseconds(0)});
  EXPECT_THAT(nothing.functions, IsEmpty());
  EXPECT_THAT(nothing.symbols, HasSubstr("the time for names ran out"));
}

TEST_F(SymbolSources, a_return_address_belongs_to_the_call_before_it) {
  SymbolCache cache;
  const fixture::NoMemory memory;
  Symbolizer symbolizer(cache, {fixture::module_of(fixture::path("coff.exe"), kBase)}, memory);
  const fixture::LoadedImage loaded(fixture::path("coff.exe"));
  const CoffFunctions functions(loaded.image);
  const auto first = functions.part_at(0x1000);  // what follows it is the next function, or padding
  ASSERT_TRUE(first);
  const Address end{kBase + first->end};
  const auto as_call = symbolizer.frames(CodeAddress{end, true, FrameSource::kUnwindData});
  const auto exact = symbolizer.frames(CodeAddress{end, false, FrameSource::kContext});
  EXPECT_NE(as_call.front().function, "");
  EXPECT_NE(as_call.front().function, exact.front().function);
  EXPECT_EQ(as_call.front().offset, exact.front().offset);
}

TEST_F(SymbolSources, the_cache_reads_a_file_once_and_a_rebuilt_one_again) {
  const Sandbox sandbox;
  SymbolCache cache;
  const std::string path = sandbox.copy("coff.exe", "app.exe");
  const auto first = cache.file(path);
  EXPECT_EQ(cache.file(path), first);
  std::filesystem::rename(path, sandbox.directory("old.exe"));
  sandbox.copy("stripped.exe", "app.exe");
  EXPECT_NE(cache.file(path), first);
  EXPECT_EQ(cache.file_count(), 2u);
}

TEST_F(SymbolSources, a_build_that_was_there_a_moment_ago_is_not_looked_for_again_and_another_one_is) {
  const Sandbox sandbox;
  SymbolCache cache;
  const std::string path = sandbox.copy("coff.exe", "app.exe");
  const Module module = fixture::module_of(path, kBase);
  const auto first = cache.file(path, module.timestamp, module.size);
  std::filesystem::rename(path, sandbox.directory("old.exe"));
  EXPECT_EQ(cache.file(path, module.timestamp, module.size), first);
  EXPECT_THROW(cache.file(path, module.timestamp + 1, module.size), std::system_error);
}

class PdbSources : public testing::Test {
 protected:
  void SetUp() override {
    if (!fixture::exists("pdb_O2.pdb")) {
      GTEST_SKIP() << "no clang and lld: no PDB";
    }
  }
};

TEST_F(PdbSources, a_pdb_is_found_beside_the_image_and_in_given_directories) {
  for (const char* place : {"", "elsewhere/"}) {
    const Sandbox sandbox;
    const Module module = fixture::module_of(sandbox.copy("pdb_O2.exe", "app.exe"), kBase);
    sandbox.copy("pdb_O2.pdb", std::string(place) + "pdb_O2.pdb");
    const Outcome outcome = look_at(module, {{sandbox.directory("elsewhere")}});
    EXPECT_EQ(outcome.symbols, "PDB pdb_O2.pdb") << place;
    EXPECT_THAT(outcome.functions, testing::Contains("app::Thing::run"));
  }
}

TEST_F(PdbSources, a_pdb_of_another_build_is_refused) {
  const Sandbox sandbox;
  const Module module = fixture::module_of(sandbox.copy("pdb_O2.exe", "app.exe"), kBase);
  sandbox.copy("pdb_O0.pdb", "pdb_O2.pdb");
  EXPECT_THAT(look_at(module).symbols, HasSubstr("pdb_O2.pdb has another signature"));
}

TEST_F(PdbSources, a_damaged_or_missing_pdb_is_told_apart) {
  const Sandbox sandbox;
  const Module module = fixture::module_of(sandbox.copy("pdb_O2.exe", "app.exe"), kBase);
  EXPECT_THAT(look_at(module).symbols, HasSubstr("pdb_O2.pdb not found"));
  std::filesystem::resize_file(sandbox.copy("pdb_O2.pdb", "pdb_O2.pdb"), 5'000);
  EXPECT_THAT(look_at(module).symbols, HasSubstr("pdb_O2.pdb is no intact PDB"));
}

TEST(SymbolSearch, a_recorded_path_is_opened_only_when_it_is_plainly_local) {
  EXPECT_TRUE(is_local_absolute("C:\\build\\app.pdb"));
  EXPECT_TRUE(is_local_absolute("d:/build/app.pdb"));
  for (const char* path : {"", "app.pdb", "\\\\server\\share\\app.pdb", "//server/share/app.pdb", "\\\\?\\C:\\app.pdb",
                           "\\\\.\\pipe\\app", "C:app.pdb", "C:\\\\server\\app.pdb", "C:\\app.pdb:stream", "\\app.pdb",
                           "\\??\\UNC\\server\\app.pdb", "C:\\..", "http://server/app.pdb", "C:\\", "C:\\a\tb"}) {
    EXPECT_FALSE(is_local_absolute(path)) << path;
  }
}

TEST(SymbolSearch, only_the_file_name_of_a_network_path_is_looked_for) {
  const SymbolOptions options{{"C:\\symbols"}};
  EXPECT_THAT(pdb_candidates("C:\\app\\app.exe", "\\\\server\\share\\app.pdb", options),
              ElementsAre("C:\\app\\app.pdb", "C:\\symbols\\app.pdb"));
  EXPECT_THAT(pdb_candidates("C:\\app\\app.exe", "\\\\server\\share\\..", options), IsEmpty());
  EXPECT_THAT(pdb_candidates("C:\\app\\app.exe", "a|b", options), IsEmpty());
}

TEST(SymbolSearch, a_debug_link_is_looked_for_where_gnu_tools_do) {
  EXPECT_THAT(debug_link_candidates("C:\\app\\app.exe", "app.debug", {{"D:\\s\\"}}),
              ElementsAre("C:\\app\\app.debug", "C:\\app\\.debug\\app.debug", "D:\\s\\app.debug"));
}

}  // namespace
}  // namespace catcher
