#include "cli/self_protection.h"

#include "win32/dynamic_function.h"

#include <windows.h>

#include <array>
#include <cstddef>
#include <exception>
#include <vector>

namespace catcher {
namespace {

// What DebugActiveProcess, NtSuspendProcess, CreateRemoteThread, WriteProcessMemory and DUPLICATE_CLOSE_SOURCE need
// ("Process Security and Access Rights" on Microsoft Learn).
constexpr DWORD kForbidden =
    PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_DUP_HANDLE | PROCESS_SUSPEND_RESUME;

// In kernelbase, which every process has: importing them from advapi32 would cost each start.
struct Functions {
  decltype(&GetKernelObjectSecurity) get =
      find_function<decltype(GetKernelObjectSecurity)>(L"kernelbase.dll", "GetKernelObjectSecurity");
  decltype(&SetKernelObjectSecurity) set =
      find_function<decltype(SetKernelObjectSecurity)>(L"kernelbase.dll", "SetKernelObjectSecurity");
  decltype(&GetSecurityDescriptorDacl) get_list =
      find_function<decltype(GetSecurityDescriptorDacl)>(L"kernelbase.dll", "GetSecurityDescriptorDacl");
  decltype(&SetSecurityDescriptorDacl) set_list =
      find_function<decltype(SetSecurityDescriptorDacl)>(L"kernelbase.dll", "SetSecurityDescriptorDacl");
  decltype(&InitializeSecurityDescriptor) initialize =
      find_function<decltype(InitializeSecurityDescriptor)>(L"kernelbase.dll", "InitializeSecurityDescriptor");
  decltype(&InitializeAcl) initialize_list = find_function<decltype(InitializeAcl)>(L"kernelbase.dll", "InitializeAcl");
  decltype(&AddAccessDeniedAce) deny =
      find_function<decltype(AddAccessDeniedAce)>(L"kernelbase.dll", "AddAccessDeniedAce");
  decltype(&AddAce) add = find_function<decltype(AddAce)>(L"kernelbase.dll", "AddAce");

  bool is_complete() const {
    return get != nullptr && set != nullptr && get_list != nullptr && set_list != nullptr && initialize != nullptr &&
           initialize_list != nullptr && deny != nullptr && add != nullptr;
  }
};

std::vector<std::byte> own_descriptor(const Functions& functions) {
  DWORD size = 0;
  functions.get(GetCurrentProcess(), DACL_SECURITY_INFORMATION, nullptr, 0, &size);
  std::vector<std::byte> descriptor(size);
  if (functions.get(GetCurrentProcess(), DACL_SECURITY_INFORMATION, descriptor.data(), size, &size) == 0) {
    descriptor.clear();
  }
  return descriptor;
}

// What the list said before, with one entry ahead of the others.
void forbid(const Functions& functions, ACL& before) {
  SID everyone{SID_REVISION, 1, SECURITY_WORLD_SID_AUTHORITY, {SECURITY_WORLD_RID}};
  constexpr std::size_t kEntry = sizeof(ACCESS_DENIED_ACE) + sizeof(SID);
  std::vector<std::byte> bytes(before.AclSize + kEntry);
  auto* const after = reinterpret_cast<ACL*>(bytes.data());
  // Entries begin right behind the header of a list, and AddAce takes them as one block.
  void* const entries = reinterpret_cast<std::byte*>(&before) + sizeof(ACL);
  const DWORD size = before.AclSize - static_cast<DWORD>(sizeof(ACL));
  constexpr DWORD kAtTheEnd = 0xFFFFFFFF;
  SECURITY_DESCRIPTOR descriptor{};
  if (functions.initialize_list(after, static_cast<DWORD>(bytes.size()), before.AclRevision) != 0 &&
      functions.deny(after, before.AclRevision, kForbidden, &everyone) != 0 &&
      (before.AceCount == 0 || functions.add(after, before.AclRevision, kAtTheEnd, entries, size) != 0) &&
      functions.initialize(&descriptor, SECURITY_DESCRIPTOR_REVISION) != 0 &&
      functions.set_list(&descriptor, TRUE, after, FALSE) != 0) {
    functions.set(GetCurrentProcess(), DACL_SECURITY_INFORMATION, &descriptor);
  }
}

}  // namespace

void forbid_debugging_this_process() noexcept {
  try {
    const Functions functions;
    std::vector<std::byte> descriptor = functions.is_complete() ? own_descriptor(functions) : std::vector<std::byte>();
    BOOL is_there = FALSE;
    BOOL is_default = FALSE;
    ACL* list = nullptr;
    // A process without a list may be opened by everybody: nobody wants it protected.
    if (!descriptor.empty() && functions.get_list(descriptor.data(), &is_there, &list, &is_default) != 0 &&
        is_there != FALSE && list != nullptr) {
      forbid(functions, *list);
    }
  } catch (const std::exception&) {
    // No memory: then it stays as it was.
  }
}

}  // namespace catcher
