#include "evidence/hang.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <windows.h>

#include <array>
#include <atomic>
#include <thread>

#include "evidence/hang_capture.h"
#include "evidence/lock_owner.h"
#include "evidence/wait_kind.h"
#include "own_memory.h"
#include "synthetic_memory.h"
#include "win32/unique_handle.h"

namespace catcher {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

Stack stack_of(std::initializer_list<const char*> functions) {
  Stack stack;
  for (const char* function : functions) {
    Frame frame;
    frame.function = function;
    stack.frames.push_back(frame);
  }
  return stack;
}

// --- What a stack says.
// -------------------------------------------------------------------------------------------------------------

TEST(WaitKind, a_lock_is_more_telling_than_the_event_it_is_made_of) {
  EXPECT_EQ(
      wait_kind(stack_of({"NtWaitForSingleObject", "RtlpWaitOnCriticalSection", "RtlEnterCriticalSection", "f()"})),
      WaitKind::kCriticalSection);
  EXPECT_EQ(wait_kind(stack_of({"NtWaitForAlertByThreadId", "RtlAcquireSRWLockExclusive", "f()"})), WaitKind::kSrwLock);
}

TEST(WaitKind, both_text_versions_and_argument_lists_are_the_same_function) {
  EXPECT_EQ(wait_kind(stack_of({"NtUserGetMessage", "GetMessageW", "MessageBoxA"})), WaitKind::kDialog);
  EXPECT_EQ(wait_kind(stack_of({"Sleep(unsigned long)"})), WaitKind::kSleep);
}

TEST(WaitKind, a_program_that_computes_does_not_wait) {
  EXPECT_EQ(wait_kind(stack_of({"crunch(int)", "main"})), WaitKind::kNone);
  EXPECT_EQ(wait_kind(stack_of({"Sleeper::run()", "ReadFileHeader", "MessageBoxFactory", "main"})), WaitKind::kNone);
}

TEST(WaitKind, an_unlisted_system_service_is_a_system_call) {
  EXPECT_EQ(wait_kind(stack_of({"NtQuerySystemInformation", "main"})), WaitKind::kSystemCall);
  EXPECT_EQ(wait_kind(stack_of({"Ntpd::loop()", "main"})), WaitKind::kNone);
}

TEST(WaitKind, waits_far_out_on_the_stack_do_not_count) {
  std::vector<const char*> names(40, "recurse()");
  Stack stack;
  for (const char* name : names) {
    Frame frame;
    frame.function = name;
    stack.frames.push_back(frame);
  }
  stack.frames.back().function = "WaitForSingleObject";
  EXPECT_EQ(wait_kind(stack), WaitKind::kNone);
}

TEST(WaitKind, the_loader_is_known_by_its_entry_points) {
  EXPECT_TRUE(is_in_loader(stack_of({"NtDelayExecution", "Sleep", "DllMain", "LdrLoadDll", "LoadLibraryW"})));
  EXPECT_FALSE(is_in_loader(stack_of({"NtDelayExecution", "Sleep", "main", "RtlUserThreadStart"})));
}

TEST(WaitKind, system_call_instructions_are_recognised_behind_the_instruction_pointer) {
  SyntheticMemory memory;
  Registers registers;
  registers.ip = 0x1014;
  memory.put_bytes({0x100D}, {0xF6, 0x04, 0x25, 0x75, 0x03, 0x0F, 0x05, 0xC3});
  EXPECT_TRUE(is_in_system_call(memory, registers));
  registers.is_64_bit = false;
  EXPECT_FALSE(is_in_system_call(memory, registers));
  memory.put_bytes({0x100D}, {0xB8, 0x04, 0x25, 0x75, 0x03, 0xFF, 0xD2, 0xC2});
  EXPECT_TRUE(is_in_system_call(memory, registers));
  registers.ip = 0x9000;
  EXPECT_FALSE(is_in_system_call(memory, registers));
}

// --- Who owns the lock.
// --------------------------------------------------------------------------------------------------------------

constexpr std::array<std::uint32_t, 3> kTids{10, 20, 30};

Registers waiting_at(std::uint64_t sp) {
  Registers registers;
  registers.general[static_cast<std::size_t>(Gpr::kRsp)] = sp;
  return registers;
}

void put_section(SyntheticMemory& memory, Address at, std::uint32_t owner, bool registered = false) {
  memory.put(at, registered ? at.value + 0x100 : ~0ULL);
  memory.put(at + 8, std::int32_t{-6});
  memory.put(at + 12, std::int32_t{1});
  memory.put(at + 16, std::uint64_t{owner});
  if (registered) {
    memory.put(at + 0x108, at.value);
  }
}

TEST(AwaitedSection, it_is_found_in_a_register_or_on_the_stack) {
  SyntheticMemory memory;
  put_section(memory, {0x50000}, 20);
  Registers registers = waiting_at(0x90000);
  registers.general[static_cast<std::size_t>(Gpr::kRbx)] = 0x50000;
  EXPECT_EQ(find_awaited_section(memory, registers, 10, kTids)->owner, 20U);
  memory.fill({0x90000}, 64);
  memory.put(Address{0x90020}, std::uint64_t{0x50000});
  EXPECT_EQ(find_awaited_section(memory, waiting_at(0x90000), 10, kTids)->section, Address{0x50000});
}

TEST(AwaitedSection, sections_that_are_free_or_our_own_are_passed_over) {
  SyntheticMemory memory;
  put_section(memory, {0x50000}, 10);
  put_section(memory, {0x60000}, 0);
  put_section(memory, {0x70000}, 30);
  memory.fill({0x90000}, 64);
  memory.put(Address{0x90000}, std::uint64_t{0x50000});
  memory.put(Address{0x90008}, std::uint64_t{0x60000});
  memory.put(Address{0x90010}, std::uint64_t{0x70000});
  EXPECT_EQ(find_awaited_section(memory, waiting_at(0x90000), 10, kTids)->owner, 30U);
}

TEST(AwaitedSection, an_owner_that_has_ended_is_believed_only_of_a_registered_section) {
  SyntheticMemory memory;
  memory.fill({0x90000}, 64);
  memory.put(Address{0x90000}, std::uint64_t{0x50000});
  put_section(memory, {0x50000}, 99);
  EXPECT_FALSE(find_awaited_section(memory, waiting_at(0x90000), 10, kTids));
  put_section(memory, {0x50000}, 99, true);
  EXPECT_EQ(find_awaited_section(memory, waiting_at(0x90000), 10, kTids)->owner, 99U);
}

TEST(AwaitedSection, a_32_bit_section_has_its_own_layout) {
  SyntheticMemory memory;
  memory.put(Address{0x50000}, std::uint32_t{0xFFFFFFFF});
  memory.put(Address{0x50004}, std::int32_t{1});
  memory.put(Address{0x50008}, std::int32_t{2});
  memory.put(Address{0x5000C}, std::uint32_t{20});
  Registers registers = waiting_at(0x90000);
  registers.is_64_bit = false;
  registers.general[static_cast<std::size_t>(Gpr::kRsi)] = 0x50000;
  EXPECT_EQ(find_awaited_section(memory, registers, 10, kTids)->owner, 20U);
}

// --- The cause.
// -----------------------------------------------------------------------------------------------------------------------

class ClassifyHang : public testing::Test {
 protected:
  ClassifyHang() {
    memory_.put_bytes({0x1000}, {0x90, 0x90, 0x90, 0x90, 0x90, 0x0F, 0x05, 0xC3});
    process_.pid = 1;
    process_.image = "app.exe";
    process_.memory = &memory_;
  }
  HungThread& add(std::uint32_t tid, Stack stack) {
    Registers registers = waiting_at(0x90000);
    registers.ip = 0x1007;
    process_.threads.push_back({tid, "", std::move(stack), registers, 0});
    return process_.threads.back();
  }
  void await(HungThread& thread, std::uint64_t section) {
    thread.registers->general[static_cast<std::size_t>(Gpr::kRbx)] = section;
  }
  Hang classify() { return classify_hang({&process_, 1}); }

