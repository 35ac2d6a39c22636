// A sweep's reports for other tools: they keep to their schemas, and no name of an input can break them.

#include "report/sarif_report.h"
#include "report/sweep_junit.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <fstream>
#include <string>

#include "schema_check.h"
#include "sweep_samples.h"

namespace catcher {
namespace {

using nlohmann::json;

TEST(SweepSarif, it_keeps_to_the_schema_with_a_result_for_each_bucket) {
  std::ifstream file(std::string(CATCHER_SCHEMA_DIR) + "/sarif-2.1.0.json", std::ios::binary);
  const json schema = json::parse(file);
  const json sarif = json::parse(to_sarif(samples::sweep_report()));
  EXPECT_EQ(check_against_schema(sarif, schema), "");
  const json& results = sarif["runs"][0]["results"];
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results[0]["ruleId"], "write-near-null");
  EXPECT_EQ(results[0]["occurrenceCount"], 2);
  EXPECT_EQ(results[0]["partialFingerprints"]["catcherBucket/v1"], "h1:00aa");
  EXPECT_EQ(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 41);
  EXPECT_EQ(results[2]["ruleId"], "hang");
  EXPECT_EQ(results[3]["ruleId"], "limit");
}

TEST(SweepJunit, it_is_xml_with_a_test_case_for_each_run) {
  const std::string xml = to_junit(samples::sweep_report());
  pugi::xml_document document;
  ASSERT_TRUE(document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8));
  const pugi::xml_node suite = document.child("testsuites").child("testsuite");
  EXPECT_EQ(suite.attribute("tests").as_int(), 7);
  EXPECT_EQ(suite.attribute("failures").as_int(), 5);
  EXPECT_EQ(suite.attribute("errors").as_int(), 1);
  int failures = 0;
  for (const pugi::xml_node& test : suite.children("testcase")) {
    failures += test.child("failure") ? 1 : 0;
  }
  EXPECT_EQ(failures, 5);
  EXPECT_EQ(xml.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace catcher
