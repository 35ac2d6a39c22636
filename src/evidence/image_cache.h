#pragma once

#include "debugger/memory_reader.h"
#include "debugger/module.h"
#include "evidence/image.h"

#include <catcher/address.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace catcher {

// A MemoryReader that counts what is asked of it, so that a hostile debuggee cannot make its reader work for ever.
class MeteredMemory final : public MemoryReader {
 public:
  // With a `meter` it counts there.
  explicit MeteredMemory(const MemoryReader& memory, std::uint64_t* meter = nullptr)
      : memory_(memory), spent_(meter == nullptr ? own_ : *meter) {}
  MeteredMemory(const MeteredMemory&) = delete;
  MeteredMemory& operator=(const MeteredMemory&) = delete;

  std::size_t read(Address from, std::span<std::byte> into) const noexcept override;

  // Bytes asked for so far; each read counts as a page at least, because the call itself costs.
  std::uint64_t spent() const { return spent_; }

 private:
  const MemoryReader& memory_;
  std::uint64_t own_ = 0;
  std::uint64_t& spent_;
};

class ImageCache;

// What the processes of a tree have in common while they all stand still: the images of the same files at the same
// places. Each is read in the process that was the first to be asked for it.
struct CommonImages {
  std::vector<ImageCache*> caches;
  std::uint64_t meter = 0;  // of everybody's reading
};

// The images of one debuggee that somebody looked at. An image is known by base, size and timestamp together: another
// one loaded at the same base later is another image. For one thread at a time.
class ImageCache {
 public:
  // `memory` is the debuggee's and must outlive the cache, and the cache everybody else who shares `common`.
  explicit ImageCache(const MemoryReader& memory, CommonImages* common = nullptr);
  ImageCache(const ImageCache&) = delete;  // the images read through this very object
  ImageCache& operator=(const ImageCache&) = delete;

  // The module's image; read now when it was not known. Valid until drop(), clear() or a module that replaces it.
  Image& image(const Module& module);

  // Forgets what was loaded at `base`. To be called when the debuggee unloads it.
  void drop(Address base) { images_.erase(base); }

  // Forgets everything, as after the debuggee has run on and may have changed its images.
  void clear() { images_.clear(); }

  const MeteredMemory& memory() const { return memory_; }

 private:
  struct Entry {
    std::uint64_t size;
    std::uint32_t timestamp;
    std::string path;
    Image image;
  };
  Image* find(const Module& module);

  CommonImages* common_;
  MeteredMemory memory_;
  std::map<Address, Entry> images_;
};

}  // namespace catcher
