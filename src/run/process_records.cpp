#include "run/process_records.h"

#include <utility>

namespace catcher {
namespace {

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start,
                                std::chrono::steady_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time - start);
}

HowEnded how_ended(const Process& process, bool crashed) {
  if (crashed) {
    return HowEnded::kCrash;
  }
  if (process.detached || (!process.followed && !process.exit_status)) {
    return HowEnded::kDetached;
  }
  const bool killed = process.exit_request == ExitRequest::kByCatcher || process.exit_request == ExitRequest::kByTree;
  return killed ? HowEnded::kKilled : HowEnded::kItself;
}

}  // namespace

ProcessRecord process_record(const Process& process, ProcessFindings findings,
                             std::chrono::steady_clock::time_point started) {
  ProcessRecord record;
  record.pid = process.pid;
  record.parent_pid = process.parent_pid;
  record.bits = process.state.bits;
  record.image = process.image;
  record.command_line = process.command_line;
  record.start = since(started, process.started);
  if (process.ended) {
    record.end = since(started, *process.ended);
  }
  record.exit_status = process.exit_status;
  record.ended = how_ended(process, findings.crashed);
  record.followed = process.followed;
  record.is_helper = process.is_helper;
  record.exit_stack = std::move(findings.exit_stack);
  return record;
}

}  // namespace catcher
