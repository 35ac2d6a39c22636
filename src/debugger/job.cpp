#include "debugger/job.h"

#include "win32/error.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace catcher {

Job::Job() : job_(CreateJobObjectW(nullptr, nullptr)) {
  if (!job_) {
    throw last_win32_error("CreateJobObjectW");
  }
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (SetInformationJobObject(job_.get(), JobObjectExtendedLimitInformation, &limits, sizeof limits) == 0) {
    throw last_win32_error("SetInformationJobObject");
  }
}

void Job::terminate(std::uint32_t exit_code) const noexcept {
  TerminateJobObject(job_.get(), exit_code);
}

void Job::limit_memory(std::uint64_t bytes) const noexcept {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_JOB_MEMORY;
  limits.JobMemoryLimit = static_cast<SIZE_T>(std::min<std::uint64_t>(bytes, std::numeric_limits<SIZE_T>::max()));
  SetInformationJobObject(job_.get(), JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

std::uint64_t Job::peak_memory() const noexcept {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  return QueryInformationJobObject(job_.get(), JobObjectExtendedLimitInformation, &limits, sizeof limits, nullptr) != 0
             ? limits.PeakJobMemoryUsed
             : 0;
}

std::uint32_t Job::active_processes() const noexcept {
  JOBOBJECT_BASIC_ACCOUNTING_INFORMATION counts{};
  return QueryInformationJobObject(job_.get(), JobObjectBasicAccountingInformation, &counts, sizeof counts, nullptr) !=
                 0
             ? counts.ActiveProcesses
             : 0;
}

void Job::release() const noexcept {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION none{};
  SetInformationJobObject(job_.get(), JobObjectExtendedLimitInformation, &none, sizeof none);
}

std::vector<std::uint32_t> Job::process_ids() const {
  constexpr std::size_t kMost = 4096;
  std::vector<ULONG_PTR> buffer(2 + kMost);
  // The structure ends in an array of ULONG_PTR; the buffer is made of them so that it is aligned.
  auto* list = reinterpret_cast<JOBOBJECT_BASIC_PROCESS_ID_LIST*>(buffer.data());
  const auto size = static_cast<DWORD>(buffer.size() * sizeof(ULONG_PTR));
  if (QueryInformationJobObject(job_.get(), JobObjectBasicProcessIdList, list, size, nullptr) == 0 &&
      GetLastError() != ERROR_MORE_DATA) {
    return {};
  }
  std::vector<std::uint32_t> ids;
  ids.reserve(list->NumberOfProcessIdsInList);
  for (DWORD i = 0; i < list->NumberOfProcessIdsInList && i < kMost; ++i) {
    ids.push_back(static_cast<std::uint32_t>(list->ProcessIdList[i]));
  }
  return ids;
}

}  // namespace catcher
