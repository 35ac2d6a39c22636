#include "evidence/unwind_scan.h"

#include "evidence/unwind_code.h"

#include <algorithm>
#include <array>
#include <span>
#include <variant>

namespace catcher {
namespace {

constexpr std::size_t kSlotsPerScan = 4096;  // 32 KB
constexpr std::size_t kSlotsPerWalk = 32768;
constexpr int kCandidatesPerScan = 64;
constexpr std::uint64_t kLargestFrame = std::uint64_t{1} << 20;
// How far into the probe its loop may stand.
constexpr std::size_t kProbeLength = 64;

// push rcx; push rax; cmp rax, 0x1000: how the probe begins, in libgcc and in compiler-rt.
constexpr std::array<std::uint8_t, 8> kProbeStart{0x51, 0x50, 0x48, 0x3d, 0x00, 0x10, 0x00, 0x00};

bool is_aligned(std::uint64_t value) {
  return value % 8 == 0;
}

// How many registers the probe has pushed at `pc`; nothing when there is no probe.
std::optional<unsigned> pushed_by_probe(const MemoryReader& memory, Address pc) {
  std::array<std::byte, kProbeLength + kProbeStart.size()> code{};
  if (pc.value < kProbeLength || memory.read(pc - kProbeLength, code) != code.size()) {
    return std::nullopt;
  }
  for (std::size_t back = 0; back <= kProbeLength; ++back) {
    const auto start = std::span(code).subspan(kProbeLength - back, kProbeStart.size());
    if (std::equal(start.begin(), start.end(), kProbeStart.begin(),
                   [](std::byte a, std::uint8_t b) { return std::to_integer<std::uint8_t>(a) == b; })) {
      return static_cast<unsigned>(std::min<std::size_t>(back, 2));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<RegisterContext> CallerSearch::return_at(const RegisterContext& context, Address slot) {
  const auto value = stack_.value(slot);
  if (!value || !map_.is_return_address({*value})) {
    return std::nullopt;
  }
  RegisterContext caller = context;
  caller.rip = *value;
  caller[Gpr::kRsp] = slot.value + 8;
  return caller;
}

std::optional<RegisterContext> CallerSearch::by_return_address(const RegisterContext& context) {
  return return_at(context, context.sp());
}

std::optional<RegisterContext> CallerSearch::by_stack_probe(const RegisterContext& context) {
  const auto pushed = pushed_by_probe(map_.memory(), context.pc());
  return pushed ? return_at(context, context.sp() + *pushed * 8U) : std::nullopt;
}

std::optional<RegisterContext> CallerSearch::by_frame_pointer(const RegisterContext& context) {
  const Address frame{context[Gpr::kRbp]};
  if (!is_aligned(frame.value) || frame < context.sp() || frame - context.sp() > kLargestFrame) {
    return std::nullopt;
  }
  const auto saved = stack_.value(frame);
  auto caller = return_at(context, frame + 8);
  if (!saved || !caller || (*saved != 0 && *saved <= frame.value)) {
    return std::nullopt;
  }
  (*caller)[Gpr::kRbp] = *saved;
  return caller;
}

std::optional<RegisterContext> CallerSearch::by_scan(const RegisterContext& context) {
  std::optional<RegisterContext> first;
  int candidates = 0;
  Address slot{(context.sp().value + 7) & ~std::uint64_t{7}};
  for (std::size_t i = 0; i < kSlotsPerScan && slots_scanned_ < kSlotsPerWalk; ++i, slot = slot + 8) {
    ++slots_scanned_;
    const auto value = stack_.value(slot);
    if (slot < context.sp() || !value) {
      break;
    }
    // A guess by scan must at least name an image: looking at what every number on a stack may point to costs too much.
    if (map_.image_at({*value}) == nullptr) {
      continue;
    }
    const auto candidate = return_at(context, slot);
    if (!candidate) {
      continue;
    }
    if (leads_on(*candidate)) {
      return candidate;
    }
    if (!first) {
      first = candidate;
    }
    if (++candidates == kCandidatesPerScan) {
      break;
    }
  }
  return first;
}

bool CallerSearch::leads_on(const RegisterContext& candidate) {
  Image* image = map_.image_at(candidate.pc());
  if (image == nullptr) {
    return false;
  }
  const auto result = unwind_by_data(candidate, false, *image, map_, stack_);
  const auto* step = std::get_if<UnwindStep>(&result);
  if (step == nullptr || step->caller.sp() <= candidate.sp()) {
    return false;
  }
  const bool is_first_frame = step->caller.rip == 0 && stack_.is_near_base(step->caller.sp());
  return is_first_frame || map_.is_return_address(step->caller.pc());
}

}  // namespace catcher
