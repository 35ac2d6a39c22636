#pragma once

#include <catcher/run_report.h>

#include <cstddef>
#include <vector>

namespace catcher {

// One process in the order in which a tree is written.
struct ProcessPlace {
  std::size_t index = 0;  // in RunReport::processes
  std::size_t depth = 0;  // 0: its parent is none of them
};

// All processes, each followed by its descendants.
std::vector<ProcessPlace> tree_order(const std::vector<ProcessRecord>& processes);

}  // namespace catcher
