#pragma once

#include <cstdint>
#include <string>

namespace catcher {

// What one source of symbols knows about one place in the code: a function that is there, either itself or inlined. A
// place has a list of these, innermost first; only the last is a function of its own.
struct SymbolFrame {
  std::string function;            // readable
  std::string file;                // as the symbols name it; may be empty
  std::uint32_t line = 0;          // 0: not known
  std::uint64_t function_rva = 0;  // start of the function that the code belongs to
  bool is_inline = false;
};

}  // namespace catcher
