// Damaged images and stacks: 20,000 seeded mutations of a real module and of a real stack. A walk must end, keep to its
// bounds and give frames that rise; which frames is not the question here.
#include <windows.h>

#include "evidence/unwind.h"
#include "evidence/unwind_x86.h"
#include "unwind_busy_program.h"
#include "unwind_image_builder.h"
#include "unwind_own_process.h"

#include <gtest/gtest.h>

#include <random>

namespace catcher {
namespace {

constexpr std::size_t kMaxFrames = 300;
constexpr std::uint64_t kMaxSpentPerWalk = std::uint64_t{320} << 20;

using Bytes = std::vector<std::byte>;

// The test's own program and this thread's stack, copied.
struct Specimen {
  Module module = own_module(nullptr);
  Bytes image;
  Address stack_at;
  Bytes stack;
  RegisterContext context;
};

// Registers and stack as they are in the middle of some calls.
Specimen take_specimen() {
  Specimen specimen;
  specimen.image.resize(specimen.module.size);
  const ProcessMemory process(GetCurrentProcess());
  for (std::size_t page = 0; page < specimen.image.size(); page += 4096) {
    process.read(specimen.module.base + page, std::span(specimen.image).subspan(page, 4096));
  }
  CONTEXT context{};
  RtlCaptureContext(&context);
  specimen.context = from_os(context);
  ULONG_PTR low = 0;
  ULONG_PTR high = 0;
  GetCurrentThreadStackLimits(&low, &high);
  specimen.stack_at = {context.Rsp};
  specimen.stack.resize(std::min<std::size_t>(high - context.Rsp, 16 * 1024));
  std::memcpy(specimen.stack.data(), reinterpret_cast<const void*>(context.Rsp), specimen.stack.size());
  return specimen;
}

// Where the parts lie that an unwinder reads.
struct Part {
  std::size_t offset;
  std::size_t size;
};

Part section_named(const Specimen& specimen, const char* name) {
  const auto* dos = reinterpret_cast<const IMAGE_DOS_HEADER*>(specimen.image.data());
  const auto* headers = reinterpret_cast<const IMAGE_NT_HEADERS*>(specimen.image.data() + dos->e_lfanew);
  const auto* section = reinterpret_cast<const IMAGE_SECTION_HEADER*>(
      reinterpret_cast<const std::byte*>(&headers->OptionalHeader) + headers->FileHeader.SizeOfOptionalHeader);
  for (unsigned i = 0; i < headers->FileHeader.NumberOfSections; ++i, ++section) {
    if (std::strncmp(reinterpret_cast<const char*>(section->Name), name, sizeof section->Name) == 0) {
      return {section->VirtualAddress, section->Misc.VirtualSize};
    }
  }
  return {0, 4096};
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  // Changes a byte, a word of four or a word of eight bytes: to noise, to an edge case or to a value from elsewhere in
  // the same bytes.
  void mutate(Bytes& bytes, Part part) {
    constexpr std::uint64_t kEdges[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, UINT64_MAX - 7};
    const std::size_t width = std::size_t{1} << below(4);
    const std::size_t at = part.offset + below(part.size - 8) / width * width;
    std::uint64_t value = 0;
    switch (below(3)) {
      case 0:
        value = std::uniform_int_distribution<std::uint64_t>()(random_);
        break;
      case 1:
        value = kEdges[below(std::size(kEdges))];
        break;
      default:
        std::memcpy(&value, bytes.data() + part.offset + below(part.size - 8), sizeof value);
        break;
    }
    std::memcpy(bytes.data() + at, &value, width);
  }

 private:
  std::minstd_rand random_;
};

void expect_sane(const UnwoundStack& stack, const ImageCache& cache) {
  ASSERT_FALSE(stack.frames.empty());
  ASSERT_LE(stack.frames.size(), kMaxFrames);
  for (std::size_t i = 1; i < stack.frames.size(); ++i) {
    ASSERT_GT(stack.frames[i].sp, stack.frames[i - 1].sp);
  }
  ASSERT_LT(cache.memory().spent(), kMaxSpentPerWalk);
}

class DamagedUnwinding : public testing::Test {
 protected:
  DamagedUnwinding() : specimen_(take_specimen()) { restore(); }

  void restore() {
    memory_.block(specimen_.module.base) = specimen_.image;
    memory_.block(specimen_.stack_at) = specimen_.stack;
  }

  void walk(RegisterContext context) {
    ImageCache cache(memory_);
    const std::vector<Module> modules{specimen_.module};
    const StackBounds bounds{specimen_.stack_at, specimen_.stack_at + specimen_.stack.size()};
    expect_sane(Unwinder(cache, modules).walk(context, bounds, kMaxFrames), cache);
  }

