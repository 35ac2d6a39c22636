#include "evidence/dwarf_names.h"

#include "evidence/demangle.h"
#include "evidence/symbol_text.h"

#include <dwarf.h>

#include <algorithm>
#include <array>

namespace catcher {
namespace {

constexpr int kMaxReferences = 8;  // concrete -> abstract -> declaration; a cycle is somebody's joke
constexpr int kMaxScopes = 64;
constexpr int kMaxFunctions =
    4;  // a local class in a function in a local class …; entries can also refer to each other in a ring
constexpr std::size_t kMaxNames = 100'000;

constexpr std::array<std::uint16_t, 3> kLinkageNames = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name,
                                                        DW_AT_HP_linkage_name};
// Languages that have nothing around a function.
constexpr std::array<std::uint64_t, 7> kFlatLanguages = {DW_LANG_C89, DW_LANG_C,    DW_LANG_C99,           DW_LANG_C11,
                                                         DW_LANG_C17, DW_LANG_ObjC, DW_LANG_Mips_Assembler};

bool is_scope(std::uint16_t tag) {
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_interface_type:
    case DW_TAG_module:
      return true;
    default:
      return false;
  }
}

std::string scope_name(const DwarfDie& scope) {
  const auto name = scope.text(DW_AT_name);
  if (name) {
    return std::string(*name) + "::";
  }
  return scope.tag() == DW_TAG_namespace ? "(anonymous namespace)::" : "";
}

}  // namespace

const std::string& DwarfNames::name_of(const DwarfDie& die, SymbolBudget& budget) {
  const std::uint64_t offset = die.offset();
  const auto known = names_.find(offset);
  if (known != names_.end()) {
    return known->second;
  }
  if (names_.size() >= kMaxNames) {
    names_.clear();
  }
  return names_.emplace(offset, resolve(die, 0, budget)).first->second;
}

std::string DwarfNames::resolve(const DwarfDie& die, int depth, SymbolBudget& budget) const {
  DwarfDie followed;
  const DwarfDie* current = &die;
  std::string plain;
  for (int i = 0; i < kMaxReferences && budget.spend(8); ++i) {
    for (const std::uint16_t attribute : kLinkageNames) {
      if (const auto linkage = current->text(attribute)) {
        return readable_name(*linkage);
      }
    }
    if (plain.empty()) {
      plain = current->text(DW_AT_name).value_or("");
    }
    auto next = current->reference(DW_AT_abstract_origin);
    if (!next) {
      next = current->reference(DW_AT_specification);
    }
    DwarfDie target = next ? DwarfDie::at(*object_, *next) : DwarfDie();
    if (!target) {
      break;
    }
    followed = std::move(target);
    current = &followed;
  }
  return plain.empty() ? plain : printable(scopes_of(*current, depth, budget) + plain);
}

std::string DwarfNames::scopes_of(const DwarfDie& declaration, int depth, SymbolBudget& budget) const {
  const std::uint64_t target = declaration.offset();
  const DwarfDie unit = DwarfDie::at(*object_, declaration.unit_offset());
  if (!unit || std::ranges::find(kFlatLanguages, unit.number(DW_AT_language).value_or(0)) != kFlatLanguages.end()) {
    return {};
  }
  // Entries have no way up: from the unit down, the parent on each level is the last entry before the target.
  std::string scopes;
  DwarfDie around = unit.child();
  for (int level = 0; around && level < kMaxScopes; ++level) {
    while (budget.spend()) {
      DwarfDie next = around.sibling();
      if (!next || next.offset() > target) {
        break;
      }
      around = std::move(next);
    }
    if (around.offset() >= target || budget.is_spent()) {
      break;
    }
    const std::uint16_t tag = around.tag();
    if (tag == DW_TAG_subprogram && depth < kMaxFunctions) {
      scopes = resolve(around, depth + 1, budget) + "::";  // it knows its own scopes
    } else if (is_scope(tag)) {
      scopes += scope_name(around);
    }
    around = around.child();
  }
  return scopes;
}

}  // namespace catcher
