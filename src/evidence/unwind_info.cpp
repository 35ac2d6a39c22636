#include "evidence/unwind_info.h"

#include <array>
#include <span>

namespace catcher {
namespace {

constexpr std::uint8_t kFlagChained = 4;
constexpr int kMaxIndirections = 8;

constexpr std::array<std::string_view, 7> kDefects{
    "its unwind data cannot be read",
    "its unwind data has version 3, which is not supported",
    "its unwind data has an unknown version",
    "its unwind data is damaged",
    "its unwind data is chained too often",
    "the stack cannot be read where its caller should stand",
    "it has no unwind data and no return address is at its stack pointer",
};

// UNWIND_INFO without its codes.
struct Header {
  std::uint8_t version_and_flags;
  std::uint8_t prologue_size;
  std::uint8_t slot_count;
  std::uint8_t frame;  // register in the low half, offset / 16 in the high
};

using Slots = std::span<const std::array<std::uint8_t, 2>>;

// How many two-byte slots an operation takes; 0 for one that does not exist.
std::size_t slot_count(UnwindOp op, std::uint8_t info) {
  switch (op) {
    case UnwindOp::kPushNonvol:
    case UnwindOp::kAllocSmall:
    case UnwindOp::kSetFpreg:
      return 1;
    case UnwindOp::kPushMachframe:
      return info <= 1 ? 1 : 0;
    case UnwindOp::kAllocLarge:
      return info == 0 ? 2 : info == 1 ? 3 : 0;
    case UnwindOp::kSaveNonvol:
    case UnwindOp::kSaveXmm128:
    case UnwindOp::kEpilog:  // one slot each, but they come in pairs
      return 2;
    case UnwindOp::kSaveNonvolFar:
    case UnwindOp::kSaveXmm128Far:
    case UnwindOp::kSpare:
      return 3;
  }
  return 0;
}

std::uint32_t word(const std::array<std::uint8_t, 2>& slot) {
  return static_cast<std::uint32_t>(slot[0] | slot[1] << 8U);
}

std::uint32_t operand_of(UnwindOp op, std::uint8_t info, Slots slots) {
  const auto small = [&] { return word(slots[1]); };
  const auto large = [&] { return word(slots[1]) | word(slots[2]) << 16U; };
  switch (op) {
    case UnwindOp::kAllocSmall:
      return info * 8U + 8U;
    case UnwindOp::kAllocLarge:
      return info == 0 ? small() * 8U : large();
    case UnwindOp::kSaveNonvol:
      return small() * 8U;
    case UnwindOp::kSaveXmm128:
      return small() * 16U;
    case UnwindOp::kSaveNonvolFar:
    case UnwindOp::kSaveXmm128Far:
      return large();
    case UnwindOp::kEpilog:
      return small();  // the second code of the pair, see unwind_epilogue.cpp
    case UnwindOp::kPushNonvol:
    case UnwindOp::kSetFpreg:
    case UnwindOp::kSpare:
    case UnwindOp::kPushMachframe:
      break;
  }
  return 0;
}

std::optional<std::vector<UnwindCode>> decode(Slots slots) {
  std::vector<UnwindCode> codes;
  codes.reserve(slots.size());
  while (!slots.empty()) {
    const auto op = static_cast<UnwindOp>(slots[0][1] & 0x0fU);
    const auto info = static_cast<std::uint8_t>(slots[0][1] >> 4U);
    const std::size_t count = slot_count(op, info);
    if (count == 0 || count > slots.size()) {
      return std::nullopt;
    }
    codes.push_back({slots[0][0], op, info, operand_of(op, info, slots)});
    slots = slots.subspan(count);
  }
  return codes;
}

}  // namespace

std::string_view describe(UnwindDefect defect) {
  return kDefects.at(static_cast<std::size_t>(defect));
}

std::variant<UnwindInfo, UnwindDefect> read_unwind_info(ImageBytes& bytes, std::uint32_t rva) {
  const auto header = bytes.value<Header>(rva);
  if (!header) {
    return UnwindDefect::kDataUnreadable;
  }
  UnwindInfo info;
  info.version = header->version_and_flags & 7U;
  if (info.version != 1 && info.version != 2) {
    return info.version == 3 ? UnwindDefect::kVersion3 : UnwindDefect::kVersionUnknown;
  }
  info.prologue_size = header->prologue_size;
  info.frame_register = header->frame & 0x0fU;
  info.frame_offset = (header->frame >> 4U) * 16U;

  std::array<std::array<std::uint8_t, 2>, 255> storage{};
  const auto slots = std::span(storage).first(header->slot_count);
  const std::uint64_t codes_at = std::uint64_t{rva} + sizeof(Header);
  if (bytes.read(codes_at, std::as_writable_bytes(slots)) != slots.size_bytes()) {
    return UnwindDefect::kDataUnreadable;
  }
  auto codes = decode(slots);
  if (!codes) {
    return UnwindDefect::kCodesDamaged;
  }
  info.codes = std::move(*codes);

  if ((header->version_and_flags >> 3U & kFlagChained) != 0) {
    const std::uint64_t chained_at = codes_at + ((header->slot_count + 1U) & ~1U) * 2U;
    info.chained = bytes.value<RuntimeFunction>(chained_at);
    if (!info.chained) {
      return UnwindDefect::kDataUnreadable;
    }
  }
  return info;
}

std::optional<RuntimeFunction> resolve_indirection(ImageBytes& bytes, RuntimeFunction function) {
  for (int i = 0; (function.unwind_data & 1U) != 0; ++i) {
    const auto next = bytes.value<RuntimeFunction>(function.unwind_data & ~1U);
    if (!next || i == kMaxIndirections) {
      return std::nullopt;
    }
    function = *next;
  }
  return function;
}

}  // namespace catcher
