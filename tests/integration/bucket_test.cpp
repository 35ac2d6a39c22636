// The same bug has the same bucket, wherever and however often it happens.

#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;

std::string bucket_of(const CatcherRun& run) {
  return run.crash().value("bucket", "");
}

std::string bucket_of(std::wstring_view words) {
  return bucket_of(catch_crash_test(words));
}

TEST(Bucket, is_the_same_in_every_run) {
  const std::string bucket = bucket_of(L"ACCESS_VIOLATION");
  EXPECT_FALSE(bucket.empty());
  EXPECT_EQ(bucket, bucket_of(L"ACCESS_VIOLATION"));
}

TEST(Bucket, is_the_same_for_a_copy_of_the_program_elsewhere) {
  const std::filesystem::path copy = harness::scratch_directory() / "another place" / "crash_test.exe";
  std::filesystem::create_directories(copy.parent_path());
  std::filesystem::copy_file(harness::bin_directory() / "crash_test.exe", copy);
  const CatcherRun run = harness::run_catcher({}, L"\"" + copy.wstring() + L"\" ACCESS_VIOLATION");
  EXPECT_EQ(bucket_of(run), bucket_of(L"ACCESS_VIOLATION")) << run.describe();
}

TEST(Bucket, is_the_same_in_a_child_and_a_grandchild) {
  const std::string bucket = bucket_of(L"ACCESS_VIOLATION");
  EXPECT_EQ(bucket_of(L"SPAWN ACCESS_VIOLATION"), bucket);
  EXPECT_EQ(bucket_of(L"SPAWN SPAWN ACCESS_VIOLATION"), bucket);
}

TEST(Bucket, is_the_same_whatever_happened_before_and_else) {
  const std::string bucket = bucket_of(L"ACCESS_VIOLATION");
  EXPECT_EQ(bucket_of(L"HANDLED WAITING_THREADS 3 DEBUG_PRINT hello ACCESS_VIOLATION"), bucket);
}

TEST(Bucket, is_the_same_however_deep_a_recursion_went) {
  EXPECT_EQ(bucket_of(L"STACK_OVERFLOW"), bucket_of(L"STACK_OVERFLOW"));
}

TEST(Bucket, is_another_for_another_bug) {
  const std::string bucket = bucket_of(L"ACCESS_VIOLATION");
  for (const std::wstring_view other : {L"READ_NULL", L"CALL_NULL", L"STACK_OVERFLOW", L"ABORT", L"CXX_THROW"}) {
    EXPECT_NE(bucket_of(other), bucket) << std::string(other.begin(), other.end());
  }
}

TEST(Bucket, of_an_exception_differs_by_its_type) {
  EXPECT_NE(bucket_of(L"CXX_THROW"), bucket_of(L"CXX_THROW_INT"));
}

TEST(Bucket, is_made_from_frames_that_the_report_marks) {
  const CatcherRun run = catch_crash_test(L"ABORT");
  const nlohmann::json frames = harness::frames_of(run.crash());
  EXPECT_EQ(frames.at(0)["in_bucket"], false) << "abort() itself says nothing";
  EXPECT_EQ(harness::find_frame(run.crash(), "call_abort")["in_bucket"], true) << run.describe();
  EXPECT_EQ(harness::find_frame(run.crash(), "BaseThreadInitThunk")["in_bucket"], false);
  EXPECT_THAT(run.program.err, testing::HasSubstr("(* counts in the bucket)"));
}

}  // namespace
