#include "evidence/dwarf_object.h"

#include <dwarf.h>

#include <new>

namespace catcher {

const Dwarf_Obj_Access_Methods_a DwarfObject::kMethods = {
    .om_get_section_info = &section_info,
    .om_get_byte_order = &byte_order,
    .om_get_length_size = &pointer_size,
    .om_get_pointer_size = &pointer_size,
    .om_get_filesize = &file_size,
    .om_get_section_count = &section_count,
    .om_load_section = &load_section,
    .om_relocate_a_section = nullptr,  // images are linked
};

DwarfObject::DwarfObject(const CoffImage& image) : file_size_(image.bytes().size()), is_64_bit_(image.is_64_bit()) {
  sections_.emplace_back();
  for (const CoffSection& section : image.sections()) {
    if (section.name.starts_with(".debug_")) {
      sections_.push_back({section.name, image.section_bytes(section)});
    }
  }
  access_ = {this, &kMethods};
}

std::unique_ptr<DwarfObject> DwarfObject::open(const CoffImage& image) {
  std::unique_ptr<DwarfObject> object(new DwarfObject(image));
  Dwarf_Error error = nullptr;
  const int result =
      dwarf_object_init_b(&object->access_, nullptr, nullptr, DW_GROUPNUMBER_ANY, &object->debug_, &error);
  if (result == DW_DLV_ERROR) {
    dwarf_dealloc_error(object->debug_, error);
  }
  if (result != DW_DLV_OK) {
    object->debug_ = nullptr;
    return nullptr;
  }
  return object;
}

DwarfObject::~DwarfObject() {
  if (debug_ != nullptr) {
    dwarf_object_finish(debug_);
  }
}

Bytes DwarfObject::section(std::string_view name) const {
  for (const Section& section : sections_) {
    if (section.name == name) {
      return section.bytes;
    }
  }
  return {};
}

int DwarfObject::section_info(void* object, Dwarf_Unsigned index, Dwarf_Obj_Access_Section_a* into, int*) {
  const auto& self = *static_cast<DwarfObject*>(object);
  if (index >= self.sections_.size()) {
    return DW_DLV_NO_ENTRY;
  }
  const Section& section = self.sections_[static_cast<std::size_t>(index)];
  *into = {};
  into->as_name = section.name.c_str();
  into->as_size = section.bytes.size();
  into->as_entrysize = 1;
  return DW_DLV_OK;
}

Dwarf_Small DwarfObject::byte_order(void*) {
  return DW_END_little;
}

Dwarf_Small DwarfObject::pointer_size(void* object) {
  return static_cast<DwarfObject*>(object)->is_64_bit_ ? 8 : 4;
}

Dwarf_Unsigned DwarfObject::file_size(void* object) {
  return static_cast<DwarfObject*>(object)->file_size_;
}

Dwarf_Unsigned DwarfObject::section_count(void* object) {
  return static_cast<DwarfObject*>(object)->sections_.size();
}

int DwarfObject::load_section(void* object, Dwarf_Unsigned index, Dwarf_Small** data, int*) {
  const auto& self = *static_cast<DwarfObject*>(object);
  if (index == 0 || index >= self.sections_.size() || self.sections_[static_cast<std::size_t>(index)].bytes.empty()) {
    return DW_DLV_NO_ENTRY;
  }
  const Bytes bytes = self.sections_[static_cast<std::size_t>(index)].bytes;
  // libdwarf declares the data writable; without relocations and decompression it does not write.
  *data = reinterpret_cast<Dwarf_Small*>(const_cast<std::byte*>(bytes.data()));
  return DW_DLV_OK;
}

}  // namespace catcher
