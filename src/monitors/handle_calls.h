#pragma once

#include "debugger/syscall_probe.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace catcher {

// What a system call does with handles.
enum class HandleCallKind {
  kOpen,
  kDuplicate,
  kClose,
  kSignal,   // uses one, rarely enough to be always watched
  kUse,      // uses one
  kUseTwo,   // the first two arguments
  kUseMany,  // an array, its length before it
};

// A system call that the handle probe watches. Arguments count from 0.
struct HandleCall {
  static constexpr std::uint8_t kNone = 0xFF;
  std::string_view function;
  HandleCallKind kind;
  std::string_view type;            // of the object that it makes or needs; empty: any
  std::uint8_t out = kNone;         // argument that says where the new handle goes
  std::uint8_t out2 = kNone;        // a second new handle, a thread's
  std::uint8_t attributes = kNone;  // argument that points to its OBJECT_ATTRIBUTES
};

// The whole table.
std::span<const HandleCall> handle_calls();

}  // namespace catcher
