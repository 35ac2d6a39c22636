#include "evidence/cxx_exception.h"

#include "evidence/cxx_exception_itanium.h"
#include "evidence/cxx_exception_msvc.h"

namespace catcher {

std::optional<CxxException> decode_cxx_exception(const MemoryReader& memory, std::uint32_t code,
                                                 std::span<const std::uint64_t> parameters, bool is_64_bit) {
  switch (code) {
    case kGccThrow:
      return decode_itanium_exception(memory, parameters, is_64_bit);
    case kMsvcThrow:
      return decode_msvc_exception(memory, parameters, is_64_bit);
    default:
      return std::nullopt;
  }
}

}  // namespace catcher
