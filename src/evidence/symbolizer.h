#pragma once

#include "debugger/memory_reader.h"
#include "debugger/module.h"
#include "evidence/symbol_budget.h"
#include "evidence/symbol_cache.h"

#include <catcher/run_report.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace catcher {

// One place of a stack before it has a name.
struct CodeAddress {
  Address pc;
  // The pc is where a call returns to. It belongs to the instruction before: a call that never returns can be the last
  // of its function. False for the innermost frame and for one that an exception or a signal interrupted.
  bool is_return_address = true;
  FrameSource source = FrameSource::kUnwindData;
};

// Gives names to the stacks of one stopped process. Symbols are looked for when the first address of their module is
// asked about, and not before. For one thread at a time; several may share a cache.
class Symbolizer {
 public:
  // `memory` and `cache` must outlive it. The time that the cache's options allow begins with the first question.
  Symbolizer(SymbolCache& cache, std::vector<Module> modules, const MemoryReader& memory);

  // The frames of a stack, innermost first, with inlined functions as frames of their own before the function they are
  // in.
  std::vector<Frame> frames(std::span<const CodeAddress> stack);

  // The frames of one place.
  std::vector<Frame> frames(const CodeAddress& place);

  // All modules; those that were asked about say which symbols they have.
  std::vector<ModuleRecord> module_records();

 private:
  struct State {
    Module module;
    bool is_open = false;
    std::shared_ptr<SymbolFile> file;  // null: none
    std::string problem;               // why not, or what is odd about it
  };

  State* state_of(Address address);
  void open(State& state);
  void open_from_memory(State& state);
  std::vector<SymbolFrame> names_of(State& state, std::uint64_t rva);
  SymbolBudget& budget();

  SymbolCache& cache_;
  const MemoryReader& memory_;
  std::vector<State> states_;  // by base
  std::unique_ptr<SymbolBudget> budget_;
  std::map<std::uint64_t, std::vector<SymbolFrame>>
      known_;  // by the address that was looked up: stacks repeat themselves
};

}  // namespace catcher
