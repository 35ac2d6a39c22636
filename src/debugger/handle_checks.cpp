#include "debugger/handle_checks.h"

#include "win32/dynamic_function.h"

namespace catcher {

bool checks_handles_strictly(HANDLE process) noexcept {
  // Windows 8.
  const auto get = find_function<BOOL WINAPI(HANDLE, PROCESS_MITIGATION_POLICY, PVOID, SIZE_T)>(
      L"kernel32.dll", "GetProcessMitigationPolicy");
  PROCESS_MITIGATION_STRICT_HANDLE_CHECK_POLICY policy{};
  return get != nullptr && get(process, ProcessStrictHandleCheckPolicy, &policy, sizeof policy) != 0 &&
         policy.RaiseExceptionOnInvalidHandleReference != 0;
}

}  // namespace catcher
