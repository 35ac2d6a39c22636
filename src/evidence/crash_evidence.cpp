#include "evidence/crash_evidence.h"

#include "evidence/address_description.h"
#include "evidence/cxx_exception.h"
#include "evidence/disassemble.h"
#include "evidence/minidump_capture.h"
#include "evidence/stopped_process.h"
#include "triage/bucket.h"
#include "triage/severity.h"
#include "triage/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <string_view>

namespace catcher {
namespace {

// Functions through which an uncaught exception goes on its way to abort(). One that was caught long ago has none of
// them above it.
bool leads_from_throw(const Frame& frame) {
  const std::string_view name = frame.function;
  return name.find("__cxa_throw") != std::string_view::npos || name.find("__cxa_rethrow") != std::string_view::npos ||
         name.find("terminate") != std::string_view::npos || name.find("_CxxThrowException") != std::string_view::npos;
}

// Without names nobody can tell, and the last exception of the thread is the best guess.
bool may_come_from_throw(const Stack& stack) {
  return std::any_of(stack.frames.begin(), stack.frames.end(), leads_from_throw) ||
         std::none_of(stack.frames.begin(), stack.frames.end(), [](const Frame& frame) {
           return !frame.function.empty() && frame.source != FrameSource::kContext;
         });
}

std::optional<CxxException> thrown(const Crash& crash, const Process& process,
                                   const std::optional<LastThrow>& last_throw) {
  const bool is_64_bit = process.state.bits == 64;
  if (crash.exception && is_cxx_throw(crash.exception->code)) {
    if (auto decoded =
            decode_cxx_exception(process.memory, crash.exception->code, crash.exception->parameters, is_64_bit)) {
      return decoded;
    }
  }
  const bool wanted = crash.kind != CrashKind::kException || (crash.exception && is_cxx_throw(crash.exception->code));
  return last_throw && wanted && may_come_from_throw(crash.stack)
             ? decode_cxx_exception(process.memory, last_throw->code, last_throw->parameters, is_64_bit)
             : std::nullopt;
}

void describe_fault(Crash& crash, StoppedProcess& stopped, const std::vector<StoppedThread>& threads) {
  const Process& process = stopped.process();
  if (const auto& registers = threads.front().registers) {
    crash.registers = named_registers(*registers);
    if (crash.exception) {
      const FaultingInstruction instruction = describe_instruction(process.memory, *registers, *crash.exception);
      crash.instruction = instruction.text;
      crash.instruction_note = instruction.note;
    }
  }
  if (crash.exception && crash.exception->target) {
    std::vector<ThreadStack> stacks;
    for (const StoppedThread& thread : threads) {
      if (thread.bounds) {
        stacks.push_back(*thread.bounds);
      }
    }
    const AddressSpace space{process.memory, stopped.map(), process.modules, stacks, stopped.is_64_bit()};
    crash.target_region = describe_address(*crash.exception->target, space);
  }
}

void write_dump(Crash& crash, StoppedProcess& stopped, const std::vector<StoppedThread>& threads,
                const EvidenceOptions& options) {
  if (options.dump_directory.empty() || (options.wants_dump && !options.wants_dump(crash))) {
    return;
  }
  Process& process = stopped.process();
  std::vector<DumpedThread> dumped_threads;
  std::transform(threads.begin(), threads.end(), std::back_inserter(dumped_threads), [](const StoppedThread& thread) {
    return DumpedThread{thread.tid, thread.name, thread.teb, thread.registers};
  });
  const DumpedProcess dumped{process.handle, process.pid, stopped.is_64_bit(), process.memory, process.modules,
                             dumped_threads, crash.tid,   crash.exception,     crash.summary};
  const std::string name = fmt::format("{}.{}.dmp", crash.image, crash.pid);
  const WrittenMinidump written =
      write_minidump(options.dump_directory, name, dumped, options.dump_type, stopped.map());
  crash.minidump = written.path;
  crash.minidump_error = written.error;
}

}  // namespace

void CrashEvidence::gather(Crash& crash, Process& process, const std::optional<LastThrow>& last_throw) const {
  StoppedProcess stopped(process, symbols_);
  std::vector<StoppedThread> threads = stopped.threads(crash.tid, StoppedProcess::Clock::now() + options_.time);
  if (threads.empty() || threads.front().tid != crash.tid) {
    crash.notes.emplace_back("the crashed thread is not there any more");
    return;
  }
  crash.thread_name = threads.front().name;
  crash.stack = threads.front().stack;
  describe_fault(crash, stopped, threads);
  crash.cxx = thrown(crash, process, last_throw);
  crash.modules = stopped.modules();
  crash = with_severity(with_bucket(std::move(crash)));
  crash.summary = summarize_crash(crash);
  write_dump(crash, stopped, threads, options_);
  for (StoppedThread& thread : threads) {
    if (thread.tid != crash.tid) {
      crash.threads.push_back({thread.tid, std::move(thread.name), std::move(thread.stack), {}});
    }
  }
}

void CrashEvidence::add_to(Crash& crash, Process& process, const std::optional<LastThrow>& last_throw) const noexcept {
  try {
    gather(crash, process, last_throw);
  } catch (const std::exception& error) {
    crash.notes.push_back(std::string("not all evidence could be gathered: ") + error.what());
  }
}

Stack CrashEvidence::stack_of(Process& process, std::uint32_t tid) const noexcept {
  Stack stack;
  try {
    const Thread* thread = process.find_thread(tid);
    if (thread == nullptr) {
      stack.end_reason = "the thread is not there any more";
      return stack;
    }
    StoppedProcess stopped(process, symbols_);
    return stopped.thread(*thread).stack;
  } catch (const std::exception& error) {
    stack.end_reason = error.what();
  }
  return stack;
}

}  // namespace catcher
