#include "monitors/exit_meaning.h"

#include "triage/exception_catalogue.h"

#include <algorithm>

namespace catcher {
namespace {

// A fault that kills does so at once. One that is older was handled, and the process was ended from outside the tree,
// which we do not see. A stack overflow is the exception: the handlers that run on the last page may take their time.
constexpr std::chrono::milliseconds kDeadlyFaultAge{1000};

constexpr std::uint32_t kStackOverflow = 0xC00000FD;  // ntstatus.h

bool contains(const std::vector<std::uint32_t>& codes, std::uint32_t code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// Nobody asked, or the one who did gave the fault as the reason: that is how the loader ends a process whose DLL
// faulted.
bool died_of_fault(const ExitFacts& facts) {
  if (!facts.unresolved_fault_age) {
    return false;
  }
  if (facts.request == ExitRequest::kOwnHand) {
    return facts.status == facts.unresolved_fault_code;
  }
  return facts.request == ExitRequest::kNone &&
         (facts.unresolved_fault_code == kStackOverflow || *facts.unresolved_fault_age <= kDeadlyFaultAge);
}

}  // namespace

ExitMeaning explain_exit(const ExitFacts& facts, const CrashPolicy& policy) {
  if (facts.request == ExitRequest::kByCatcher) {
    return ExitMeaning::kNormal;
  }
  if (contains(policy.crash_on_exit, facts.status)) {
    return ExitMeaning::kStatus;
  }
  if (facts.request == ExitRequest::kByTree || facts.request == ExitRequest::kExitCall ||
      contains(policy.ignore, facts.status)) {
    return ExitMeaning::kNormal;
  }
  if (died_of_fault(facts)) {
    return contains(policy.ignore, facts.unresolved_fault_code) ? ExitMeaning::kNormal : ExitMeaning::kDiedOfFault;
  }
  if (facts.is_root && is_loader_failure(facts.status)) {
    return ExitMeaning::kCannotStart;
  }
  return is_error_status(facts.status) ? ExitMeaning::kStatus : ExitMeaning::kNormal;
}

}  // namespace catcher
