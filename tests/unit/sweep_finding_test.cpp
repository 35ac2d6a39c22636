#include "sweep/finding.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace catcher {
namespace {

using namespace std::chrono_literals;

RunReport run_with_finding(std::string summary, std::chrono::milliseconds duration) {
  RunReport report;
  report.verdict = Verdict::kDefect;
  report.duration = duration;
  report.summary = "a.exe ended with exit code 0 after " + std::to_string(duration.count()) + " ms: " + summary;
  HandleFinding finding;
  finding.is_defect = true;
  finding.summary = std::move(summary);
  report.handles.emplace();
  report.handles->findings.push_back(std::move(finding));
  return report;
}

RunReport run_with_leak(std::string function, std::uint64_t blocks) {
  RunReport report;
  report.verdict = Verdict::kDefect;
  AllocationGroup group;
  group.image = "a.exe";
  group.is_defect = true;
  group.bytes = group.count = blocks;
  group.grows = blocks > 100;
  group.summary = std::to_string(blocks) + (blocks > 100 ? " GB" : " MB");
  Frame frame;
  frame.module = "a.exe";
  frame.function = std::move(function);
  group.stack.frames.push_back(std::move(frame));
  report.summary = group.summary;
  report.memory.emplace();
  report.memory->allocations.emplace();
  report.memory->allocations->groups.push_back(std::move(group));
  return report;
}

TEST(DefectBucket, does_not_depend_on_how_long_the_run_took_nor_on_values) {
  const Classified quick =
      classify(run_with_finding("a.exe (pid 12): x.dll closes handle 0x34 in close (x.cpp:2)", 582ms));
  RunReport slow_run = run_with_finding("a.exe (pid 990): x.dll closes handle 0x5c in close (x.cpp:2)", 1600ms);
  slow_run.summary = "a.exe ended with exit code 0 after 1.6 s: something";
  EXPECT_EQ(classify(slow_run).bucket, quick.bucket);
  EXPECT_EQ(quick.outcome, SweepOutcome::kDefect);
  EXPECT_NE(classify(run_with_finding("a.exe (pid 12): y.dll closes handle 0x34 in close (x.cpp:2)", 582ms)).bucket,
            quick.bucket);
}

TEST(DefectBucket, of_a_leak_is_where_it_was_allocated_not_how_much) {
  const std::string little = classify(run_with_leak("HXmalloc", 10)).bucket;
  EXPECT_EQ(classify(run_with_leak("HXmalloc", 1000)).bucket, little);
  EXPECT_NE(classify(run_with_leak("other", 10)).bucket, little);
}

}  // namespace
}  // namespace catcher
