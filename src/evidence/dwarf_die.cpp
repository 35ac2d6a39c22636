#include "evidence/dwarf_die.h"

#include <dwarf.h>

#include <memory>

namespace catcher {
namespace {

struct AttributeDeleter {
  void operator()(Dwarf_Attribute attribute) const noexcept { dwarf_dealloc_attribute(attribute); }
};
using Attribute = std::unique_ptr<std::remove_pointer_t<Dwarf_Attribute>, AttributeDeleter>;

struct RangeListDeleter {
  void operator()(Dwarf_Rnglists_Head head) const noexcept { dwarf_dealloc_rnglists_head(head); }
};
using RangeList = std::unique_ptr<std::remove_pointer_t<Dwarf_Rnglists_Head>, RangeListDeleter>;

Attribute attribute_of(Dwarf_Die die, std::uint16_t which, DwarfError& error) {
  Dwarf_Attribute found = nullptr;
  return dwarf_attr(die, which, &found, error.out()) == DW_DLV_OK ? Attribute(found) : Attribute();
}

// libdwarf 0.11 takes for granted that the tables of .debug_rnglists could be read when it is asked about one of their
// lists, and dereferences null where they could not. The call is cheap after the first time.
bool has_range_lists(Dwarf_Debug debug, DwarfError& error) {
  Dwarf_Unsigned tables = 0;
  return dwarf_load_rnglists(debug, &tables, error.out()) == DW_DLV_OK && tables > 0;
}

void add_range(std::vector<DwarfRange>& ranges, std::uint64_t low, std::uint64_t high) {
  if (low < high) {
    ranges.push_back({low, high});
  }
}

}  // namespace

DwarfDie& DwarfDie::operator=(DwarfDie&& other) noexcept {
  if (this != &other) {
    reset();
    debug_ = other.debug_;
    die_ = std::exchange(other.die_, nullptr);
  }
  return *this;
}

void DwarfDie::reset() {
  if (die_ != nullptr) {
    dwarf_dealloc_die(die_);
    die_ = nullptr;
  }
}

DwarfDie DwarfDie::at(const DwarfObject& object, std::uint64_t offset) {
  DwarfError error(object.debug());
  Dwarf_Die die = nullptr;
  return dwarf_offdie_b(object.debug(), offset, true, &die, error.out()) == DW_DLV_OK ? DwarfDie(object.debug(), die)
                                                                                      : DwarfDie();
}

DwarfDie DwarfDie::child() const {
  DwarfError error(debug_);
  Dwarf_Die die = nullptr;
  return dwarf_child(die_, &die, error.out()) == DW_DLV_OK ? DwarfDie(debug_, die) : DwarfDie();
}

DwarfDie DwarfDie::sibling() const {
  DwarfError error(debug_);
  Dwarf_Die die = nullptr;
  return dwarf_siblingof_c(die_, &die, error.out()) == DW_DLV_OK ? DwarfDie(debug_, die) : DwarfDie();
}

std::uint64_t DwarfDie::offset() const {
  DwarfError error(debug_);
  Dwarf_Off offset = 0;
  return dwarf_dieoffset(die_, &offset, error.out()) == DW_DLV_OK ? offset : 0;
}

std::uint64_t DwarfDie::unit_offset() const {
  DwarfError error(debug_);
  Dwarf_Off offset = 0;
  return dwarf_CU_dieoffset_given_die(die_, &offset, error.out()) == DW_DLV_OK ? offset : 0;
}

std::uint16_t DwarfDie::tag() const {
  DwarfError error(debug_);
  Dwarf_Half tag = 0;
  return dwarf_tag(die_, &tag, error.out()) == DW_DLV_OK ? tag : std::uint16_t{0};
}

std::uint16_t DwarfDie::version() const {
  Dwarf_Half version = 0;
  Dwarf_Half offset_size = 0;
  return dwarf_get_version_of_die(die_, &version, &offset_size) == DW_DLV_OK ? version : std::uint16_t{0};
}

std::optional<std::string_view> DwarfDie::text(std::uint16_t attribute) const {
  DwarfError error(debug_);
  char* text = nullptr;
  if (dwarf_die_text(die_, attribute, &text, error.out()) != DW_DLV_OK || text == nullptr) {
    return std::nullopt;
  }
  return std::string_view(text);
}

std::optional<std::uint64_t> DwarfDie::number(std::uint16_t attribute) const {
  DwarfError error(debug_);
  const Attribute found = attribute_of(die_, attribute, error);
  if (!found) {
    return std::nullopt;
  }
  Dwarf_Unsigned value = 0;
  if (dwarf_formudata(found.get(), &value, error.out()) == DW_DLV_OK) {
    return value;
  }
  Dwarf_Signed signed_value = 0;  // DW_FORM_sdata, implicit_const: never negative where we ask
  if (dwarf_formsdata(found.get(), &signed_value, error.out()) == DW_DLV_OK && signed_value >= 0) {
    return static_cast<std::uint64_t>(signed_value);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> DwarfDie::reference(std::uint16_t attribute) const {
  DwarfError error(debug_);
  const Attribute found = attribute_of(die_, attribute, error);
  Dwarf_Off offset = 0;
  Dwarf_Bool is_info = true;
  if (!found || dwarf_global_formref_b(found.get(), &offset, &is_info, error.out()) != DW_DLV_OK || !is_info) {
    return std::nullopt;
  }
  return offset;
}

bool DwarfDie::has(std::uint16_t attribute) const {
  DwarfError error(debug_);
  Dwarf_Bool has = false;
  return dwarf_hasattr(die_, attribute, &has, error.out()) == DW_DLV_OK && has;
}

std::optional<std::uint64_t> DwarfDie::low_pc() const {
  DwarfError error(debug_);
  Dwarf_Addr low = 0;
  return dwarf_lowpc(die_, &low, error.out()) == DW_DLV_OK ? std::optional<std::uint64_t>(low) : std::nullopt;
}

std::vector<DwarfRange> DwarfDie::ranges(std::uint64_t base, SymbolBudget& budget) const {
  DwarfError error(debug_);
  std::vector<DwarfRange> ranges;
  Dwarf_Addr high = 0;
  Dwarf_Half form = 0;
  Dwarf_Form_Class form_class = DW_FORM_CLASS_UNKNOWN;
  if (dwarf_highpc_b(die_, &high, &form, &form_class, error.out()) == DW_DLV_OK) {
    if (const auto low = low_pc()) {
      add_range(ranges, *low, form_class == DW_FORM_CLASS_CONSTANT ? *low + high : high);
    }
    return ranges;
  }
  const Attribute list = attribute_of(die_, DW_AT_ranges, error);
  if (!list || !budget.check()) {
    return ranges;
  }
  if (version() >= 5) {
    return ranges_of_5(list.get(), budget);
  }
  Dwarf_Off offset = 0;
  if (dwarf_global_formref(list.get(), &offset, error.out()) == DW_DLV_OK) {
    return ranges_before_5(offset, base, budget);
  }
  const auto plain = number(DW_AT_ranges);  // DWARF 2 and 3 write DW_FORM_data4
  return plain ? ranges_before_5(*plain, base, budget) : ranges;
}

std::vector<DwarfRange> DwarfDie::ranges_before_5(std::uint64_t offset, std::uint64_t base,
                                                  SymbolBudget& budget) const {
  DwarfError error(debug_);
  std::vector<DwarfRange> ranges;
  Dwarf_Off real_offset = 0;
  Dwarf_Ranges* list = nullptr;
  Dwarf_Signed count = 0;
  Dwarf_Unsigned size = 0;
  if (dwarf_get_ranges_b(debug_, offset, die_, &real_offset, &list, &count, &size, error.out()) != DW_DLV_OK) {
    return ranges;
  }
  for (Dwarf_Signed i = 0; i < count && budget.spend(); ++i) {
    const Dwarf_Ranges& entry = list[i];
    if (entry.dwr_type == DW_RANGES_ADDRESS_SELECTION) {
      base = entry.dwr_addr2;
    } else if (entry.dwr_type == DW_RANGES_ENTRY) {
      add_range(ranges, base + entry.dwr_addr1, base + entry.dwr_addr2);
    }
  }
  dwarf_dealloc_ranges(debug_, list, count);
  return ranges;
}

std::vector<DwarfRange> DwarfDie::ranges_of_5(Dwarf_Attribute attribute, SymbolBudget& budget) const {
  DwarfError error(debug_);
  std::vector<DwarfRange> ranges;
  Dwarf_Half form = 0;
  Dwarf_Unsigned where = 0;  // an index for DW_FORM_rnglistx, else an offset
  if (!has_range_lists(debug_, error) || dwarf_whatform(attribute, &form, error.out()) != DW_DLV_OK) {
    return ranges;
  }
  const int has_place = form == DW_FORM_rnglistx ? dwarf_formudata(attribute, &where, error.out())
                                                 : dwarf_global_formref(attribute, &where, error.out());
  Dwarf_Rnglists_Head head = nullptr;
  Dwarf_Unsigned count = 0;
  Dwarf_Unsigned global_offset = 0;
  if (has_place != DW_DLV_OK ||
      dwarf_rnglists_get_rle_head(attribute, form, where, &head, &count, &global_offset, error.out()) != DW_DLV_OK) {
    return ranges;
  }
  const RangeList owner(head);
  for (Dwarf_Unsigned i = 0; i < count && budget.spend(); ++i) {
    unsigned length = 0;
    unsigned kind = 0;
    Dwarf_Unsigned raw1 = 0;
    Dwarf_Unsigned raw2 = 0;
    Dwarf_Bool is_unavailable = false;
    Dwarf_Unsigned low = 0;
    Dwarf_Unsigned high = 0;
    if (dwarf_get_rnglists_entry_fields_a(head, i, &length, &kind, &raw1, &raw2, &is_unavailable, &low, &high,
                                          error.out()) != DW_DLV_OK) {
      break;
    }
    const bool is_range = kind != DW_RLE_end_of_list && kind != DW_RLE_base_address && kind != DW_RLE_base_addressx;
    if (is_range && !is_unavailable) {
      add_range(ranges, low, high);
    }
  }
  return ranges;
}

}  // namespace catcher
