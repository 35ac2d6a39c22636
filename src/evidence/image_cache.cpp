#include "evidence/image_cache.h"

#include <algorithm>

namespace catcher {

std::size_t MeteredMemory::read(Address from, std::span<std::byte> into) const noexcept {
  constexpr std::uint64_t kLeast = 4096;
  spent_ += std::max<std::uint64_t>(kLeast, into.size());
  return memory_.read(from, into);
}

ImageCache::ImageCache(const MemoryReader& memory, CommonImages* common)
    : common_(common), memory_(memory, common == nullptr ? nullptr : &common->meter) {
  if (common != nullptr) {
    common->caches.push_back(this);
  }
}

Image* ImageCache::find(const Module& module) {
  const auto found = images_.find(module.base);
  return found != images_.end() && found->second.size == module.size && found->second.timestamp == module.timestamp
             ? &found->second.image
             : nullptr;
}

Image& ImageCache::image(const Module& module) {
  if (Image* const known = find(module)) {
    return *known;
  }
  if (common_ != nullptr && !module.path.empty()) {
    for (ImageCache* const other : common_->caches) {
      Image* const same = other->find(module);
      if (same != nullptr && other->images_.at(module.base).path == module.path) {
        return *same;
      }
    }
  }
  images_.erase(module.base);
  Entry entry{module.size, module.timestamp, module.path, Image(memory_, module.base, module.size)};
  return images_.emplace(module.base, std::move(entry)).first->second.image;
}

}  // namespace catcher
