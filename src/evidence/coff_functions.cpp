#include "evidence/coff_functions.h"

namespace catcher {
namespace {

constexpr std::uint16_t kMachineAmd64 = 0x8664;  // IMAGE_FILE_MACHINE_AMD64
constexpr unsigned kChained = 4;                 // UNW_FLAG_CHAININFO
constexpr int kMaxChain = 32;                    // as RtlVirtualUnwind's own limit

}  // namespace

CoffFunctions::CoffFunctions(const CoffImage& image) : image_(&image) {
  if (image.machine() == kMachineAmd64) {
    table_ = image.directory(CoffDirectory::kException);
    count_ = table_.size() / sizeof(Entry);
  }
}

std::optional<CoffFunctions::Entry> CoffFunctions::entry(std::size_t index) const {
  return value_at<Entry>(table_, index * sizeof(Entry));
}

std::optional<CoffFunctions::Entry> CoffFunctions::last_before(std::uint32_t rva) const {
  std::size_t low = 0;
  std::size_t high = count_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (entry(middle)->begin <= rva) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? std::nullopt : entry(low - 1);
}

std::optional<FunctionBounds> CoffFunctions::part_at(std::uint32_t rva) const {
  const auto found = last_before(rva);
  if (!found || rva >= found->end) {
    return std::nullopt;
  }
  return FunctionBounds{found->begin, found->end};
}

FunctionBounds CoffFunctions::whole_of(FunctionBounds part) const {
  std::optional<Entry> current = last_before(part.begin);
  for (int i = 0; current && i < kMaxChain; ++i) {
    if ((current->unwind_info & 1) != 0) {  // not unwind data but another entry
      current = value_at<Entry>(image_->bytes_at(current->unwind_info & ~1u), 0);
      continue;
    }
    const Bytes info = image_->bytes_at(current->unwind_info);
    const auto version_and_flags = value_at<std::uint8_t>(info, 0);
    const auto code_count = value_at<std::uint8_t>(info, 2);
    if (!version_and_flags || !code_count || ((*version_and_flags >> 3) & kChained) == 0) {
      return {current->begin, current->end};
    }
    const std::size_t chained_at = 4 + 2 * ((std::size_t{*code_count} + 1) & ~std::size_t{1});
    current = value_at<Entry>(info, chained_at);
  }
  return part;
}

bool CoffFunctions::may_name(std::uint32_t symbol_rva, std::uint32_t rva) const {
  if (symbol_rva > rva) {
    const auto part = part_at(rva);  // a split function's other part may lie before its beginning
    return part && whole_of(*part).begin == symbol_rva;
  }
  const auto before = last_before(rva);
  if (!before) {
    return true;
  }
  if (rva >= before->end) {
    return symbol_rva >= before->end;  // in a gap
  }
  return symbol_rva >= before->begin || whole_of({before->begin, before->end}).contains(symbol_rva);
}

}  // namespace catcher
