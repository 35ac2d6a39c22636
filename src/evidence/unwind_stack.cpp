#include "evidence/unwind_stack.h"

#include <algorithm>
#include <cstring>

namespace catcher {
namespace {

constexpr std::size_t kWord = 8;
constexpr std::size_t kFirstPiece = 8 * 1024;  // most stacks are shallower
constexpr std::size_t kPiece = 64 * 1024;
// An overflowing stack pointer stands below the limit that the TEB still names.
constexpr std::uint64_t kBelowLimit = std::uint64_t{1} << 20;
constexpr std::uint64_t kUnknownExtent = std::uint64_t{16} << 20;
// The OS leaves a context record, arguments and a random gap between a stack's base and the first frame.
constexpr std::uint64_t kAboveFirstFrame = 16 * 1024;

}  // namespace

StackReader::StackReader(const MemoryReader& memory, StackBounds bounds, Address sp)
    : memory_(memory),
      bounds_(bounds),
      is_bounded_(bounds.high.value != 0 && sp <= bounds.high &&
                  bounds.high - sp <= bounds.high - bounds.low + kBelowLimit),
      next_size_(kFirstPiece) {
  if (!is_bounded_) {
    bounds_ = {sp, sp.value > UINT64_MAX - kUnknownExtent ? Address{UINT64_MAX} : sp + kUnknownExtent};
  } else {
    bounds_.low = std::min(bounds_.low, sp);
  }
}

std::optional<std::uint64_t> StackReader::value(Address at) {
  if (at.value > UINT64_MAX - kWord) {
    return std::nullopt;
  }
  const auto is_in_window = [this, at] {
    return at >= window_start_ && window_.size() >= kWord && at - window_start_ <= window_.size() - kWord;
  };
  if (!is_in_window()) {
    const bool is_stack = at >= bounds_.low && at < bounds_.high && bounds_.high - at >= kWord;
    if (!is_stack || !refill(at)) {
      return is_stack ? std::nullopt : read_value<std::uint64_t>(memory_, at);
    }
  }
  std::uint64_t result = 0;
  std::memcpy(&result, window_.data() + (at - window_start_), sizeof result);
  return result;
}

bool StackReader::refill(Address from) {
  window_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(next_size_, bounds_.high - from)));
  window_.resize(memory_.read(from, window_));
  window_start_ = from;
  next_size_ = kPiece;
  return window_.size() >= kWord;
}

bool StackReader::is_near_base(Address sp) const {
  return !is_bounded_ || (sp <= bounds_.high && bounds_.high - sp <= kAboveFirstFrame);
}

}  // namespace catcher
