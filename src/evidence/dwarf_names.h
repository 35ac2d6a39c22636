#pragma once

#include "evidence/dwarf_die.h"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace catcher {

// Readable names of functions. The linkage name, demangled, where the compiler wrote one (it has the arguments); else
// the names of the namespaces, classes and functions around the declaration, joined by "::".
class DwarfNames {
 public:
  explicit DwarfNames(const DwarfObject& object) : object_(&object) {}

  // The name of the function that a subprogram or inlined subroutine stands for, through its abstract origin and
  // specification. Empty when there is none.
  const std::string& name_of(const DwarfDie& die, SymbolBudget& budget);

 private:
  // `depth`: how many functions around each other are asked already.
  std::string resolve(const DwarfDie& die, int depth, SymbolBudget& budget) const;
  std::string scopes_of(const DwarfDie& declaration, int depth, SymbolBudget& budget) const;

  const DwarfObject* object_;
  std::unordered_map<std::uint64_t, std::string> names_;  // by the offset of the entry asked for
};

}  // namespace catcher
