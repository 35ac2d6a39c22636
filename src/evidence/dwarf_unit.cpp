#include "evidence/dwarf_unit.h"

#include <dwarf.h>

#include <algorithm>

namespace catcher {
namespace {

constexpr std::size_t kMaxDepth = 256;    // of nested scopes; real ones are below 50
constexpr std::size_t kMaxInlined = 128;  // calls inlined into each other
constexpr std::size_t kMaxOverlap = 64;

// Entries that functions with code can lie in. A function of a local class lies in the class, and the class in the
// function.
bool may_hold_functions(std::uint16_t tag, bool also_in_functions) {
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
      return true;
    case DW_TAG_subprogram:
    case DW_TAG_lexical_block:
      return also_in_functions;
    default:
      return false;
  }
}

bool may_hold_inlined(std::uint16_t tag) {
  switch (tag) {
    case DW_TAG_lexical_block:
    case DW_TAG_inlined_subroutine:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_with_stmt:
      return true;
    default:
      return false;
  }
}

bool contains(const std::vector<DwarfRange>& ranges, std::uint64_t address) {
  return std::any_of(ranges.begin(), ranges.end(), [address](DwarfRange range) { return range.contains(address); });
}

}  // namespace

DwarfUnit::DwarfUnit(const DwarfObject& object, std::uint64_t die_offset, DwarfRange image, SymbolBudget& budget)
    : object_(&object), image_(image), die_(die_offset) {
  const DwarfDie unit = DwarfDie::at(object, die_offset);
  if (!unit) {
    return;
  }
  version_ = unit.version();
  base_ = unit.low_pc().value_or(0);
  read_functions(Depth::kOutsideFunctions, budget);
  lines_ = DwarfLines(unit, image, budget);
}

void DwarfUnit::read_functions(Depth depth, SymbolBudget& budget) {
  functions_.clear();
  is_deep_ = depth == Depth::kEverywhere;
  const DwarfDie unit = DwarfDie::at(*object_, die_);
  if (!unit) {
    return;
  }
  std::vector<DwarfDie> path;  // an explicit stack: how deep the entries nest is somebody else's choice
  path.push_back(unit.child());
  while (!path.empty() && budget.spend()) {
    DwarfDie& current = path.back();
    if (!current) {
      path.pop_back();
      if (!path.empty()) {
        path.back() = path.back().sibling();
      }
      continue;
    }
    const std::uint16_t tag = current.tag();
    if (tag == DW_TAG_subprogram) {
      const std::vector<DwarfRange> ranges = current.ranges(base_, budget);
      for (const DwarfRange range : ranges) {
        if (range.low >= image_.low && range.high <= image_.high) {
          functions_.push_back({range, current.offset(), ranges.front().low});
        }
      }
    }
    DwarfDie child = may_hold_functions(tag, is_deep_) && path.size() < kMaxDepth ? current.child() : DwarfDie();
    if (child) {
      path.push_back(std::move(child));
    } else {
      current = current.sibling();
    }
  }
  std::sort(functions_.begin(), functions_.end(),
            [](const Function& a, const Function& b) { return a.range.low < b.range.low; });
}

const DwarfUnit::Function* DwarfUnit::function_at(std::uint64_t address) const {
  auto at = std::upper_bound(functions_.begin(), functions_.end(), address,
                             [](std::uint64_t value, const Function& function) { return value < function.range.low; });
  for (std::size_t i = 0; i < kMaxOverlap && at != functions_.begin(); ++i) {
    --at;
    if (at->range.contains(address)) {
      return &*at;
    }
  }
  return nullptr;
}

std::vector<DwarfDie> DwarfUnit::inlined_at(const DwarfDie& function, std::uint64_t address,
                                            SymbolBudget& budget) const {
  std::vector<DwarfDie> inlined;
  DwarfDie current = function.child();
  for (std::size_t depth = 0; current && depth < kMaxDepth && budget.spend();) {
    const std::uint16_t tag = current.tag();
    const bool is_around = may_hold_inlined(tag) && contains(current.ranges(base_, budget), address);
    if (!is_around) {
      current = current.sibling();
      continue;
    }
    ++depth;
    DwarfDie child = current.child();
    if (tag == DW_TAG_inlined_subroutine && inlined.size() < kMaxInlined) {
      inlined.push_back(std::move(current));
    }
    current = std::move(child);
  }
  return inlined;
}

std::vector<SymbolFrame> DwarfUnit::frames_at(std::uint64_t address, DwarfNames& names, SymbolBudget& budget) {
  const Function* function = function_at(address);
  if (function == nullptr && !is_deep_) {
    read_functions(Depth::kEverywhere, budget);
    function = function_at(address);
  }
  const DwarfDie die = function == nullptr ? DwarfDie() : DwarfDie::at(*object_, function->die);
  if (!die) {
    return {};
  }
  const std::vector<DwarfDie> inlined = inlined_at(die, address, budget);
  const auto place = lines_.place_at(address);
  const std::uint64_t start = address >= function->entry ? function->entry : function->range.low;

  std::vector<SymbolFrame> frames;
  SymbolFrame frame;
  frame.function_rva = start - image_.low;
  frame.file = place ? place->file : std::string();
  frame.line = place ? place->line : 0;
  for (auto call = inlined.rbegin(); call != inlined.rend(); ++call) {
    frame.function = names.name_of(*call, budget);
    frame.is_inline = true;
    frames.push_back(frame);
    // The caller stands where the call was written.
    frame.file = lines_.file(call->number(DW_AT_call_file).value_or(~std::uint64_t{0}));
    frame.line = static_cast<std::uint32_t>(call->number(DW_AT_call_line).value_or(0));
  }
  frame.function = names.name_of(die, budget);
  frame.is_inline = false;
  frames.push_back(frame);
  return frames;
}

}  // namespace catcher
