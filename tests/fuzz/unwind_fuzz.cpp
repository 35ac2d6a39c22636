// A thread's stack, walked by an image's unwind data: a walk ends, keeps to its bounds and gives frames that rise,
// whatever image, stack and registers hold.
#include "evidence/unwind.h"
#include "evidence/unwind_x86.h"
#include "fuzz_input.h"
#include "loaded_image.h"
#include "unwind_image_builder.h"

namespace catcher::fuzz {
namespace {

constexpr Address kStack{0x20000};
constexpr Address kImage64{0x140000000};
constexpr Address kImage32{0x400000};
constexpr std::size_t kMaxFrames = 300;
constexpr std::uint64_t kMaxSpent = std::uint64_t{320} << 20;

// The upper two bits say what the others are: a number, a place in the image, a place on the stack, a number from the
// end of the address space. So that pointers are not left to chance.
std::uint64_t word(FuzzInput& input, Address image) {
  const auto value = input.take<std::uint32_t>();
  const std::uint32_t low = value & 0x3FFFFFFF;
  switch (value >> 30U) {
    case 0:
      return low;
    case 1:
      return image.value + low;
    case 2:
      return kStack.value + (low & 0xFFFFU);
    default:
      return ~std::uint64_t{low};
  }
}

struct Shape {
  bool as_it_stands;  // the image's bytes are memory, not a file
  bool is_32_bit;
  bool has_bounds;
  bool knows_code;  // what lies outside the image is known not to be executable
};

Shape take_shape(FuzzInput& input) {
  const auto bits = input.take<std::uint8_t>();
  return {(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0, (bits & 8U) != 0};
}

void put_stack(FuzzInput& input, std::vector<std::byte>& stack, Address image, std::size_t width) {
  const std::size_t words = input.take<std::uint8_t>();
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint64_t value = word(input, image);
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    stack.insert(stack.end(), bytes, bytes + width);
  }
}

void check(const UnwoundStack& stack, std::uint64_t ip, const ImageCache& cache) {
  require(!stack.frames.empty() && stack.frames.size() <= kMaxFrames, "a stack has a frame and keeps to its limit");
  require(stack.frames_total >= stack.frames.size(), "the frames that there are were counted");
  require(stack.frames.front().pc.value == ip && stack.frames.front().is_exact,
          "a stack begins where the thread stands");
  for (std::size_t i = 1; i < stack.frames.size(); ++i) {
    require(stack.frames[i].sp > stack.frames[i - 1].sp, "frames rise");
    require(stack.frames[i].source != FrameSource::kInline, "nobody has spoken of inlined functions yet");
  }
  require(cache.memory().spent() < kMaxSpent, "a walk costs a bounded amount of reading");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher;
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  const Shape shape = take_shape(input);
  const Address image = shape.is_32_bit ? kImage32 : kImage64;
  RegisterContext context;
  context.rip = word(input, image);
  for (const Gpr gpr : {Gpr::kRsp, Gpr::kRbp, Gpr::kRbx, Gpr::kRsi, Gpr::kR12}) {
    context[gpr] = word(input, image);
  }
  BlockMemory memory;
  put_stack(input, memory.block(kStack), image, shape.is_32_bit ? 4 : 8);
  memory.block(image) = shape.as_it_stands ? std::vector<std::byte>(input.rest().begin(), input.rest().end())
                                           : loaded_image(input.rest());
  Module module;
  module.base = image;
  module.size = memory.block(image).size();
  module.name = "app.exe";
  const std::vector<Module> modules{module};
  const StackBounds bounds =
      shape.has_bounds ? StackBounds{kStack, kStack + memory.block(kStack).size()} : StackBounds{};
  ImageCache cache(memory);
  if (shape.is_32_bit) {
    const RegisterContextX86 narrow{static_cast<std::uint32_t>(context.rip),
                                    static_cast<std::uint32_t>(context[Gpr::kRsp]),
                                    static_cast<std::uint32_t>(context[Gpr::kRbp])};
    check(UnwinderX86(cache, modules).walk(narrow, bounds, kMaxFrames), narrow.eip, cache);
    return 0;
  }
  const ExecutableQuery none = [](Address) { return false; };
  Unwinder unwinder(cache, modules, shape.knows_code ? none : ExecutableQuery{});
  check(unwinder.walk(context, bounds, kMaxFrames), context.rip, cache);
  return 0;
}
