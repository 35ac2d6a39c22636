#pragma once

#include <catcher/run_report.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace catcher {

// How often each exception code was handled by the debuggees. A program may raise as many codes as there are numbers:
// the first kMostCodes are told apart, the rest is counted together. Pure.
class HandledCounts {
 public:
  static constexpr std::size_t kMostCodes = 256;

  void add(std::uint32_t code);

  // So many that were counted turned out not to have been handled.
  void discount(std::uint32_t code, std::uint64_t events);

  // By code; those that are not told apart come last, with code 0.
  std::vector<HandledException> list() const;

 private:
  std::map<std::uint32_t, std::uint64_t> counts_;
  std::uint64_t others_ = 0;
};

}  // namespace catcher
