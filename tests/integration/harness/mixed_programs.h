#pragma once

#include <string>

namespace harness {

// Why 32-bit programs cannot be tested here: none was built, or the system does not run them. Empty: they can.
std::string why_no_32_bit_programs();

}  // namespace harness
