#include "report/process_order.h"

namespace catcher {

namespace {

// Where a process stands in the tree.
struct TreePlace {
  std::size_t parent;  // index; the number of processes for those whose parent is none of them
  std::size_t depth = 0;
};

// A pid can be used again within one run: the parent is the latest before the child that has the number.
std::vector<TreePlace> places_of(const std::vector<ProcessRecord>& processes) {
  std::vector<TreePlace> places;
  places.reserve(processes.size());
  for (std::size_t child = 0; child < processes.size(); ++child) {
    TreePlace place{processes.size()};
    for (std::size_t i = child; i-- > 0;) {
      if (processes[i].pid == processes[child].parent_pid) {
        place = {i, places[i].depth + 1};
        break;
      }
    }
    places.push_back(place);
  }
  return places;
}

}  // namespace

std::vector<ProcessPlace> tree_order(const std::vector<ProcessRecord>& processes) {
  const std::vector<TreePlace> places = places_of(processes);
  const std::size_t count = places.size();
  std::vector<std::vector<std::size_t>> children(count + 1);
  for (std::size_t i = 0; i < count; ++i) {
    children[places[i].parent].push_back(i);
  }
  std::vector<ProcessPlace> order;
  order.reserve(count);
  std::vector<std::size_t> open(children[count].rbegin(), children[count].rend());
  while (!open.empty()) {
    const std::size_t next = open.back();
    open.pop_back();
    order.push_back({next, places[next].depth});
    open.insert(open.end(), children[next].rbegin(), children[next].rend());
  }
  return order;
}

}  // namespace catcher