  static Stack lock_wait() { return stack_of({"NtWaitForSingleObject", "RtlEnterCriticalSection", "f()"}); }

  SyntheticMemory memory_;
  HungProcess process_;
};

TEST_F(ClassifyHang, threads_that_all_wait_are_idle) {
  add(10, stack_of({"NtWaitForSingleObject", "WaitForSingleObject", "main"}));
  add(20, stack_of({"NtWaitForWorkViaWorkerFactory"}));
  const Hang hang = classify();
  EXPECT_EQ(hang.cause, "idle");
  EXPECT_EQ(hang.detail, "all 2 threads wait; thread 10 of app.exe waits for a kernel object");
  EXPECT_EQ(hang.processes.at(0).threads.at(1).state, "waits for work");
}

TEST_F(ClassifyHang, a_thread_that_burns_cpu_is_busy_and_says_where) {
  add(10, stack_of({"NtWaitForSingleObject", "main"}));
  HungThread& busy = add(20, stack_of({"crunch(int)", "main"}));
  busy.cpu_share = 0.97;
  const Hang hang = classify();
  EXPECT_EQ(hang.cause, "busy");
  EXPECT_EQ(hang.detail, "thread 20 of app.exe runs (97 % of a processor) in crunch(int)");
}

TEST_F(ClassifyHang, without_times_a_thread_outside_of_the_kernel_is_busy) {
  HungThread& thread = add(10, stack_of({"spin()", "main"}));
  thread.registers->ip = 0x1005;
  EXPECT_EQ(classify().cause, "busy");
}

TEST_F(ClassifyHang, a_suspended_thread_is_not_busy_wherever_it_stands) {
  HungThread& thread = add(10, stack_of({"spin()", "main"}));
  thread.registers->ip = 0x1005;
  thread.is_suspended = true;
  const Hang hang = classify();
  EXPECT_EQ(hang.cause, "idle");
  EXPECT_EQ(hang.detail, "thread 10 of app.exe is suspended");
}

TEST_F(ClassifyHang, a_thread_outside_any_module_is_busy_only_when_it_uses_time) {
  HungThread& thread = add(10, stack_of({""}));
  thread.registers->ip = 0x1005;
  EXPECT_EQ(classify().detail, "thread 10 of app.exe stands at 0x1005, outside any module");
  thread.cpu_share = 0.5;
  EXPECT_EQ(classify().cause, "busy");
}

TEST_F(ClassifyHang, a_nameless_thread_in_a_system_call_is_not_busy) {
  add(10, stack_of({"", "main"}));
  EXPECT_EQ(classify().cause, "idle");
}

TEST_F(ClassifyHang, a_circle_of_lock_owners_is_a_deadlock) {
  put_section(memory_, {0x50000}, 20);
  put_section(memory_, {0x60000}, 10);
  add(10, lock_wait());
  add(20, lock_wait());
  await(process_.threads[0], 0x50000);
  await(process_.threads[1], 0x60000);
  const Hang hang = classify();
  EXPECT_EQ(hang.cause, "deadlock");
  EXPECT_EQ(hang.detail,
            "thread 10 of app.exe waits for critical section 0x50000, owned by thread 20; "
            "thread 20 of app.exe waits for critical section 0x60000, owned by thread 10");
}

TEST_F(ClassifyHang, a_chain_into_a_circle_is_a_deadlock_of_the_circle_alone) {
  put_section(memory_, {0x50000}, 20);
  put_section(memory_, {0x60000}, 30);
  add(10, lock_wait());
  add(20, lock_wait());
  add(30, lock_wait());
  await(process_.threads[0], 0x50000);
  await(process_.threads[1], 0x60000);
  await(process_.threads[2], 0x50000);
  const Hang hang = classify();
  EXPECT_EQ(hang.cause, "deadlock");
  EXPECT_THAT(hang.detail, testing::Not(HasSubstr("thread 10 of")));
}

TEST_F(ClassifyHang, a_lock_whose_owner_sleeps_names_the_owner_and_what_it_does) {
  put_section(memory_, {0x50000}, 20);
  add(10, lock_wait());
  add(20, stack_of({"NtDelayExecution", "Sleep", "g()"}));
  await(process_.threads[0], 0x50000);
  const Hang hang = classify();
  EXPECT_EQ(hang.cause, "lock");
  EXPECT_EQ(hang.detail, "thread 10 of app.exe waits for critical section 0x50000, owned by thread 20, which sleeps");
}

TEST_F(ClassifyHang, a_lock_whose_owner_has_ended_says_so) {
  put_section(memory_, {0x50000}, 99, true);
  add(10, lock_wait());
  await(process_.threads[0], 0x50000);
  EXPECT_THAT(classify().detail, HasSubstr("owned by thread 99, which has ended"));
}

TEST_F(ClassifyHang, a_dialog_shows_its_title_and_text) {
  add(10, stack_of({"NtUserGetMessage", "MessageBoxW", "main"}));
  EXPECT_EQ(classify().cause, "dialog");
  process_.dialogs.push_back({10, "Assertion failed!", "x > 0"});
  EXPECT_EQ(classify().detail, "app.exe shows \"Assertion failed!\": x > 0");
}

TEST_F(ClassifyHang, a_wait_below_the_loader_is_a_loader_stall) {
  add(10, stack_of({"NtWaitForSingleObject", "WaitForSingleObject", "DllMain", "LdrLoadDll", "main"}));
  const Hang hang = classify();
  EXPECT_EQ(hang.cause, "loader");
  EXPECT_EQ(hang.detail, "thread 10 of app.exe waits for a kernel object while it loads or initialises a DLL");
}

TEST_F(ClassifyHang, the_loader_lock_is_called_by_its_name) {
  put_section(memory_, {0x50000}, 20);
  process_.loader_lock = {0x50000};
  add(10, lock_wait());
  add(20, stack_of({"NtDelayExecution", "Sleep", "g()"}));
  await(process_.threads[0], 0x50000);
  const Hang hang = classify();
  EXPECT_EQ(hang.cause, "loader");
  EXPECT_THAT(hang.detail, HasSubstr("the loader lock 0x50000, owned by thread 20"));
}

TEST_F(ClassifyHang, no_threads_give_no_cause) {
  EXPECT_EQ(classify().cause, "");
  EXPECT_EQ(classify_hang({}).cause, "");
}

// --- Measured for real.
// ---------------------------------------------------------------------------------------------------------------

TEST(CpuShares, more_time_than_there_was_is_not_believed) {
  const std::vector<std::chrono::microseconds> honest{50ms, 0ms, 10ms};
  EXPECT_THAT(cpu_shares(honest, 50ms, 2), ElementsAre(1.0, 0.0, 0.2));
  const std::vector<std::chrono::microseconds> rounded{60ms, 0ms};
  EXPECT_THAT(cpu_shares(rounded, 50ms, 2), ElementsAre(1.0, 0.0));
  const std::vector<std::chrono::microseconds> liar(20, 50ms);
  EXPECT_THAT(cpu_shares(liar, 50ms, 2), testing::Each(0.0));
  EXPECT_THAT(cpu_shares(honest, 0ms, 2), testing::Each(0.0));
}

struct TwoLocks {
  CRITICAL_SECTION first{};
  CRITICAL_SECTION second{};
  UniqueHandle held{CreateEventW(nullptr, TRUE, FALSE, nullptr)};

