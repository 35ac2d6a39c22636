#include "evidence/call_chain_x86.h"

#include <array>
#include <optional>
#include <span>

namespace catcher {
namespace {

// How far into a function a call may be: where functions begin nobody has told us.
constexpr std::uint32_t kFarIntoFunction = 0x2000;

// How much of the stack is searched between two frames.
constexpr std::uint32_t kMostWords = 256;

template <typename T>
std::optional<T> code_at(ImageMap& map, std::uint32_t at) {
  Image* image = map.image_at({at});
  return image == nullptr ? std::nullopt : image->bytes().value<T>(at - image->base().value);
}

}  // namespace

std::uint32_t CallChainX86::target_of(std::uint32_t return_address, const MemoryReader& memory) {
  constexpr std::uint8_t kCall = 0xE8;             // call relative
  constexpr std::uint16_t kCallIndirect = 0x15FF;  // call [pointer]
  constexpr std::uint16_t kJumpIndirect = 0x25FF;  // jmp [pointer]: an import stub
  if (const auto known = targets_.find(return_address); known != targets_.end()) {
    return known->second;
  }
  const auto behind = [&](std::uint32_t at, std::uint16_t opcode) -> std::optional<std::uint32_t> {
    const auto pointer =
        code_at<std::uint16_t>(map_, at) == opcode ? code_at<std::uint32_t>(map_, at + 2) : std::nullopt;
    return pointer ? read_value<std::uint32_t>(memory, {*pointer}) : std::nullopt;
  };
  std::uint32_t target = behind(return_address - 6, kCallIndirect).value_or(0);
  const auto distance = code_at<std::uint32_t>(map_, return_address - 4);
  if (target == 0 && distance && code_at<std::uint8_t>(map_, return_address - 5) == kCall) {
    target = return_address + *distance;
    target = behind(target, kJumpIndirect).value_or(target);
  }
  return targets_[return_address] = target;
}

std::uint32_t CallChainX86::entry_for(std::uint32_t return_address, std::uint32_t pc, const MemoryReader& memory) {
  if (!map_.is_return_address({return_address})) {
    return 0;
  }
  const std::uint32_t target = target_of(return_address, memory);
  return pc >= target && pc - target < kFarIntoFunction ? target : 0;
}

void CallChainX86::fill_gaps(UnwoundStack& stack, const MemoryReader& memory, std::size_t limit) {
  for (std::size_t i = 0; i + 1 < stack.frames.size() && stack.frames.size() < limit; ++i) {
    const auto pc = static_cast<std::uint32_t>(stack.frames[i].pc.value);
    const UnwoundFrame& next = stack.frames[i + 1];
    std::array<std::uint32_t, kMostWords> words{};
    const std::uint64_t distance = (next.sp - stack.frames[i].sp) / sizeof(words[0]);
    const auto some = std::span(words).first(distance < words.size() ? distance : words.size());
    const std::size_t got = memory.read(stack.frames[i].sp, std::as_writable_bytes(some)) / sizeof(words[0]);
    // The function that begins closest before the place is the one that the place is in.
    std::uint32_t best = entry_for(static_cast<std::uint32_t>(next.pc.value), pc, memory);
    std::optional<UnwoundFrame> between;
    for (std::size_t word = 0; word < got && some[word] != next.pc.value; ++word) {
      const std::uint32_t entry = entry_for(some[word], pc, memory);
      if (entry > best) {
        best = entry;
        between =
            UnwoundFrame{{some[word]}, stack.frames[i].sp + (word + 1) * sizeof(words[0]), FrameSource::kScan, false};
      }
    }
    if (between) {
      stack.frames.insert(stack.frames.begin() + static_cast<std::ptrdiff_t>(i) + 1, *between);
    }
  }
  stack.frames_total = stack.frames.size();
}

}  // namespace catcher
