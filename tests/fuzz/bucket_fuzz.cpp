// Which bug a crash is: whatever the crash looks like, there is an answer, and it does not depend on what must not
// matter.
#include "made_report.h"
#include "triage/bucket.h"
#include "triage/fault_description.h"
#include "triage/severity.h"
#include "triage/summary.h"
#include "triage/verdict.h"

namespace catcher::fuzz {
namespace {

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_bucket_id(std::string_view id) {
  return id.size() == 36 && id.starts_with("h1:") && is_hex(id.substr(3, 16)) && id[19] == '.' && is_hex(id.substr(20));
}

// The same bug in another run: other ids, other times, other addresses, another directory.
Crash another_run(Crash crash) {
  constexpr std::uint64_t kMoved = 0x7000000;
  crash.pid += 4;
  crash.tid += 4;
  crash.time *= 2;
  crash.thread_name += "x";
  crash.notes.emplace_back("a note");
  crash.debug_strings.clear();
  crash.threads.clear();
  crash.minidump = "elsewhere.dmp";
  if (crash.exception) {
    crash.exception->address = crash.exception->address + kMoved;
  }
  if (crash.cxx) {
    crash.cxx->what += "at 0x1234";
  }
  for (ModuleRecord& module : crash.modules) {
    module.base = module.base + kMoved;
    module.path = "D:\\elsewhere\\" + module.path;
  }
  for (Frame& frame : crash.stack.frames) {
    frame.pc = frame.pc + kMoved;
    frame.file = frame.file.empty() ? frame.file : "/elsewhere/" + frame.file;
    frame.in_bucket = !frame.in_bucket;
  }
  return crash;
}

void check_crash(const Crash& crash) {
  const Bucket bucket = bucket_of(crash);
  require(is_bucket_id(bucket.id), "a bucket has its form");
  require(!bucket.kind.empty(), "a bucket has a kind");
  require(bucket.frames.size() <= 3, "at most three frames decide");
  require(std::all_of(bucket.frames.begin(), bucket.frames.end(),
                      [&](std::size_t frame) { return frame < crash.stack.frames.size(); }),
          "frames that decide exist");
  require(bucket_of(another_run(crash)).id == bucket.id, "another run of the same bug has the same bucket");
  require(bucket_of(with_bucket(crash)).id == bucket.id, "marking the frames changes nothing");
}

void check_hang(Hang hang) {
  const std::string id = bucket_of(hang).id;
  require(is_bucket_id(id), "a hang's bucket has its form");
  for (Hang::Process& process : hang.processes) {
    std::reverse(process.threads.begin(), process.threads.end());
    if (!process.threads.empty()) {
      process.threads.push_back(process.threads.front());
    }
  }
  std::reverse(hang.processes.begin(), hang.processes.end());
  require(bucket_of(hang).id == id, "the order and number of a hang's threads do not count");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  catcher::RunReport report = made_report(input);
  for (catcher::Crash& crash : report.crashes) {
    if (crash.exception) {
      crash.exception = with_description(*crash.exception);
    }
    check_crash(crash);
    require(!rank_severity(crash).reason.empty(), "every crash has a rank with a reason");
    require(!summarize_crash(crash).empty(), "every crash has a summary");
    require(catcher::to_number(signal_exit_code(crash)) >= 128, "a crash is seen in the exit code");
  }
  if (report.hang) {
    check_hang(*report.hang);
  }
  require(!summarize_run(report, report.start_failure).empty(), "every run has a summary");
  return 0;
}
