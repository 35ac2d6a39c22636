#include "evidence/image_cache.h"

#include <algorithm>

namespace catcher {

std::size_t MeteredMemory::read(Address from, std::span<std::byte> into) const noexcept {
  constexpr std::uint64_t kLeast = 4096;
  spent_ += std::max<std::uint64_t>(kLeast, into.size());
  return memory_.read(from, into);
}

Image& ImageCache::image(const Module& module) {
  const auto found = images_.find(module.base);
  if (found != images_.end()) {
    if (found->second.size == module.size && found->second.timestamp == module.timestamp) {
      return found->second.image;
    }
    images_.erase(found);
  }
  Entry entry{module.size, module.timestamp, Image(memory_, module.base, module.size)};
  return images_.emplace(module.base, std::move(entry)).first->second.image;
}

}  // namespace catcher
