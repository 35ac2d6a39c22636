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

StoppedProcess::StoppedProcess(Process& process, SymbolCache& symbols, const std::vector<Module>& known)
    : process_(process),
      map_(process.handle),
      images_(process.memory),
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
  constexpr std::chrono::seconds kTime{1};
  return named(thread, capture_registers({thread.handle}, is_64_bit(), Clock::now() + kTime).front());
}

StoppedThread StoppedProcess::named(const Thread& thread, std::optional<Registers> registers) {
  StoppedThread result = look_at(thread, std::move(registers));
  result.stack = named_stack(result);
  return result;
}

std::vector<StoppedThread> StoppedProcess::threads(std::uint32_t first, Clock::time_point deadline) {
  std::vector<const Thread*> order;
  order.reserve(process_.threads.size());
  for (const auto& [tid, thread] : process_.threads) {
    if (!thread.is_break_in) {
      order.push_back(&thread);
    }
  }
  std::stable_partition(order.begin(), order.end(), [first](const Thread* thread) { return thread->tid == first; });
  std::vector<void*> handles;  // of the debug events: the OS closes them
  std::transform(order.begin(), order.end(), std::back_inserter(handles),
                 [](const Thread* thread) { return thread->handle; });
  auto registers = capture_registers(std::move(handles), is_64_bit(), deadline);
  std::vector<StoppedThread> result;
  result.reserve(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (Clock::now() < deadline) {
      result.push_back(named(*order[i], std::move(registers[i])));
    } else {
      result.push_back({order[i]->tid, order[i]->name, order[i]->teb, std::nullopt, std::nullopt, {}});
      result.back().stack.end_reason = "there was no time left to look at this thread";
    }
  }
  return result;
}

}  // namespace catcher
