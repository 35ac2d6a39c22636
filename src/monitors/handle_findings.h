#pragma once

#include "debugger/process_tree.h"
#include "evidence/stack_sampler.h"
#include "evidence/symbol_cache.h"
#include "monitors/handle_table.h"

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace catcher {

// Whether handles that were opened at these times, and are open `now`, came during the whole run: enough of them, some
// early, some late. What a program opens at its start and keeps is no growth.
bool is_growing(std::span<const std::chrono::milliseconds> times, std::chrono::milliseconds now);

// What was found out about the handles of one process, in words: the places of steps get their names here, and equal
// findings are counted instead of repeated. Decides nothing about handles.
class HandleFindings {
 public:
  // All must outlive it.
  HandleFindings(Process& process, const StackSampler& stacks, SymbolCache& symbols);

  // The module is about to go; stacks that lead through it keep their names.
  void keep_module(const Module& module) { unloaded_.push_back(module); }

  // The number of the module that is the first of the program's own on a stack; 0: there is none.
  std::uint32_t owner_of(StackSampler::StackId stack);

  // A finding about a value, whose history has `act` as its last step, or not yet.
  void add(HandleFindingKind kind, std::uint64_t key, const HandleStep& act, const HandleHistory* history,
           bool is_doubtful);

  // Adds a note to the finding about this act; false when there is none.
  bool note(const HandleStep& act, std::string_view text);

  // Groups what is open by type and stack: `open` are the values that the system has open, in order.
  void add_leaks(const HandleTable& table, const std::vector<std::uint64_t>& open, std::optional<std::uint64_t> allowed,
                 std::chrono::milliseconds now);

  // Moves everything into the report.
  void report_to(HandleReport& report);

 private:
  // Stacks of the act and of the opening.
  using FindingKey = std::tuple<HandleFindingKind, std::uint32_t, std::uint32_t>;

  HandleEvent named(const HandleStep& step) const;
  std::vector<Module> all_modules() const;
  const Module* module_of(Address pc) const;

  Process& process_;
  const StackSampler& stacks_;
  SymbolCache& symbols_;
  std::vector<Module> unloaded_;
  std::vector<std::uint32_t> owners_;     // by stack
  std::vector<std::string> owner_names_;  // their numbers count from 1
  std::map<FindingKey, std::size_t> known_;
  // By thread: the order of the act that was its last finding, and which one that is.
  std::unordered_map<std::uint32_t, std::pair<std::uint64_t, std::size_t>> latest_;
  std::vector<HandleFinding> findings_;
  std::vector<HandleLeak> leaks_;
};

}  // namespace catcher
