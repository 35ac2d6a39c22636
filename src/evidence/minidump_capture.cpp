#include "evidence/minidump_capture.h"

#include <windows.h>

#include <algorithm>
#include <array>

#include "evidence/thread_stack.h"
#include "win32/dynamic_function.h"
#include "win32/utf.h"

namespace catcher {
namespace {

constexpr std::uint64_t kPage = 0x1000;
constexpr std::uint64_t kLongestStack = 256 * 1024;
constexpr std::uint64_t kLongestStackOfOthers = 64 * 1024;
constexpr std::uint64_t kAllStacks = 4 * 1024 * 1024;
constexpr std::uint64_t kBefore = 128;  // around what a register points at
constexpr std::uint64_t kBehind = 384;
constexpr std::size_t kThreadsWithTeb = 64;
constexpr std::size_t kMostThreads = 4096;
constexpr std::uint32_t kLongestCodeView = 1024;
constexpr std::uint64_t kTicksPerSecond = 10'000'000;
constexpr std::uint64_t kSecondsFrom1601To1970 = 11'644'473'600;

std::uint64_t ticks_of(const FILETIME& time) {
  return (std::uint64_t{time.dwHighDateTime} << 32U) | time.dwLowDateTime;
}

std::uint32_t unix_seconds(const FILETIME& time) {
  const std::uint64_t seconds = ticks_of(time) / kTicksPerSecond;
  return seconds < kSecondsFrom1601To1970 ? 0 : static_cast<std::uint32_t>(seconds - kSecondsFrom1601To1970);
}

// GetVersionEx lies to programs without a manifest; RtlGetVersion does not.
MinidumpContents::System capture_system(bool is_64_bit) {
  MinidumpContents::System system;
  system.is_64_bit = is_64_bit;
  SYSTEM_INFO info{};
  GetNativeSystemInfo(&info);
  system.processor_level = info.wProcessorLevel;
  system.processor_revision = info.wProcessorRevision;
  system.processors = static_cast<std::uint8_t>(std::min<DWORD>(info.dwNumberOfProcessors, 255));
  OSVERSIONINFOEXW version{};
  version.dwOSVersionInfoSize = sizeof version;
  if (const auto get_version = find_function<LONG WINAPI(OSVERSIONINFOEXW*)>(L"ntdll.dll", "RtlGetVersion");
      get_version != nullptr && get_version(&version) >= 0) {
    system.major = version.dwMajorVersion;
    system.minor = version.dwMinorVersion;
    system.build = version.dwBuildNumber;
    system.product_type = version.wProductType;
    system.service_pack = to_utf8(static_cast<const wchar_t*>(version.szCSDVersion));
  }
  return system;
}

MinidumpContents::Process capture_process(const DumpedProcess& dumped) {
  MinidumpContents::Process process;
  process.pid = dumped.pid;
  FILETIME created{};
  FILETIME ended{};
  FILETIME kernel{};
  FILETIME user{};
  if (dumped.process != nullptr && GetProcessTimes(dumped.process, &created, &ended, &kernel, &user) != 0) {
    process.created = unix_seconds(created);
    process.kernel_time = static_cast<std::uint32_t>(ticks_of(kernel) / kTicksPerSecond);
    process.user_time = static_cast<std::uint32_t>(ticks_of(user) / kTicksPerSecond);
  }
  return process;
}

// Reads what is readable of a range, page by page, so that a hole costs only itself.
std::vector<MemoryBytes> read_pieces(const MemoryReader& memory, const MemoryRange& range) {
  std::vector<MemoryBytes> pieces;
  bool continues = false;
  for (Address at = range.start; at < range.end();) {
    const std::uint64_t size = std::min<std::uint64_t>(kPage - at.value % kPage, range.end() - at);
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    bytes.resize(memory.read(at, bytes));
    if (!bytes.empty() && continues) {
      pieces.back().bytes.insert(pieces.back().bytes.end(), bytes.begin(), bytes.end());
    } else if (!bytes.empty()) {
      pieces.push_back({at, bytes});
    }
    continues = bytes.size() == size;
    at = at + size;
  }
  return pieces;
}

// The live part of a stack: from the stack pointer to the base, where the TEB tells it; else to the first unreadable
// page.
MemoryBytes capture_stack(const DumpedProcess& dumped, const DumpedThread& thread, std::uint64_t limit) {
  if (!thread.registers) {
    return {};
  }
  const Address top{thread.registers->sp() & ~std::uint64_t{7}};
  const auto bounds = read_thread_stack(dumped.memory, thread.teb, thread.tid, dumped.is_64_bit);
  std::uint64_t size = limit;
  if (bounds && top < bounds->base && top >= bounds->reserve) {
    size = std::min(size, bounds->base - top);
  }
  MemoryBytes stack{top, std::vector<std::byte>(static_cast<std::size_t>(size))};
  stack.bytes.resize(dumped.memory.read(top, stack.bytes));
  return stack;
}

void capture_threads(const DumpedProcess& dumped, MinidumpContents& contents) {
  std::uint64_t budget = kAllStacks;
  // The crashed thread first: its stack must not be what the budget does not reach.
  std::vector<const DumpedThread*> order;
  for (const DumpedThread& thread : dumped.threads) {
    order.insert(thread.tid == dumped.crashed_tid ? order.begin() : order.end(), &thread);
  }
  order.resize(std::min(order.size(), kMostThreads));
  for (const DumpedThread* thread : order) {
    const std::uint64_t limit = thread->tid == dumped.crashed_tid ? kLongestStack : kLongestStackOfOthers;
    const Address teb = dumped.is_64_bit ? thread->teb : teb32_of(dumped.memory, thread->teb);
    MinidumpContents::Thread entry{thread->tid, thread->name, teb, {}, {}};
    if (thread->registers) {
      entry.context = thread->registers->context;
      entry.stack = capture_stack(dumped, *thread, std::min(limit, budget));
      budget -= entry.stack.bytes.size();
    }
    contents.threads.push_back(std::move(entry));
  }
}

// The CodeView record that the debug directory of an image points at. The headers may say anything.
std::vector<std::byte> codeview_of(const MemoryReader& memory, Address base, Address header, bool pe32_plus) {
  constexpr std::uint32_t kCodeView = 2;
  constexpr std::uint32_t kMostEntries = 32;
  struct DebugEntry {  // IMAGE_DEBUG_DIRECTORY
    std::uint32_t characteristics;
    std::uint32_t timestamp;
    std::uint32_t version;
    std::uint32_t type;
    std::uint32_t size;
    std::uint32_t rva;
    std::uint32_t offset;
  };
  const Address directory = header + 24 + (pe32_plus ? 112U : 96U) + 6U * 8U;
  const std::uint32_t rva = read_value<std::uint32_t>(memory, directory).value_or(0);
  const std::uint32_t size = read_value<std::uint32_t>(memory, directory + 4).value_or(0);
  for (std::uint32_t i = 0; rva != 0 && i < kMostEntries && (i + 1) * sizeof(DebugEntry) <= size; ++i) {
    const auto entry = read_value<DebugEntry>(memory, base + rva + i * sizeof(DebugEntry));
    if (entry && entry->type == kCodeView && entry->rva != 0) {
      std::vector<std::byte> record(std::min(entry->size, kLongestCodeView));
      record.resize(memory.read(base + entry->rva, record));
      return record;
    }
  }
  return {};
}

MinidumpContents::Module capture_module(const MemoryReader& memory, const Module& module) {
  MinidumpContents::Module entry;
  entry.base = module.base;
  entry.size = static_cast<std::uint32_t>(module.size);
  entry.timestamp = module.timestamp;
  entry.path = module.path.empty() ? module.name : module.path;
  const std::uint32_t offset = read_value<std::uint32_t>(memory, module.base + 0x3C).value_or(0);
  const Address header = module.base + offset;
  if (offset != 0 && offset < 0x10000 && read_value<std::uint32_t>(memory, header) == 0x4550U) {
    const bool pe32_plus = read_value<std::uint16_t>(memory, header + 24) == std::uint16_t{0x20B};
    entry.checksum = read_value<std::uint32_t>(memory, header + 24 + 64).value_or(0);
    entry.codeview = codeview_of(memory, module.base, header, pe32_plus);
  }
  return entry;
}

std::optional<MinidumpContents::Exception> capture_exception(const DumpedProcess& dumped) {
  if (!dumped.exception) {
    return std::nullopt;
  }
  MinidumpContents::Exception exception;
  exception.tid = dumped.crashed_tid;
  exception.code = dumped.exception->code;
  exception.address = dumped.exception->address;
  exception.parameters = dumped.exception->parameters;
  for (const DumpedThread& thread : dumped.threads) {
    if (thread.tid == dumped.crashed_tid && thread.registers) {
      exception.context = thread.registers->context;
    }
  }
  return exception;
}

// What a debugger wants to look at beside the stacks: code and data where registers point, and the TEBs.
std::vector<MemoryRange> interesting_ranges(const DumpedProcess& dumped) {
  std::vector<MemoryRange> ranges;
  const auto around = [&ranges](std::uint64_t value) {
    if (value >= 0x10000 && value < 0x7FFF'FFFF'0000) {
      ranges.push_back({{value - kBefore}, kBefore + kBehind});
    }
  };
  std::size_t tebs = 0;
  for (const DumpedThread& thread : dumped.threads) {
    if (thread.registers) {
      around(thread.registers->ip);
    }
    if (thread.registers && thread.tid == dumped.crashed_tid) {
      std::for_each(thread.registers->general.begin(), thread.registers->general.end(), around);
    }
    if (thread.teb && tebs++ < kThreadsWithTeb) {
      ranges.push_back({dumped.is_64_bit ? thread.teb : teb32_of(dumped.memory, thread.teb), 2 * kPage});
    }
  }
  if (dumped.exception && dumped.exception->target) {
    around(dumped.exception->target->value);
  }
  return ranges;
}

}  // namespace

MinidumpContents capture_minidump(const DumpedProcess& dumped) {
  MinidumpContents contents;
  FILETIME now{};
  GetSystemTimeAsFileTime(&now);
  contents.timestamp = unix_seconds(now);
  contents.system = capture_system(dumped.is_64_bit);
  contents.process = capture_process(dumped);
  capture_threads(dumped, contents);
  for (const Module& module : dumped.modules) {
    // As a dump of a 32-bit process by a 32-bit debugger: readers take wow64.dll as the mark of one that has 64-bit
    // contexts, and find no registers then.
    if (!dumped.is_64_bit && module.base.value > 0xFFFF'FFFF) {
      continue;
    }
    contents.modules.push_back(capture_module(dumped.memory, module));
  }
  contents.exception = capture_exception(dumped);
  contents.comment = dumped.comment;

  std::vector<MemoryRange> stacks;
  for (const MinidumpContents::Thread& thread : contents.threads) {
    stacks.push_back({thread.stack.start, thread.stack.bytes.size()});
  }
  for (const MemoryRange& range : merge_ranges(interesting_ranges(dumped), stacks)) {
    for (MemoryBytes& piece : read_pieces(dumped.memory, range)) {
      contents.memory.push_back(std::move(piece));
    }
  }
  return contents;
}

std::vector<MemoryRange> readable_ranges(const MemoryMap& map, std::size_t limit) {
  std::vector<MemoryRange> ranges;
  Address at{0};
  for (std::size_t i = 0; i < limit; ++i) {
    const auto region = map.region_at(at);
    if (!region || region->size == 0 || region->base + region->size <= at) {
      break;
    }
    if (region->state == RegionState::kCommitted && region->readable) {
      ranges.push_back({region->base, region->size});
    }
    at = region->base + region->size;
  }
  return ranges;
}

}  // namespace catcher
