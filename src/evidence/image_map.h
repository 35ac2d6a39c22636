#pragma once

#include "debugger/module.h"
#include "evidence/image_cache.h"

#include <catcher/address.h>

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace catcher {

// Says whether an address outside every module may be executed. Where it is empty, what can be read counts as
// executable.
using ExecutableQuery = std::function<bool(Address)>;

// What the code at an address is, for the unwinder: which image it belongs to and whether a return address may point
// there.
class ImageMap {
 public:
  // `modules` must stay as it is and outlive the map, as must `cache`.
  ImageMap(ImageCache& cache, const std::vector<Module>& modules, ExecutableQuery is_executable);

  // The image that an address lies in, or null.
  Image* image_at(Address address);

  // True when an address lies in executable memory, in an image or outside of all.
  bool is_code(Address address);

  // True when a return address has this value: it lies in executable memory and a call instruction ends just before it.
  bool is_return_address(Address address);

  // "name+0x1234", or "0x…" for an address in no module.
  std::string describe(Address address);

  const MeteredMemory& memory() const { return cache_.memory(); }

 private:
  struct Range {
    Address base;
    std::uint64_t size = 0;
    const Module* module = nullptr;
    Image* image = nullptr;  // owned by the cache; null until first asked for
  };

  Range* range_at(Address address);
  bool follows_call_outside_images(Address address);

  ImageCache& cache_;
  ExecutableQuery is_executable_;
  std::vector<Range> ranges_;  // by base
  Range* last_ = nullptr;
  std::unordered_map<std::uint64_t, bool> outside_;  // answers about addresses in no image: each costs reads
};

}  // namespace catcher
