#include "run/byte_tail.h"

#include <algorithm>

namespace catcher {

void ByteTail::append(std::string_view bytes) {
  if (bytes.size() >= most_) {
    ring_ = bytes.substr(bytes.size() - most_);
    oldest_ = 0;
    return;
  }
  const std::size_t fits = std::min(bytes.size(), most_ - ring_.size());
  ring_.append(bytes.substr(0, fits));
  bytes.remove_prefix(fits);
  while (!bytes.empty()) {
    const std::size_t step = std::min(bytes.size(), ring_.size() - oldest_);
    bytes.copy(ring_.data() + oldest_, step);
    bytes.remove_prefix(step);
    oldest_ = (oldest_ + step) % ring_.size();
  }
}

std::string ByteTail::text() const {
  return ring_.substr(oldest_) + ring_.substr(0, oldest_);
}

}  // namespace catcher
