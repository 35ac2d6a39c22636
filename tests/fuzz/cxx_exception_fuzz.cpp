// The thrown object behind a C++ exception, in memory that may hold anything.
#include "evidence/cxx_exception.h"
#include "evidence/lock_owner.h"
#include "evidence/wait_kind.h"
#include "fuzz_input.h"
#include "unwind_image_builder.h"
#include "utf8_check.h"

namespace catcher::fuzz {
namespace {

constexpr Address kMemory{0x10000};

void check_text(std::string_view text) {
  const auto points = code_points(text);
  require(points.has_value(), "what an exception says is UTF-8");
  require(text.size() <= 16 * 1024, "what an exception says is bounded");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher;
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  const bool is_64_bit = input.flag();
  const std::uint32_t code = input.flag() ? kGccThrow : kMsvcThrow;
  std::vector<std::uint64_t> parameters(input.below(6));
  for (std::uint64_t& parameter : parameters) {
    parameter = input.take<std::uint32_t>();
  }
  BlockMemory memory;
  memory.block(kMemory).assign(input.rest().begin(), input.rest().end());
  if (const auto exception = decode_cxx_exception(memory, code, parameters, is_64_bit)) {
    check_text(exception->type);
    check_text(exception->what);
  }
  // The same memory as the stack of a thread that waits for a lock.
  Registers registers;
  registers.is_64_bit = is_64_bit;
  registers.general.fill(kMemory.value);
  registers.ip = kMemory.value + 16;
  const std::vector<std::uint32_t> tids = {4, 8};
  const auto section = find_awaited_section(memory, registers, 4, tids);
  require(!section || section->owner != 4, "nobody waits for himself");
  is_in_system_call(memory, registers);
  return 0;
}