  TwoLocks() {
    InitializeCriticalSection(&first);
    InitializeCriticalSection(&second);
  }
  ~TwoLocks() {
    DeleteCriticalSection(&first);
    DeleteCriticalSection(&second);
  }
};

DWORD WINAPI wait_for_second(void* parameter) {
  auto& locks = *static_cast<TwoLocks*>(parameter);
  EnterCriticalSection(&locks.first);
  SetEvent(locks.held.get());
  EnterCriticalSection(&locks.second);
  LeaveCriticalSection(&locks.second);
  LeaveCriticalSection(&locks.first);
  return 0;
}

TEST(AwaitedSection, a_thread_that_really_waits_shows_the_section_and_its_owner) {
  TwoLocks locks;
  EnterCriticalSection(&locks.second);
  DWORD tid = 0;
  const UniqueHandle thread(CreateThread(nullptr, 0, wait_for_second, &locks, 0, &tid));
  WaitForSingleObject(locks.held.get(), INFINITE);
  const std::array<std::uint32_t, 2> tids{GetCurrentThreadId(), tid};
  std::optional<AwaitedSection> found;
  // The thread says that it holds the first lock a moment before it waits for the second.
  for (int attempt = 0; attempt < 1000 && !found; ++attempt) {
    SuspendThread(thread.get());
    if (const auto registers = capture_registers(thread.get(), true);
        registers && is_in_system_call(OwnMemory(), *registers)) {
      found = find_awaited_section(OwnMemory(), *registers, tid, tids);
    }
    ResumeThread(thread.get());
    SwitchToThread();
  }
  LeaveCriticalSection(&locks.second);
  WaitForSingleObject(thread.get(), INFINITE);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->section, address_of(&locks.second));
  EXPECT_EQ(found->owner, GetCurrentThreadId());
}

