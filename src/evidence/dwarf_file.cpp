#include "evidence/dwarf_file.h"

namespace catcher {
namespace {

constexpr std::size_t kMaxWeight = std::size_t{256} << 20;  // bytes of parsed units that are kept

// The unit length is followed by the version: in .debug_info of every version, 32- and 64-bit DWARF alike.
std::uint16_t version_of_first_unit(Bytes info) {
  const bool is_64_bit = value_at<std::uint32_t>(info, 0) == 0xFFFFFFFF;
  return value_at<std::uint16_t>(info, is_64_bit ? 12 : 4).value_or(0);
}

}  // namespace

std::unique_ptr<DwarfFile> DwarfFile::open(const CoffImage& image, SymbolBudget& budget) {
  if (!DwarfObject::is_in(image)) {
    return nullptr;
  }
  std::unique_ptr<DwarfObject> object = DwarfObject::open(image);
  return object == nullptr ? nullptr : std::unique_ptr<DwarfFile>(new DwarfFile(std::move(object), image, budget));
}

DwarfFile::DwarfFile(std::unique_ptr<DwarfObject> object, const CoffImage& image, SymbolBudget& budget)
    : image_{image.image_base(), image.image_base() + image.size_of_image()},
      object_(std::move(object)),
      index_(*object_, image_, budget),
      names_(*object_),
      version_(version_of_first_unit(object_->section(".debug_info"))) {}

std::vector<SymbolFrame> DwarfFile::frames_at(std::uint32_t rva, SymbolBudget& budget) {
  const std::uint64_t address = image_.low + rva;
  DwarfUnit* unit = unit_at(address, budget);
  if (unit == nullptr) {
    return {};
  }
  std::vector<SymbolFrame> frames = unit->frames_at(address, names_, budget);
  if (!frames.empty() && !has_named_) {
    has_named_ = true;
    version_ = unit->version();
  }
  return frames;
}

DwarfUnit* DwarfFile::unit_at(std::uint64_t address, SymbolBudget& budget) {
  const auto offset = index_.unit_at(address, budget);
  if (!offset) {
    return nullptr;
  }
  const auto known = units_.find(*offset);
  if (known != units_.end()) {
    return &known->second;
  }
  if (weight_ > kMaxWeight) {
    units_.clear();
    weight_ = 0;
  }
  const auto added = units_.try_emplace(*offset, *object_, *offset, image_, budget).first;
  weight_ += added->second.weight();
  return &added->second;
}

}  // namespace catcher
