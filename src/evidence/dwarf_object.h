#pragma once

#include "evidence/coff_image.h"

#include <libdwarf.h>

#include <memory>
#include <vector>

namespace catcher {

// libdwarf reading the DWARF sections of an image that we mapped and took apart ourselves: libdwarf opens no file, and
// sees no header. Not thread-safe, as libdwarf is not. The image's bytes must outlive it.
class DwarfObject {
 public:
  // Whether an image has DWARF at all.
  static bool is_in(const CoffImage& image) { return image.section_named(".debug_info") != nullptr; }

  // Null when libdwarf refuses the sections.
  static std::unique_ptr<DwarfObject> open(const CoffImage& image);

  DwarfObject(const DwarfObject&) = delete;
  DwarfObject& operator=(const DwarfObject&) = delete;
  ~DwarfObject();

  Dwarf_Debug debug() const { return debug_; }

  // A DWARF section's bytes; empty when there is none.
  Bytes section(std::string_view name) const;

 private:
  struct Section {
    std::string name;
    Bytes bytes;
  };

  explicit DwarfObject(const CoffImage& image);

  static int section_info(void* object, Dwarf_Unsigned index, Dwarf_Obj_Access_Section_a* into, int* error);
  static Dwarf_Small byte_order(void* object);
  static Dwarf_Small pointer_size(void* object);
  static Dwarf_Unsigned file_size(void* object);
  static Dwarf_Unsigned section_count(void* object);
  static int load_section(void* object, Dwarf_Unsigned index, Dwarf_Small** data, int* error);
  static const Dwarf_Obj_Access_Methods_a kMethods;

  std::vector<Section> sections_;  // [0] is empty: libdwarf counts sections as ELF does
  std::uint64_t file_size_;
  bool is_64_bit_;
  Dwarf_Obj_Access_Interface_a access_{};
  Dwarf_Debug debug_ = nullptr;
};

// A libdwarf error slot; what libdwarf puts in is given back. Pass out() to each call that may fail: without a slot
// libdwarf would keep the error until the end.
class DwarfError {
 public:
  explicit DwarfError(Dwarf_Debug debug) : debug_(debug) {}
  DwarfError(const DwarfError&) = delete;
  DwarfError& operator=(const DwarfError&) = delete;
  ~DwarfError() { clear(); }

  Dwarf_Error* out() {
    clear();
    return &error_;
  }

 private:
  void clear() {
    if (error_ != nullptr) {
      dwarf_dealloc_error(debug_, error_);
      error_ = nullptr;
    }
  }

  Dwarf_Debug debug_;
  Dwarf_Error error_ = nullptr;
};

}  // namespace catcher
