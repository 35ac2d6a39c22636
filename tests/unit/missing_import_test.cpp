#include "evidence/missing_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <windows.h>

#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "evidence/loader_search.h"

namespace catcher {
namespace {

using testing::HasSubstr;
using Kind = MissingImport::Kind;

constexpr std::uint16_t kAmd64 = 0x8664;
constexpr std::uint16_t kI386 = 0x14C;

struct Export {
  std::string name;
  std::string forwarder;
};

// Builds a PE file with one section that holds an import and an export table.
class PeBuilder {
 public:
  explicit PeBuilder(bool is_64_bit = true, std::uint16_t machine = 0) : is_64_bit_(is_64_bit), bytes_(0x400) {
    put<std::uint16_t>(0, 0x5A4D);
    put<std::uint32_t>(0x3C, 0x80);
    put<std::uint32_t>(0x80, 0x4550);
    put<std::uint16_t>(0x84, machine != 0 ? machine : is_64_bit ? kAmd64 : kI386);
    put<std::uint16_t>(0x86, 1);
    put<std::uint16_t>(0x94, is_64_bit ? 0xF0 : 0xE0);
    put<std::uint16_t>(0x98, is_64_bit ? 0x20B : 0x10B);
    put<std::uint32_t>(directories() - 4, 16);
  }

  PeBuilder& imports(const std::vector<std::pair<std::string, std::vector<std::string>>>& dlls) {
    const std::uint32_t table = reserve(static_cast<std::uint32_t>((dlls.size() + 1) * 20));
    for (std::size_t i = 0; i < dlls.size(); ++i) {
      const auto at = static_cast<std::uint32_t>(table + i * 20);
      const std::uint32_t thunks = put_thunks(dlls[i].second);
      put<std::uint32_t>(offset(at), thunks);
      put<std::uint32_t>(offset(at + 12), text(dlls[i].first));
      put<std::uint32_t>(offset(at + 16), thunks);
    }
    put<std::uint32_t>(directories() + 8, table);
    put<std::uint32_t>(directories() + 12, static_cast<std::uint32_t>((dlls.size() + 1) * 20));
    return *this;
  }

  // Names must be in order, as a linker leaves them. The ordinals count from 5.
  PeBuilder& exports(const std::vector<Export>& names) {
    const auto count = static_cast<std::uint32_t>(names.size());
    const std::uint32_t table = reserve(40);
    put<std::uint32_t>(offset(table + 16), 5);
    put<std::uint32_t>(offset(table + 20), count);
    put<std::uint32_t>(offset(table + 24), count);
    const std::uint32_t functions = reserve(count * 4);
    const std::uint32_t name_table = reserve(count * 4);
    const std::uint32_t ordinals = reserve(count * 2);
    put<std::uint32_t>(offset(table + 28), functions);
    put<std::uint32_t>(offset(table + 32), name_table);
    put<std::uint32_t>(offset(table + 36), ordinals);
    for (std::uint32_t i = 0; i < count; ++i) {
      put<std::uint32_t>(offset(name_table + i * 4), text(names[i].name));
      put<std::uint16_t>(offset(ordinals + i * 2), static_cast<std::uint16_t>(i));
      put<std::uint32_t>(offset(functions + i * 4), names[i].forwarder.empty() ? 0x100 : text(names[i].forwarder));
    }
    put<std::uint32_t>(directories(), table);
    put<std::uint32_t>(directories() + 4, static_cast<std::uint32_t>(bytes_.size() - offset(table)));
    return *this;
  }

  std::vector<std::byte> build() {
    const std::uint32_t section = 0x98 + (is_64_bit_ ? 0xF0U : 0xE0U);
    put<std::uint32_t>(section + 8, static_cast<std::uint32_t>(bytes_.size() - 0x400));
    put<std::uint32_t>(section + 12, 0x1000);
    put<std::uint32_t>(section + 16, static_cast<std::uint32_t>(bytes_.size() - 0x400));
    put<std::uint32_t>(section + 20, 0x400);
    return bytes_;
  }

 private:
  std::uint32_t directories() const { return 0x98 + (is_64_bit_ ? 112U : 96U); }
  static std::uint32_t offset(std::uint32_t rva) { return rva - 0x1000 + 0x400; }

  template <typename T>
  void put(std::size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  std::uint32_t reserve(std::uint32_t size) {
    const auto rva = static_cast<std::uint32_t>(bytes_.size() - 0x400 + 0x1000);
    bytes_.resize(bytes_.size() + size);
    return rva;
  }
  std::uint32_t text(const std::string& value) {
    const std::uint32_t rva = reserve(static_cast<std::uint32_t>(value.size() + 1));
    std::memcpy(bytes_.data() + offset(rva), value.data(), value.size());
    return rva;
  }
  std::uint32_t put_thunks(const std::vector<std::string>& functions) {
    const std::uint32_t width = is_64_bit_ ? 8 : 4;
    const std::uint32_t thunks = reserve(static_cast<std::uint32_t>(functions.size() + 1) * width);
    for (std::size_t i = 0; i < functions.size(); ++i) {
      std::uint64_t value = 0;
      if (functions[i].front() == '#') {
        value = std::stoul(functions[i].substr(1)) | (is_64_bit_ ? 1ULL << 63U : 1ULL << 31U);
      } else {
        value = reserve(2);  // the hint
        text(functions[i]);
      }
      std::memcpy(bytes_.data() + offset(thunks) + i * width, &value, width);
    }
    return thunks;
  }

  bool is_64_bit_;
  std::vector<std::byte> bytes_;
};

class BytesFile final : public ImageFile {
 public:
  explicit BytesFile(const std::vector<std::byte>& bytes) : bytes_(bytes) {}
  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const noexcept override {
    if (offset >= bytes_.size()) {
      return 0;
    }
    const std::size_t count = std::min<std::size_t>(into.size(), bytes_.size() - offset);
    std::memcpy(into.data(), bytes_.data() + offset, count);
    return count;
  }

