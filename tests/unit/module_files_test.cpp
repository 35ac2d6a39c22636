#include "debugger/module_files.h"

#include "win32/files.h"
#include "win32/unique_handle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <windows.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace catcher {
namespace {

namespace fs = std::filesystem;

UniqueFile open_file(const fs::path& path) {
  return UniqueFile(CreateFileW(path.wstring().c_str(), GENERIC_READ,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, 0,
                                nullptr));
}

class ModuleFilesOf : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_);
    write_file(dll_.wstring(), "an image");
  }
  void TearDown() override { fs::remove_all(root_); }

  // As if a process had loaded it, and its watched functions had been found.
  void load(const fs::path& path) {
    ModuleFile file = files_.look(open_file(path).get());
    file.watched = {{0x1234, WatchPurpose::kAbort}};
    files_.remember(file);
  }
  ModuleFile look(const fs::path& path) const { return files_.look(open_file(path).get()); }

  fs::path root_ = fs::temp_directory_path() / ("catcher-modules-" + std::to_string(GetCurrentProcessId()));
  fs::path dll_ = root_ / "runtime.dll";
  ModuleFiles files_;
};

TEST_F(ModuleFilesOf, a_file_that_was_seen_before_are_known) {
  EXPECT_EQ(look(dll_).name, "runtime.dll");
  EXPECT_FALSE(look(dll_).watched);
  load(dll_);
  EXPECT_EQ(look(dll_).name, "runtime.dll");
  ASSERT_TRUE(look(dll_).watched);
  EXPECT_EQ(look(dll_).watched->at(0).offset, 0x1234U);
}

TEST_F(ModuleFilesOf, a_file_that_was_built_again_are_not_known) {
  load(dll_);
  write_file(dll_.wstring(), "another!");  // of the same size
  EXPECT_EQ(look(dll_).name, "runtime.dll");
  EXPECT_FALSE(look(dll_).watched);
}

TEST_F(ModuleFilesOf, a_file_that_was_written_in_its_place_are_not_known) {
  load(dll_);
  {
    const UniqueFile file(
        CreateFileW(dll_.wstring().c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr));
    DWORD done = 0;
    ASSERT_NE(WriteFile(file.get(), "AN IMAGE", 8, &done, nullptr), 0);
  }
  EXPECT_FALSE(look(dll_).watched);
}

TEST_F(ModuleFilesOf, a_file_that_was_renamed_are_not_known) {
  load(dll_);
  fs::rename(dll_, root_ / "other.dll");
  EXPECT_EQ(look(root_ / "other.dll").name, "other.dll");
  EXPECT_FALSE(look(root_ / "other.dll").watched);
}

TEST_F(ModuleFilesOf, one_file_with_two_names_are_known_by_the_name_it_is_loaded_by) {
  const fs::path other = root_ / "other.dll";
  fs::create_hard_link(dll_, other);
  load(dll_);
  EXPECT_EQ(look(dll_).name, "runtime.dll");
  EXPECT_TRUE(look(dll_).watched);
  EXPECT_EQ(look(other).name, "other.dll");
  EXPECT_FALSE(look(other).watched);
}

TEST_F(ModuleFilesOf, no_file_are_nothing) {
  ModuleFile none = files_.look(nullptr);
  EXPECT_EQ(none.name, "");
  none.watched.emplace();
  files_.remember(none);
  EXPECT_FALSE(files_.look(nullptr).watched);
}

TEST_F(ModuleFilesOf, more_files_than_a_program_has_are_forgotten_and_learned_again) {
  load(dll_);
  for (std::int64_t i = 1; i <= 2000; ++i) {
    files_.remember({ImageStamp{i, -i, i, i}, "made.dll", std::vector<WatchedPlace>()});
  }
  EXPECT_FALSE(look(dll_).watched);
  load(dll_);
  EXPECT_TRUE(look(dll_).watched);
}

TEST_F(ModuleFilesOf, two_workers_at_the_same_time_are_the_same) {
  const auto work = [this] {
    for (int i = 0; i < 50; ++i) {
      load(dll_);
    }
  };
  std::thread one(work);
  std::thread two(work);
  one.join();
  two.join();
  EXPECT_EQ(look(dll_).watched->size(), 1U);
}

}  // namespace
}  // namespace catcher
