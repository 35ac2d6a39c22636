#include "evidence/stack_sampler.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace catcher {
namespace {

std::uint64_t hash_of(std::span<const Address> frames) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a, a word at a time
  for (const Address frame : frames) {
    hash = (hash ^ frame.value) * 0x100000001B3;
  }
  return hash;
}

}  // namespace

std::size_t StackCopy::read(Address from, std::span<std::byte> into) const noexcept {
  if (code_ != nullptr && from == pc_ && into.size() <= code_->size()) {
    std::memcpy(into.data(), code_->data(), into.size());
    return into.size();
  }
  const std::uint64_t offset = from - start_;
  if (from < start_ || offset >= bytes_.size() || into.size() > bytes_.size() - offset) {
    return memory_.read(from, into);
  }
  std::memcpy(into.data(), bytes_.data() + offset, into.size());
  return into.size();
}

void StackCopy::take(Address sp, StackBounds bounds) {
  const bool is_inside = sp >= bounds.low && sp < bounds.high;
  bytes_.resize(is_inside ? std::min<std::uint64_t>(kSize, bounds.high - sp) : kSize);
  start_ = sp;
  bytes_.resize(memory_.read(sp, bytes_));
}

void StackCopy::stand_at(Address pc) {
  const auto [place, is_new] = known_code_.try_emplace(pc);
  if (is_new) {
    place->second.resize(kCode);
    place->second.resize(memory_.read(pc, place->second));
  }
  pc_ = pc;
  code_ = &place->second;
}

void StackCopy::forget_code() {
  code_ = nullptr;
  known_code_.clear();
}

StackSampler::StackSampler(Process& process) : process_(process), copy_(process.memory), images_(copy_) {}

void StackSampler::modules_changed(Address gone) {
  is_current_ = false;
  if (gone) {
    forget_unwinders();  // they point at the image
    images_.drop(gone);
    copy_.forget_code();
  }
}

void StackSampler::look_at_modules() {
  if (is_current_) {
    return;
  }
  is_current_ = true;
  describe_modules(process_);
  forget_unwinders();
  modules_ = process_.modules;
  if (process_.state.bits == 64) {
    unwinder_.emplace(images_, modules_);
  } else {
    unwinder_x86_.emplace(images_, modules_);
    chain_.emplace(map_.emplace(images_, modules_, ExecutableQuery()));
  }
}

void StackSampler::forget_unwinders() {
  unwinder_.reset();
  unwinder_x86_.reset();
  chain_.reset();
  map_.reset();
}

StackBounds StackSampler::bounds_of(const Thread& thread) {
  const auto known = bounds_.find(thread.tid);
  if (known != bounds_.end()) {
    return known->second;
  }
  const Address teb = thread.teb ? thread.teb : teb_of_thread(thread.handle);
  const auto stack = read_thread_stack(process_.memory, teb, thread.tid, process_.state.bits == 64);
  return bounds_[thread.tid] = stack ? StackBounds{stack->reserve, stack->base} : StackBounds{};
}

void StackSampler::begin(const ThreadContext& context, const Thread& thread) {
  copy_.take(context.stack_pointer(), process_.state.bits == 64 ? bounds_of(thread) : StackBounds{});
}

std::vector<Address> StackSampler::walk(const ThreadContext& context, const Thread& thread, Address pc) {
  look_at_modules();
  copy_.stand_at(pc);
  UnwoundStack unwound;
  if (unwinder_) {
    RegisterContext registers;
    registers.gpr = context.general_registers();
    registers.rip = pc.value;
    unwound = unwinder_->walk(registers, bounds_of(thread), kMostFrames);
  } else if (const auto inner = ThreadContext::read(thread.handle, true)) {
    copy_.take(inner->stack_pointer(), bounds_of(thread));  // that of the 64-bit half has done its service
    unwound = unwinder_x86_->walk_frame_pointers(
        {static_cast<std::uint32_t>(inner->instruction_pointer().value),
         static_cast<std::uint32_t>(inner->stack_pointer().value), inner->frame_pointer_32()},
        bounds_of(thread), kMostFrames);
    chain_->fill_gaps(unwound, copy_, kMostFrames);
  }
  std::vector<Address> frames;
  frames.reserve(unwound.frames.size());
  std::transform(unwound.frames.begin(), unwound.frames.end(), std::back_inserter(frames),
                 [](const UnwoundFrame& frame) { return frame.pc; });
  return frames;
}

StackSampler::StackId StackSampler::take(const ThreadContext& context, const Thread& thread, Address pc) {
  std::vector<Address> frames = walk(context, thread, pc);
  const std::uint64_t hash = hash_of(frames);
  const auto [first, last] = by_hash_.equal_range(hash);
  const auto same = std::find_if(first, last, [&](const auto& entry) { return stacks_[entry.second] == frames; });
  if (same != last) {
    return same->second;
  }
  const auto id = static_cast<StackId>(stacks_.size());
  stacks_.push_back(std::move(frames));
  by_hash_.emplace(hash, id);
  return id;
}

}  // namespace catcher