 private:
  std::vector<std::byte> bytes_;
};

class TableFiles final : public ImageFiles {
 public:
  std::map<std::string, std::vector<std::byte>> files;
  mutable std::vector<std::string> asked;

  std::unique_ptr<ImageFile> open(const std::string& path) const override {
    asked.push_back(path);
    const auto found = files.find(path);
    return found == files.end() ? nullptr : std::make_unique<BytesFile>(found->second);
  }
};

const LoaderSearch kSearch{"C:\\app", "C:\\sys", "C:\\win", "C:\\cwd", {"C:\\one", "C:\\two"}};

class MissingImportTest : public testing::Test {
 protected:
  std::optional<MissingImport> find(Kind kind) {
    return find_missing_import(files_, kSearch, "C:\\app\\app.exe", kind);
  }
  std::map<std::string, std::vector<std::byte>>& files() { return files_.files; }
  TableFiles files_;
};

TEST_F(MissingImportTest, the_first_dll_that_is_nowhere_is_named_with_who_needs_it) {
  files()["C:\\app\\app.exe"] = PeBuilder().imports({{"here.dll", {}}, {"gone.dll", {}}}).build();
  files()["C:\\app\\here.dll"] = PeBuilder().build();
  const auto missing = find(Kind::kDll);
  ASSERT_TRUE(missing);
  EXPECT_EQ(describe(*missing), "gone.dll was not found (needed by app.exe)");
}

TEST_F(MissingImportTest, a_dll_that_another_dll_needs_is_found_too) {
  files()["C:\\app\\app.exe"] = PeBuilder().imports({{"here.dll", {}}}).build();
  files()["C:\\two\\here.dll"] = PeBuilder().imports({{"deep.dll", {}}}).build();
  EXPECT_EQ(describe(*find(Kind::kDll)), "deep.dll was not found (needed by here.dll)");
}

TEST_F(MissingImportTest, directories_are_searched_in_the_loaders_order) {
  files()["C:\\app\\app.exe"] = PeBuilder().imports({{"x.dll", {}}}).build();
  find(Kind::kDll);
  EXPECT_THAT(files_.asked,
              testing::ElementsAre("C:\\app\\app.exe", "C:\\app\\x.dll", "C:\\sys\\x.dll", "C:\\win\\x.dll",
                                   "C:\\cwd\\x.dll", "C:\\one\\x.dll", "C:\\two\\x.dll"));
}

TEST_F(MissingImportTest, known_dlls_come_from_the_system_directory_only) {
  files()["C:\\app\\app.exe"] = PeBuilder().imports({{"KERNEL32.dll", {}}}).build();
  files()["C:\\app\\KERNEL32.dll"] = PeBuilder(false).build();
  files()["C:\\sys\\KERNEL32.dll"] = PeBuilder().build();
  EXPECT_FALSE(find(Kind::kWrongMachine));
}

TEST_F(MissingImportTest, api_sets_are_the_systems_own_business) {
  files()["C:\\app\\app.exe"] =
      PeBuilder().imports({{"api-ms-win-core-file-l1-1-0.dll", {"CreateFileW"}}, {"EXT-ms-x.dll", {}}}).build();
  EXPECT_FALSE(find(Kind::kDll));
  EXPECT_FALSE(find(Kind::kEntryPoint));
}

TEST_F(MissingImportTest, an_entry_point_that_is_not_exported_is_named) {
  files()["C:\\app\\app.exe"] = PeBuilder().imports({{"lib.dll", {"alpha", "gamma"}}}).build();
  files()["C:\\app\\lib.dll"] = PeBuilder().exports({{"alpha", ""}, {"beta", ""}}).build();
  EXPECT_EQ(describe(*find(Kind::kEntryPoint)),
            "lib.dll does not export gamma (needed by app.exe; found as C:\\app\\lib.dll)");
  EXPECT_FALSE(find(Kind::kDll));
}

TEST_F(MissingImportTest, ordinals_count_from_the_base_of_the_table) {
  files()["C:\\app\\app.exe"] = PeBuilder().imports({{"lib.dll", {"#6", "#7"}}}).build();
  files()["C:\\app\\lib.dll"] = PeBuilder().exports({{"alpha", ""}, {"beta", ""}}).build();
  EXPECT_EQ(find(Kind::kEntryPoint)->function, "ordinal 7");
}

TEST_F(MissingImportTest, forwarders_are_followed_to_their_end) {
  files()["C:\\app\\app.exe"] = PeBuilder().imports({{"a.dll", {"f", "g"}}}).build();
  files()["C:\\app\\a.dll"] = PeBuilder().exports({{"f", "B.f"}, {"g", "B.#6"}}).build();
  files()["C:\\app\\B.dll"] = PeBuilder().exports({{"f", "api-ms-win-x.f"}, {"h", ""}}).build();
  EXPECT_FALSE(find(Kind::kEntryPoint));
  files()["C:\\app\\B.dll"] = PeBuilder().exports({{"h", ""}, {"i", ""}}).build();
  EXPECT_EQ(find(Kind::kEntryPoint)->function, "f");
}

TEST_F(MissingImportTest, forwarders_in_a_circle_end) {
  files()["C:\\app\\app.exe"] = PeBuilder().imports({{"a.dll", {"f"}}}).build();
  files()["C:\\app\\a.dll"] = PeBuilder().exports({{"f", "a.f"}}).build();
  EXPECT_FALSE(find(Kind::kEntryPoint));
}

TEST_F(MissingImportTest, a_dll_for_another_processor_is_named) {
  files()["C:\\app\\app.exe"] = PeBuilder(false).imports({{"lib.dll", {"f"}}}).build();
  files()["C:\\app\\lib.dll"] = PeBuilder(true).build();
  EXPECT_EQ(describe(*find(Kind::kWrongMachine)),
            "lib.dll is damaged or for another processor (needed by app.exe; found as C:\\app\\lib.dll)");
}

TEST_F(MissingImportTest, a_32_bit_program_is_read_too) {
  files()["C:\\app\\app.exe"] = PeBuilder(false).imports({{"lib.dll", {"f", "#5"}}}).build();
  files()["C:\\app\\lib.dll"] = PeBuilder(false).exports({{"f", ""}}).build();
  EXPECT_FALSE(find(Kind::kEntryPoint));
  files()["C:\\app\\lib.dll"] = PeBuilder(false).exports({{"g", ""}}).build();
  EXPECT_EQ(find(Kind::kEntryPoint)->function, "f");
}

TEST_F(MissingImportTest, modules_that_import_each_other_end) {
  files()["C:\\app\\app.exe"] = PeBuilder().imports({{"a.dll", {}}}).build();
  files()["C:\\app\\a.dll"] = PeBuilder().imports({{"b.dll", {}}, {"app.exe", {}}}).build();
  files()["C:\\app\\b.dll"] = PeBuilder().imports({{"A.DLL", {}}}).build();
  EXPECT_FALSE(find(Kind::kDll));
}

TEST_F(MissingImportTest, damaged_files_give_an_answer_or_none_but_no_harm) {
  const auto program = PeBuilder().imports({{"lib.dll", {"f", "#5"}}, {"gone.dll", {"g"}}}).build();
  const auto library = PeBuilder().exports({{"a", "lib.b"}, {"b", ""}, {"f", "other.x"}}).build();
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    auto damaged_program = program;
    auto damaged_library = library;
    for (int change = 0; change < 4; ++change) {
      damaged_program[random() % damaged_program.size()] = static_cast<std::byte>(random());
      damaged_library[random() % damaged_library.size()] = static_cast<std::byte>(random());
    }
    damaged_library.resize(damaged_library.size() - random() % 64);
    files()["C:\\app\\app.exe"] = damaged_program;
    files()["C:\\app\\lib.dll"] = damaged_library;
    for (const Kind kind : {Kind::kDll, Kind::kEntryPoint, Kind::kWrongMachine}) {
      const auto missing = find(kind);
      EXPECT_LT(missing ? describe(*missing).size() : 0, 10000U);
    }
    files_.asked.clear();
  }
}

TEST(MissingKind, only_statuses_that_name_an_import_have_a_kind) {
  EXPECT_EQ(missing_kind(0xC0000135), Kind::kDll);
  EXPECT_EQ(missing_kind(0xC0000138), Kind::kEntryPoint);
  EXPECT_EQ(missing_kind(0xC0000139), Kind::kEntryPoint);
  EXPECT_EQ(missing_kind(0xC000007B), Kind::kWrongMachine);
  EXPECT_FALSE(missing_kind(0xC0000142));
  EXPECT_FALSE(missing_kind(0));
}

TEST(LoaderSearch, this_very_program_misses_nothing_on_this_machine) {
  std::wstring path(1024, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), 1024));
  const std::string program(path.begin(), path.end());
  ASSERT_TRUE(PeFile::open(DiskImageFiles().open(program)));
  EXPECT_EQ(explain_start_failure(program, true, 0xC0000135), "");
  EXPECT_EQ(explain_start_failure(program, true, 0xC0000139), "");
  EXPECT_EQ(explain_start_failure(program, true, 0xC000007B), "");
  EXPECT_EQ(explain_start_failure("C:\\does\\not\\exist.exe", true, 0xC0000135), "");
}

}  // namespace
}  // namespace catcher
