#pragma once

#include "evidence/image.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace catcher {

// Why a frame's caller cannot be told.
enum class UnwindDefect : std::uint8_t {
  kDataUnreadable,
  kVersion3,
  kVersionUnknown,
  kCodesDamaged,
  kChainTooLong,
  kStackUnreadable,
  kNoUnwindData,
};

// The defect in words, for a report: "its unwind data has version 3, which is not supported".
std::string_view describe(UnwindDefect defect);

// Operations of UNWIND_CODE, with Microsoft's names.
enum class UnwindOp : std::uint8_t {
  kPushNonvol = 0,
  kAllocLarge = 1,
  kAllocSmall = 2,
  kSetFpreg = 3,
  kSaveNonvol = 4,
  kSaveNonvolFar = 5,
  kEpilog = 6,  // version 2; in version 1 an xmm save long out of use, of the same length
  kSpare = 7,
  kSaveXmm128 = 8,
  kSaveXmm128Far = 9,
  kPushMachframe = 10,
};

// One unwind code with its operand.
struct UnwindCode {
  std::uint8_t offset = 0;  // in the prologue, behind the instruction that the code stands for
  UnwindOp op{};
  std::uint8_t info = 0;      // usually a register
  std::uint32_t operand = 0;  // bytes: a size, or an offset from the frame's base
};

// An UNWIND_INFO, decoded.
struct UnwindInfo {
  std::uint8_t version = 0;
  std::uint8_t prologue_size = 0;
  std::uint8_t frame_register = 0;  // 0: none
  std::uint32_t frame_offset = 0;   // bytes between the stack pointer and the frame register when it was set
  std::vector<UnwindCode> codes;    // last prologue instruction first
  std::optional<RuntimeFunction> chained;
};

// Reads the UNWIND_INFO at an RVA.
std::variant<UnwindInfo, UnwindDefect> read_unwind_info(ImageBytes& bytes, std::uint32_t rva);

// Follows the indirection that bit 0 of `unwind_data` stands for. Nothing when it leads nowhere.
std::optional<RuntimeFunction> resolve_indirection(ImageBytes& bytes, RuntimeFunction function);

}  // namespace catcher
