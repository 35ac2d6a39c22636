#include "golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace catcher {

void write_golden(const std::string& report, const std::string& name) {
  if (const char* directory = std::getenv("CATCHER_WRITE_GOLDEN")) {
    std::ofstream(std::string(directory) + "/" + name, std::ios::binary) << report;
  }
}

void expect_golden(const std::string& report, const std::string& name) {
  write_golden(report, name);
  std::ifstream file(std::string(CATCHER_GOLDEN_DIR) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  EXPECT_EQ(report, std::string(std::istreambuf_iterator<char>(file), {})) << name;
}

}  // namespace catcher
