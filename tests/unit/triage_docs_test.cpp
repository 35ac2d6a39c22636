// The tables in docs/ say what the tables in the code say.
#include "triage/exception_catalogue.h"
#include "triage/severity.h"
#include "triage/skipped_frames.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {
namespace {

// The lines of a page that begin with "| `" or "| 1": rows of tables, not their heads.
std::vector<std::string> table_rows(const std::string& page) {
  std::ifstream file(std::string(CATCHER_DOCS_DIR) + "/" + page);
  EXPECT_TRUE(file.is_open()) << page;
  std::vector<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    if (line.starts_with("| `")) {
      rows.push_back(line);
    }
  }
  return rows;
}

TEST(Docs, severity_md_has_the_rules_in_their_order) {
  std::vector<std::string> expected;
  for (const SeverityRule& rule : severity_rules()) {
    expected.push_back(fmt::format("| `{}` | {} | {} |", rule.id, severity_name(rule.rank), rule.reason));
  }
  EXPECT_EQ(table_rows("severity.md"), expected);
}

TEST(Docs, buckets_md_has_the_skipped_frames_in_their_order) {
  std::vector<std::string> expected;
  for (const SkippedFrame& row : skipped_frames()) {
    expected.push_back(fmt::format("| `{}!{}` | {} |", row.module, row.function, row.why));
  }
  EXPECT_EQ(table_rows("buckets.md"), expected);
}

TEST(Docs, exit_codes_md_has_every_exception_under_its_exit_code) {
  std::vector<std::string> expected;
  for (const ExceptionRow& row : exception_rows()) {
    if (row.exit_code != ExitCode::kCrashOther) {
      expected.push_back(
          fmt::format("| `{}` | 0x{:08X} | {} | {} |", row.name, row.code, row.meaning, to_number(row.exit_code)));
    }
  }
  EXPECT_EQ(table_rows("exit-codes.md"), expected);
}

}  // namespace
}  // namespace catcher
