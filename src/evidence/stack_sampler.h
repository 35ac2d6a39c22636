#pragma once

#include "debugger/process_tree.h"
#include "debugger/thread_context.h"
#include "evidence/call_chain_x86.h"
#include "evidence/image_cache.h"
#include "evidence/thread_stack.h"
#include "evidence/unwind.h"
#include "evidence/unwind_x86.h"

#include <catcher/address.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace catcher {

// The top of one thread's stack, read in one piece, and the code that the thread stands at, read once for each place;
// every other address is read from the process.
class StackCopy final : public MemoryReader {
 public:
  static constexpr std::size_t kSize = 8 * 1024;
  static constexpr std::size_t kCode = 64;

  explicit StackCopy(const MemoryReader& memory) : memory_(memory) {}

  std::size_t read(Address from, std::span<std::byte> into) const noexcept override;

  // Copies from the stack pointer on, up to the stack's base.
  void take(Address sp, StackBounds bounds);

  // The thread stands at `pc`, in code that does not change.
  void stand_at(Address pc);
  // Code was unmapped.
  void forget_code();

 private:
  const MemoryReader& memory_;
  Address start_;
  std::vector<std::byte> bytes_;
  Address pc_;
  const std::vector<std::byte>* code_ = nullptr;  // at pc_
  std::map<Address, std::vector<std::byte>> known_code_;
};

// Takes the stacks of one process often and cheaply: what a walk needs to know of the process is kept from one to the
// next, equal stacks are stored once, and names wait until somebody asks.
class StackSampler {
 public:
  using StackId = std::uint32_t;
  static constexpr std::size_t kMostFrames = 64;

  // `process` must outlive it.
  explicit StackSampler(Process& process);
  StackSampler(const StackSampler&) = delete;
  StackSampler& operator=(const StackSampler&) = delete;

  // The modules of the process have changed; `gone` is the base of one that has left, or null.
  void modules_changed(Address gone = {});

  // Reads the top of the stack of a thread that stands still in 64-bit code. From here on memory() answers from that.
  void begin(const ThreadContext& context, const Thread& thread);
  const MemoryReader& memory() const { return copy_; }

  // The stack of that thread, which is at `pc` or was, with the same stack. In a 32-bit process that of its 32-bit
  // code.
  StackId take(const ThreadContext& context, const Thread& thread, Address pc);

  // A stack that was taken: the places, innermost first. The first one is exact, the others are return addresses.
  std::span<const Address> frames(StackId id) const { return stacks_.at(id); }

  std::size_t count() const { return stacks_.size(); }
  void forget_thread(std::uint32_t tid) { bounds_.erase(tid); }

 private:
  StackBounds bounds_of(const Thread& thread);
  void look_at_modules();
  void forget_unwinders();
  std::vector<Address> walk(const ThreadContext& context, const Thread& thread, Address pc);

  Process& process_;
  StackCopy copy_;
  ImageCache images_;
  std::vector<Module> modules_;  // a copy: the unwinder's must stay as they are
  std::optional<Unwinder> unwinder_;
  std::optional<UnwinderX86> unwinder_x86_;  // of a 32-bit process, as what follows
  std::optional<ImageMap> map_;
  std::optional<CallChainX86> chain_;
  bool is_current_ = false;
  std::unordered_map<std::uint32_t, StackBounds> bounds_;  // by tid; of the stack that is walked
  std::vector<std::vector<Address>> stacks_;
  std::unordered_multimap<std::uint64_t, StackId> by_hash_;
};

}  // namespace catcher
