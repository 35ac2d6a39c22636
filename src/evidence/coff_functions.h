#pragma once

#include "evidence/coff_image.h"

#include <cstdint>
#include <optional>

namespace catcher {

// Where a function begins and ends according to .pdata, [begin, end).
struct FunctionBounds {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool contains(std::uint32_t rva) const { return rva >= begin && rva < end; }
};

// The x64 function table of an image: RUNTIME_FUNCTION entries, sorted by the linker. A symbol table without sizes is
// right only as far as this table agrees with it. Empty for other machines.
class CoffFunctions {
 public:
  explicit CoffFunctions(const CoffImage& image);

  bool is_empty() const { return count_ == 0; }

  // The entry that covers `rva`; nothing for a leaf function without unwind data, or padding.
  std::optional<FunctionBounds> part_at(std::uint32_t rva) const;

  // The function that a part belongs to: the part itself, or the one at the end of its chain (UNW_FLAG_CHAININFO).
  FunctionBounds whole_of(FunctionBounds part) const;

  // Whether a symbol at `symbol_rva` may name the code at `rva`: both in one function, or in one gap between functions.
  bool may_name(std::uint32_t symbol_rva, std::uint32_t rva) const;

 private:
  struct Entry {  // RUNTIME_FUNCTION
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t unwind_info;
  };

  std::optional<Entry> entry(std::size_t index) const;
  // The last entry that begins at or before `rva`.
  std::optional<Entry> last_before(std::uint32_t rva) const;

  const CoffImage* image_;
  Bytes table_;
  std::size_t count_ = 0;
};

}  // namespace catcher