TEST(MeasureCpuShares, a_thread_that_spins_uses_more_than_one_that_waits) {
  std::atomic<bool> go{true};
  const UniqueHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  const UniqueHandle spinning(CreateThread(
      nullptr, 0,
      [](void* flag) -> DWORD {
        while (*static_cast<std::atomic<bool>*>(flag)) {
        }
        return 0;
      },
      &go, 0, nullptr));
  const UniqueHandle waiting(CreateThread(
      nullptr, 0, [](void* handle) -> DWORD { return WaitForSingleObject(handle, INFINITE); }, event.get(), 0,
      nullptr));
  const std::array<void*, 2> threads{spinning.get(), waiting.get()};
  std::vector<double> shares{0, 0};
  for (int attempt = 0; attempt < 100 && shares[0] <= shares[1]; ++attempt) {  // a loaded machine may not let it run
    shares = measure_cpu_shares(threads, 50ms);
  }
  go = false;
  SetEvent(event.get());
  WaitForSingleObject(spinning.get(), INFINITE);
  WaitForSingleObject(waiting.get(), INFINITE);
  EXPECT_GT(shares[0], shares[1]);
}

TEST(FindLoaderLock, the_peb_names_a_critical_section) {
  const Address lock = find_loader_lock(GetCurrentProcess(), OwnMemory(), true);
  ASSERT_TRUE(lock);
  EXPECT_TRUE(read_value<CRITICAL_SECTION>(OwnMemory(), lock));
}

