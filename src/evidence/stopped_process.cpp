#include "evidence/stopped_process.h"

#include "evidence/thread_name.h"
#include "win32/utf.h"

#include <algorithm>
#include <utility>

namespace catcher {
namespace {

// Keeps both ends of a stack. Before the names: those of the rest would be asked for nothing; and after, since inlined
// functions make more frames of what was unwound.
template <typename AnyFrame>
void trim(std::vector<AnyFrame>& frames) {
  if (frames.size() > Stack::kHead + Stack::kTail) {
    frames.erase(frames.begin() + Stack::kHead, frames.end() - static_cast<std::ptrdiff_t>(Stack::kTail));
  }
}

std::vector<Module> described_modules(Process& process, const std::vector<Module>& known) {
  describe_modules(process, known);
  return process.modules;
}

// Directories, separated by semicolons.
std::wstring symbol_path(const SymbolOptions& options) {
  std::wstring path;
  for (const std::string& directory : options.directories) {
    path += path.empty() ? L"" : L";";
    path += to_utf16(directory);
  }
  return path;
}

}  // namespace

std::vector<std::optional<Registers>> registers_of(std::span<Process* const> processes,
                                                   std::chrono::steady_clock::time_point deadline) {
  std::vector<ThreadToRead> threads;  // the handles are the debug events': the OS closes them
  for (const Process* process : processes) {
    for (const auto& [tid, thread] : process->threads) {
      threads.push_back({thread.handle, process->state.bits == 64});
    }
  }
  return capture_registers(std::move(threads), deadline);
}

StoppedProcess::StoppedProcess(Process& process, SymbolCache& symbols, const std::vector<Module>& known,
                               CommonImages* common)
    : process_(process),
      map_(process.handle),
      images_(process.memory, common),
      symbolizer_(symbols, described_modules(process, known), process.memory),
      unwinder_x86_(images_, process.modules, symbol_path(symbols.options())) {}

StoppedThread StoppedProcess::look_at(const Thread& thread, std::optional<Registers> registers) const {
  StoppedThread result;
  result.tid = thread.tid;
  result.name = thread.name.empty() ? thread_description(thread.handle) : thread.name;
  const Address teb = teb_of_thread(thread.handle);
  result.teb = teb ? teb : thread.teb;
  result.registers = std::move(registers);
  result.bounds = read_thread_stack(process_.memory, result.teb, thread.tid, is_64_bit());
  return result;
}

UnwoundStack StoppedProcess::walk(const StoppedThread& thread) {
  StackBounds bounds;
  if (thread.bounds) {
    bounds = {thread.bounds->limit, thread.bounds->base};
  }
  if (!is_64_bit()) {
    return unwinder_x86_.walk(register_context_x86(*thread.registers), bounds);
  }
  const auto is_executable = [this](Address address) {
    const auto region = map_.region_at(address);
    return region && region->executable;
  };
  return Unwinder(images_, process_.modules, is_executable).walk(register_context(*thread.registers), bounds);
}

Stack StoppedProcess::named_stack(const StoppedThread& thread) {
  Stack stack;
  if (!thread.registers) {
    stack.end_reason = "the thread's registers cannot be read";
    return stack;
  }
  UnwoundStack unwound = walk(thread);
  stack.frames_total = unwound.frames_total;
  stack.end_reason = std::move(unwound.end_reason);
  trim(unwound.frames);
  std::vector<CodeAddress> places;
  places.reserve(unwound.frames.size());
  std::transform(unwound.frames.begin(), unwound.frames.end(), std::back_inserter(places),
                 [](const UnwoundFrame& frame) { return CodeAddress{frame.pc, !frame.is_exact, frame.source}; });
  stack.frames = symbolizer_.frames(places);
  stack.frames_total += stack.frames.size() - places.size();  // inlined functions are frames of their own
  trim(stack.frames);
  return stack;
}

StoppedThread StoppedProcess::thread(const Thread& thread) {
  return named(thread, registers_soon(thread));
}

std::optional<Registers> StoppedProcess::registers_soon(const Thread& thread) const {
  constexpr std::chrono::seconds kTime{1};
  return capture_registers({{thread.handle, is_64_bit()}}, Clock::now() + kTime).front();
}

StoppedThread StoppedProcess::named(const Thread& thread, std::optional<Registers> registers) {
  StoppedThread result = look_at(thread, std::move(registers));
  result.stack = named_stack(result);
  return result;
}

std::vector<StoppedThread> StoppedProcess::threads(std::uint32_t first, Clock::time_point deadline) {
  Process* const process = &process_;
  auto registers = registers_of(std::span(&process, 1), deadline);
  const auto wanted = process_.threads.find(first);
  if (wanted != process_.threads.end()) {
    auto& its_registers = registers[static_cast<std::size_t>(std::distance(process_.threads.begin(), wanted))];
    if (!its_registers) {  // threads that are stuck have used the time up; this one must not suffer from it
      its_registers = registers_soon(wanted->second);
    }
  }
  return threads(first, deadline, registers);
}

std::vector<StoppedThread> StoppedProcess::threads(std::uint32_t first, Clock::time_point deadline,
                                                   std::span<const std::optional<Registers>> registers) {
  std::vector<StoppedThread> result;
  const auto add = [&](const Thread& thread, const std::optional<Registers>& its_registers) {
    if (thread.is_break_in) {
      return;
    }
    if (Clock::now() < deadline) {
      result.push_back(named(thread, its_registers));
    } else {
      result.push_back({thread.tid, thread.name, thread.teb, std::nullopt, std::nullopt, {}});
      result.back().stack.end_reason = "there was no time left to look at this thread";
    }
  };
  const auto all = [&](bool is_first) {
    auto its_registers = registers.begin();
    for (const auto& [tid, thread] : process_.threads) {
      if ((tid == first) == is_first) {
        add(thread, *its_registers);
      }
      ++its_registers;
    }
  };
  all(true);
  all(false);
  return result;
}

}  // namespace catcher
