#pragma once

#include "debugger/memory_reader.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace catcher {

// The headers of an image that is mapped in a debuggee.
struct ImageHeaders {
  bool is_64_bit = true;
  std::uint32_t size = 0;              // SizeOfImage
  std::uint32_t timestamp = 0;         // TimeDateStamp
  std::uint32_t export_directory = 0;  // RVA; 0: none
  std::uint32_t export_size = 0;
};

// Nothing when there is no PE image at `base`. Any bytes are allowed.
std::optional<ImageHeaders> read_image_headers(const MemoryReader& memory, Address base);

// Where an image exports the function `name`; nothing when it does not, when it forwards it to another image or when
// its tables are damaged.
std::optional<Address> find_export(const MemoryReader& memory, Address base, std::string_view name);

// The same for many names, whose tables are read once.
std::vector<std::optional<Address>> find_exports(const MemoryReader& memory, Address base,
                                                 std::span<const std::string_view> names);
// With headers that were read already.
std::vector<std::optional<Address>> find_exports(const MemoryReader& memory, Address base, const ImageHeaders& headers,
                                                 std::span<const std::string_view> names);

}  // namespace catcher
