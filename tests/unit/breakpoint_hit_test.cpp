#include "debugger/breakpoint_hit.h"

#include "debugger/thread_context.h"

#include <gtest/gtest.h>

#include <windows.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace catcher {
namespace {

// Writes down which of its breakpoints were hit, and may leave at the first.
class NotingProbe final : public Probe {
 public:
  explicit NotingProbe(BreakpointOwner owner, bool leaves = false) : owner_(owner), leaves_(leaves) {}

  BreakpointOwner owner() const override { return owner_; }
  void on_module_loaded(Process&, const Module&) override {}
  void on_module_unloading(Process&, const Module&) override {}
  void on_hit(ProbeHit& hit) override {
    hits.push_back(hit.id);
    if (leaves_) {
      hit.process.breakpoints.remove_all(hit.process.memory, owner_);
    }
  }

  std::vector<std::uint32_t> hits;

 private:
  BreakpointOwner owner_;
  bool leaves_;
};

DWORD WINAPI end_at_once(void*) {
  return 0;
}

// A thread of our own that has not begun: its registers are ours to move, and are put back before it may run.
class BreakpointHits : public ::testing::Test {
 protected:
  BreakpointHits() {
    process_.handle = GetCurrentProcess();
    process_.memory = ProcessMemory(GetCurrentProcess());
    process_.state.bits = sizeof(void*) * 8;
    thread_.handle = CreateThread(nullptr, 0, end_at_once, nullptr, CREATE_SUSPENDED, &thread_.tid);
    before_ = ThreadContext::read(thread_.handle, false);
  }

  ~BreakpointHits() override {
    if (before_) {
      before_->write(thread_.handle);
    }
    ResumeThread(thread_.handle);
    WaitForSingleObject(thread_.handle, INFINITE);
    CloseHandle(thread_.handle);
  }

  Address at() const { return {reinterpret_cast<std::uintptr_t>(code_.data())}; }

  std::optional<Address> place() const {
    const auto context = ThreadContext::read(thread_.handle, false);
    return context ? std::optional(context->instruction_pointer()) : std::nullopt;
  }

  bool hit(const std::vector<Probe*>& probes, bool first = true) {
    Thread thread;
    thread.tid = thread_.tid;
    thread.handle = thread_.handle;
    return std::holds_alternative<DealtWith>(take_breakpoint_hit(process_, &thread, at(), first, probes));
  }

  bool arm(BreakpointOwner owner, std::uint32_t id) {
    const std::array<PlannedBreakpoint, 1> planned{{{at(), id}}};
    return process_.breakpoints.set_all(process_.memory, planned, owner, {});
  }

  struct Suspended {
    HANDLE handle = nullptr;
    DWORD tid = 0;
  };

  std::array<std::uint8_t, 16> code_{0x4C, 0x8B, 0xD1};  // mov r10, rcx
  Process process_;
  Suspended thread_;
  std::optional<ThreadContext> before_;
};

TEST_F(BreakpointHits, two_probes_are_told_and_the_instruction_is_done_once) {
  NotingProbe handles(BreakpointOwner::kHandles);
  NotingProbe memory(BreakpointOwner::kMemory);
  ASSERT_TRUE(arm(BreakpointOwner::kHandles, 5));
  ASSERT_TRUE(arm(BreakpointOwner::kMemory, 8));
  EXPECT_TRUE(hit({&handles, &memory}));
  EXPECT_EQ(handles.hits, std::vector<std::uint32_t>{5});
  EXPECT_EQ(memory.hits, std::vector<std::uint32_t>{8});
  EXPECT_EQ(place(), at() + 3);
}

TEST_F(BreakpointHits, a_probe_hears_nothing_of_a_place_that_only_another_watches) {
  NotingProbe handles(BreakpointOwner::kHandles);
  NotingProbe memory(BreakpointOwner::kMemory);
  ASSERT_TRUE(arm(BreakpointOwner::kMemory, 8));
  EXPECT_TRUE(hit({&handles, &memory}));
  EXPECT_TRUE(handles.hits.empty());
  EXPECT_EQ(memory.hits.size(), 1u);
}

TEST_F(BreakpointHits, one_that_leaves_at_a_hit_does_not_take_the_other_with_it) {
  NotingProbe handles(BreakpointOwner::kHandles, true);
  NotingProbe memory(BreakpointOwner::kMemory);
  ASSERT_TRUE(arm(BreakpointOwner::kHandles, 5));
  ASSERT_TRUE(arm(BreakpointOwner::kMemory, 8));
  EXPECT_TRUE(hit({&handles, &memory}));
  EXPECT_TRUE(hit({&handles, &memory}));
  EXPECT_EQ(handles.hits.size(), 1u);
  EXPECT_EQ(memory.hits.size(), 2u);
  EXPECT_EQ(place(), at() + 3);
}

TEST_F(BreakpointHits, when_all_have_left_the_real_instruction_is_done) {
  NotingProbe handles(BreakpointOwner::kHandles, true);
  NotingProbe memory(BreakpointOwner::kMemory, true);
  ASSERT_TRUE(arm(BreakpointOwner::kHandles, 5));
  ASSERT_TRUE(arm(BreakpointOwner::kMemory, 8));
  EXPECT_TRUE(hit({&handles, &memory}));
  EXPECT_EQ(place(), at());
  EXPECT_EQ(code_[0], 0x4C);
}

TEST_F(BreakpointHits, a_second_chance_is_told_to_nobody) {
  NotingProbe handles(BreakpointOwner::kHandles);
  ASSERT_TRUE(arm(BreakpointOwner::kHandles, 5));
  EXPECT_TRUE(hit({&handles}, false));
  EXPECT_TRUE(handles.hits.empty());
  EXPECT_EQ(place(), at() + 3);
}

}  // namespace
}  // namespace catcher
