#include "evidence/image_bytes.h"

#include <algorithm>

namespace catcher {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kPagesPerChunk = 8;
constexpr std::uint64_t kChunk = kPage * kPagesPerChunk;
constexpr std::size_t kMaxChunks = 512;                      // 16 MB an image
constexpr std::uint64_t kMaxImage = std::uint64_t{1} << 32;  // an RVA has 32 bits

}  // namespace

ImageBytes::ImageBytes(const MemoryReader& memory, Address base, std::uint64_t size)
    : memory_(memory), base_(base), size_(std::min(size, kMaxImage)) {}

std::size_t ImageBytes::read(std::uint64_t rva, std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size() && rva < size_) {
    const Chunk& chunk = chunk_at(rva / kChunk);
    const std::uint64_t offset = rva % kChunk;
    const std::uint64_t page = offset / kPage;
    if (((chunk.readable_pages >> page) & 1U) == 0) {
      break;
    }
    const std::uint64_t page_end = std::min<std::uint64_t>((page + 1) * kPage, chunk.bytes.size());
    const std::uint64_t count = std::min<std::uint64_t>(page_end - offset, into.size() - done);
    std::memcpy(into.data() + done, chunk.bytes.data() + offset, static_cast<std::size_t>(count));
    done += static_cast<std::size_t>(count);
    rva += count;
  }
  return done;
}

std::string ImageBytes::text(std::uint64_t rva, std::size_t limit) {
  std::string result;
  std::array<std::byte, 64> piece{};
  while (result.size() < limit) {
    const std::size_t got = read(rva, std::span(piece).first(std::min(piece.size(), limit - result.size())));
    for (std::size_t i = 0; i < got; ++i) {
      if (piece[i] == std::byte{0}) {
        return result;
      }
      result.push_back(static_cast<char>(piece[i]));
    }
    if (got < piece.size()) {
      break;
    }
    rva += got;
  }
  return result;
}

const ImageBytes::Chunk& ImageBytes::chunk_at(std::uint64_t index) {
  if (last_ != nullptr && last_index_ == index) {
    return *last_;
  }
  auto found = chunks_.find(index);
  if (found == chunks_.end()) {
    if (chunks_.size() >= kMaxChunks) {
      chunks_.clear();  // only a hostile image, or one of unheard-of size, comes here: correct and bounded is enough
    }
    found = chunks_.emplace(index, load(index)).first;
  }
  last_ = &found->second;
  last_index_ = index;
  return *last_;
}

// A read stops at the first unreadable page, but the pages behind it may be readable again (gaps between sections,
// guard pages).
ImageBytes::Chunk ImageBytes::load(std::uint64_t index) const {
  Chunk chunk;
  const std::uint64_t begin = index * kChunk;
  chunk.bytes.resize(static_cast<std::size_t>(std::min(kChunk, size_ - begin)));
  std::uint64_t offset = 0;
  while (offset < chunk.bytes.size()) {
    const std::uint64_t got = memory_.read(base_ + (begin + offset), std::span(chunk.bytes).subspan(offset));
    const std::uint64_t end = offset + got;
    for (; offset + kPage <= end || (offset < end && end == chunk.bytes.size()); offset += kPage) {
      chunk.readable_pages = static_cast<std::uint8_t>(chunk.readable_pages | (1U << (offset / kPage)));
    }
    offset += kPage;  // the page that could not be read, or not whole
  }
  return chunk;
}

}  // namespace catcher