  const Specimen specimen_;
  BlockMemory memory_;
};

TEST_F(DamagedUnwinding, the_undamaged_specimen_has_a_stack) {
  ImageCache cache(memory_);
  const std::vector<Module> modules{specimen_.module};
  EXPECT_GT(Unwinder(cache, modules).walk(specimen_.context, {}).frames.size(), 4U);
}

TEST_F(DamagedUnwinding, ten_thousand_damaged_images_give_bounded_stacks) {
  const Part headers{0, 1024};
  const Part parts[] = {headers, section_named(specimen_, ".pdata"), section_named(specimen_, ".xdata"),
                        section_named(specimen_, ".text")};
  Bytes& image = memory_.block(specimen_.module.base);
  for (unsigned seed = 1; seed <= 10'000; ++seed) {
    Mutator mutator(seed);
    const Part part = parts[mutator.below(std::size(parts))];
    const Bytes before(image.begin() + static_cast<std::ptrdiff_t>(part.offset),
                       image.begin() + static_cast<std::ptrdiff_t>(part.offset + part.size));
    for (std::size_t i = mutator.below(200) + 1; i > 0; --i) {
      mutator.mutate(image, part);
    }
    ASSERT_NO_FATAL_FAILURE(walk(specimen_.context)) << "seed " << seed;
    std::copy(before.begin(), before.end(), image.begin() + static_cast<std::ptrdiff_t>(part.offset));
  }
}

TEST_F(DamagedUnwinding, ten_thousand_damaged_stacks_give_bounded_stacks) {
  Bytes& stack = memory_.block(specimen_.stack_at);
  for (unsigned seed = 1; seed <= 10'000; ++seed) {
    Mutator mutator(seed);
    for (std::size_t i = mutator.below(400) + 1; i > 0; --i) {
      mutator.mutate(stack, {0, stack.size()});
    }
    RegisterContext context = specimen_.context;
    if (seed % 2 == 0) {
      std::uint64_t& victim = context.gpr.at(mutator.below(context.gpr.size()));
      victim = seed % 4 == 0 ? specimen_.stack_at.value + mutator.below(stack.size()) : mutator.below(UINT64_MAX);
    }
    context.rip = specimen_.module.base.value + mutator.below(specimen_.module.size);
    ASSERT_NO_FATAL_FAILURE(walk(context)) << "seed " << seed;
    stack = specimen_.stack;
  }
}

TEST_F(DamagedUnwinding, damaged_images_give_bounded_exports_and_codeview_records) {
  Bytes& image = memory_.block(specimen_.module.base);
  for (unsigned seed = 1; seed <= 2'000; ++seed) {
    Mutator mutator(seed);
    for (std::size_t i = mutator.below(30) + 1; i > 0; --i) {
      mutator.mutate(image, {0, 1024});
    }
    Image damaged(memory_, specimen_.module.base, seed % 2 == 0 ? 0 : specimen_.module.size);
    ASSERT_LE(damaged.exports().size(), std::size_t{1} << 18);
    ASSERT_LE(damaged.export_name().size(), 260U);
    ASSERT_TRUE(!damaged.code_view() || damaged.code_view()->bytes.size() <= 4096);
    std::copy_n(specimen_.image.begin(), 1024, image.begin());
  }
}

TEST_F(DamagedUnwinding, stacks_of_noise_give_bounded_32_bit_stacks) {
  constexpr Address kStack{0x200000};
  BlockMemory memory;
  memory.block({0x400000}).resize(0x10000, std::byte{0xe8});
  Bytes& stack = memory.block(kStack);
  const std::vector<Module> modules{{{0x400000}, 0x10000, 0, false, {}, "made.exe"}};
  for (unsigned seed = 1; seed <= 2'000; ++seed) {
    Mutator mutator(seed);
    stack.assign(8192, std::byte{0});
    for (std::size_t i = 0; i + 8 <= stack.size(); i += 4) {
      const auto word = static_cast<std::uint32_t>(mutator.below(2) == 0 ? kStack.value + mutator.below(stack.size())
                                                                         : 0x400000 + mutator.below(0x10000));
      std::memcpy(stack.data() + i, &word, sizeof word);
    }
    ImageCache cache(memory);
    const RegisterContextX86 context{0x401000, 0x200000, static_cast<std::uint32_t>(0x200000 + mutator.below(8192))};
    const StackBounds bounds{kStack, kStack + stack.size()};
    ASSERT_NO_FATAL_FAILURE(
        expect_sane(UnwinderX86(cache, modules).walk_frame_pointers(context, bounds, kMaxFrames), cache));
    if (seed % 20 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_sane(UnwinderX86(cache, modules).walk(context, bounds, kMaxFrames), cache));
    }
  }
}

}  // namespace
}  // namespace catcher
