#include "evidence/image_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace catcher {
namespace {

constexpr std::size_t kLongestCall = 7;

// Length of a call through a register or memory (FF /2) without prefixes, from its ModRM byte and the byte behind that.
std::size_t indirect_call_length(std::uint8_t modrm, std::uint8_t sib) {
  const unsigned mode = modrm >> 6U;
  const unsigned rm = modrm & 7U;
  if (mode == 3) {
    return 2;
  }
  const bool has_sib = rm == 4;
  const bool has_no_base = mode == 0 && (rm == 5 || (has_sib && (sib & 7U) == 5));
  const std::size_t displacement = mode == 1 ? 1 : (mode == 2 || has_no_base) ? 4 : 0;
  return 2U + (has_sib ? 1U : 0U) + displacement;
}

// True when a call instruction ends where `before` ends.
bool ends_with_call(std::span<const std::byte> before) {
  const auto from_end = [before](std::size_t distance) {
    return std::to_integer<std::uint8_t>(before[before.size() - distance]);
  };
  if (before.size() >= 5 && from_end(5) == 0xe8) {
    return true;
  }
  for (std::size_t length = 2; length <= std::min(kLongestCall, before.size()); ++length) {
    const std::uint8_t modrm = from_end(length - 1);
    const std::uint8_t sib = length > 2 ? from_end(length - 2) : std::uint8_t{0};
    if (from_end(length) == 0xff && ((modrm >> 3U) & 7U) == 2 && indirect_call_length(modrm, sib) == length) {
      return true;
    }
  }
  return false;
}

}  // namespace

ImageMap::ImageMap(ImageCache& cache, const std::vector<Module>& modules, ExecutableQuery is_executable)
    : cache_(cache), is_executable_(std::move(is_executable)) {
  ranges_.reserve(modules.size());
  for (const Module& module : modules) {
    // A module whose size nobody knows is looked at now: without its extent no address could be found in it.
    const std::uint64_t size = module.size != 0 ? module.size : cache.image(module).size();
    ranges_.push_back({module.base, size, &module, nullptr});
  }
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.base < b.base; });
  // Two modules at one base cannot be; the cache would replace the one's image by the other's while both are in use.
  ranges_.erase(
      std::unique(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.base == b.base; }),
      ranges_.end());
}

ImageMap::Range* ImageMap::range_at(Address address) {
  if (last_ != nullptr && address - last_->base < last_->size) {
    return last_;
  }
  const auto above = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                      [](Address value, const Range& range) { return value < range.base; });
  if (above == ranges_.begin() || address - std::prev(above)->base >= std::prev(above)->size) {
    return nullptr;
  }
  last_ = &*std::prev(above);
  return last_;
}

Image* ImageMap::image_at(Address address) {
  Range* range = range_at(address);
  if (range == nullptr) {
    return nullptr;
  }
  if (range->image == nullptr) {
    range->image = &cache_.image(*range->module);
  }
  return range->image;
}

bool ImageMap::is_code(Address address) {
  if (const Image* image = image_at(address)) {
    return image->is_code(address - image->base());
  }
  return is_executable_ ? is_executable_(address) : read_value<std::byte>(memory(), address).has_value();
}

bool ImageMap::is_return_address(Address address) {
  constexpr std::uint64_t kLowest = 0x10000;  // nothing is ever mapped below
  if (address.value < kLowest) {
    return false;
  }
  std::array<std::byte, kLongestCall> before{};
  if (Image* image = image_at(address)) {
    const std::uint64_t rva = address - image->base();
    if (rva < before.size() || !image->is_code(rva)) {
      return false;
    }
    // A return address just behind the image's last code byte is not worth the care: compilers put padding there.
    return image->bytes().read(rva - before.size(), before) == before.size() && ends_with_call(before);
  }
  const auto known = outside_.find(address.value);
  return known != outside_.end() ? known->second : follows_call_outside_images(address);
}

bool ImageMap::follows_call_outside_images(Address address) {
  constexpr std::size_t kMaxAnswers = 4096;
  if (outside_.size() == kMaxAnswers) {
    outside_.clear();
  }
  std::array<std::byte, kLongestCall> before{};
  const bool answer =
      memory().read(address - before.size(), before) == before.size() && ends_with_call(before) && is_code(address);
  outside_.emplace(address.value, answer);
  return answer;
}

std::string ImageMap::describe(Address address) {
  const Range* range = range_at(address);
  if (range == nullptr) {
    return fmt::format("{:#x}", address.value);
  }
  return fmt::format("{}+{:#x}", range->module->name, address - range->base);
}

}  // namespace catcher