TEST(FindDialogs, a_message_box_shows_its_title_and_text) {
  const HMODULE user32 = LoadLibraryW(L"user32.dll");
  ASSERT_NE(user32, nullptr);
  using MessageBoxFunction = int WINAPI(HWND, const wchar_t*, const wchar_t*, UINT);
  const auto message_box =
      reinterpret_cast<MessageBoxFunction*>(reinterpret_cast<void*>(GetProcAddress(user32, "MessageBoxW")));
  const auto find_window = reinterpret_cast<HWND WINAPI (*)(const wchar_t*, const wchar_t*)>(
      reinterpret_cast<void*>(GetProcAddress(user32, "FindWindowW")));
  const auto post = reinterpret_cast<BOOL WINAPI (*)(HWND, UINT, WPARAM, LPARAM)>(
      reinterpret_cast<void*>(GetProcAddress(user32, "PostMessageW")));
  std::atomic<bool> ended{false};
  std::thread box([&] {
    message_box(nullptr, L"Something went wrong", L"catcher test dialog", 0);
    ended = true;
  });
  const std::array<std::uint32_t, 1> pids{GetCurrentProcessId()};
  std::vector<std::pair<std::uint32_t, ShownDialog>> dialogs;
  while (!ended && dialogs.empty()) {
    dialogs = find_dialogs(pids);
    SwitchToThread();
  }
  while (!ended) {
    if (const HWND window = find_window(nullptr, L"catcher test dialog"); window != nullptr) {
      post(window, 0x0010 /* WM_CLOSE */, 0, 0);
    }
    SwitchToThread();
  }
  box.join();
  if (dialogs.empty()) {
    GTEST_SKIP() << "no desktop to show a dialog on";
  }
  EXPECT_EQ(dialogs.at(0).first, GetCurrentProcessId());
  EXPECT_EQ(dialogs.at(0).second.title, "catcher test dialog");
  EXPECT_EQ(dialogs.at(0).second.text, "Something went wrong");
}

}  // namespace
}  // namespace catcher
