#include "unwind_reference.h"

#include <dbghelp.h>

#include <span>

namespace catcher {
namespace {

BOOL CALLBACK read_memory(HANDLE token, DWORD64 address, void* into, DWORD size, DWORD* got) {
  const auto& memory = *static_cast<const MemoryReader*>(token);
  const auto count = memory.read({address}, std::span(static_cast<std::byte*>(into), size));
  *got = static_cast<DWORD>(count);
  return count == size ? TRUE : FALSE;
}

void* CALLBACK function_table(HANDLE, DWORD64 address) {
  DWORD64 base = 0;
  return RtlLookupFunctionEntry(address, &base, nullptr);
}

DWORD64 CALLBACK module_base(HANDLE, DWORD64 address) {
  void* base = nullptr;
  RtlPcToFileHeader(reinterpret_cast<void*>(address), &base);
  return reinterpret_cast<DWORD64>(base);
}

}  // namespace

StackWalkReference::StackWalkReference() {
  const HMODULE library = LoadLibraryExW(L"dbghelp.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (library != nullptr) {
    stack_walk_ = reinterpret_cast<void*>(GetProcAddress(library, "StackWalk64"));
  }
}

std::vector<std::uint64_t> StackWalkReference::walk(CONTEXT context, const MemoryReader& memory,
                                                    std::size_t limit) const {
  const auto stack_walk = reinterpret_cast<decltype(&StackWalk64)>(stack_walk_);
  STACKFRAME64 frame{};
  frame.AddrPC = {context.Rip, 0, AddrModeFlat};
  frame.AddrStack = {context.Rsp, 0, AddrModeFlat};
  frame.AddrFrame = {context.Rbp, 0, AddrModeFlat};
  std::vector<std::uint64_t> pcs;
  void* token = const_cast<MemoryReader*>(&memory);
  while (pcs.size() < limit && stack_walk(IMAGE_FILE_MACHINE_AMD64, token, token, &frame, &context, read_memory,
                                          function_table, module_base, nullptr) != FALSE) {
    if (frame.AddrPC.Offset == 0) {
      break;
    }
    pcs.push_back(frame.AddrPC.Offset);
  }
  return pcs;
}

}  // namespace catcher
