#include "sweep/work_directory.h"

#include "win32/files.h"
#include "win32/unique_handle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <windows.h>

#include <filesystem>
#include <string>
#include <tuple>

namespace catcher {
namespace {

namespace fs = std::filesystem;

class WorkDirectories : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_);
    write_file(source_, "what the target reads");
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path root_ = fs::temp_directory_path() / ("catcher-work-" + std::to_string(GetCurrentProcessId()));
  std::wstring source_ = (root_ / "source.png").wstring();
  std::wstring place_ = (root_ / "work").wstring();
};

// As a target that is ending may still have it open.
UniqueFile hold(const std::wstring& path) {
  return UniqueFile(CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr));
}

TEST_F(WorkDirectories, copy_an_input_with_its_extension) {
  WorkDirectory work(place_);
  const InputCopy copy = work.take(source_);
  EXPECT_EQ(copy.path, place_ + L"\\input.png");
  EXPECT_EQ(read_file(copy.path), "what the target reads");
  EXPECT_EQ(copy.size, 21U);
}

TEST_F(WorkDirectories, take_another_name_where_the_copy_of_the_run_before_is_still_held) {
  WorkDirectory work(place_);
  InputCopy copy = work.take(source_);
  const UniqueFile held = hold(copy.path);
  work.clean();
  copy = work.take(source_);
  EXPECT_EQ(copy.path, place_ + L"\\input-2.png");
  EXPECT_EQ(read_file(copy.path), "what the target reads");
}

TEST_F(WorkDirectories, restore_a_copy_that_is_still_held_under_another_name) {
  WorkDirectory work(place_);
  InputCopy copy = work.take(source_);
  const UniqueFile held = hold(copy.path);
  work.restore(copy, source_);
  EXPECT_EQ(copy.path, place_ + L"\\input-2.png");
  EXPECT_EQ(read_file(copy.path), "what the target reads");
}

TEST_F(WorkDirectories, may_leave_an_input_where_it_is) {
  WorkDirectory work(place_);
  const InputCopy copy = work.take(source_);
  work.clean();
  const InputCopy input = work.look_at(source_);
  EXPECT_EQ(input.path, source_);
  EXPECT_EQ(std::tie(input.size, input.hash, input.content), std::tie(copy.size, copy.hash, copy.content));
  EXPECT_TRUE(fs::is_empty(place_));
}

TEST_F(WorkDirectories, are_empty_at_first_and_gone_at_the_end) {
  fs::create_directories(place_);
  write_file(place_ + L"\\left-over", "of a sweep that was killed");
  {
    const WorkDirectory work(place_);
    EXPECT_EQ(work.path(), place_);
    EXPECT_TRUE(fs::is_empty(place_));
  }
  EXPECT_FALSE(fs::exists(place_));
}

}  // namespace
}  // namespace catcher
