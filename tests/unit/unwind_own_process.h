#pragma once

#include <windows.h>

#include "debugger/memory_reader.h"
#include "debugger/module.h"
#include "debugger/process_memory.h"
#include "evidence/unwind_context.h"

#include <catcher/address.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace catcher {

inline Address address_of_code(const void* pointer) {
  return {reinterpret_cast<std::uintptr_t>(pointer)};
}

// The module of this process with that name; null: the program itself.
inline Module own_module(const wchar_t* name) {
  const HMODULE handle = GetModuleHandleW(name);
  Module module;
  module.base = address_of_code(handle);
  const auto* dos = reinterpret_cast<const IMAGE_DOS_HEADER*>(handle);
  const auto* headers =
      reinterpret_cast<const IMAGE_NT_HEADERS*>(reinterpret_cast<const std::byte*>(handle) + dos->e_lfanew);
  module.size = headers->OptionalHeader.SizeOfImage;
  module.timestamp = headers->FileHeader.TimeDateStamp;
  module.name = name == nullptr ? "test.exe" : "system.dll";
  return module;
}

// What the tests' own stacks go through.
inline std::vector<Module> own_modules() {
  std::vector<Module> modules{own_module(nullptr)};
  for (const wchar_t* name : {L"ntdll.dll", L"kernel32.dll", L"kernelbase.dll", L"msvcrt.dll", L"ucrtbase.dll"}) {
    if (GetModuleHandleW(name) != nullptr) {
      modules.push_back(own_module(name));
    }
  }
  return modules;
}

inline RegisterContext from_os(const CONTEXT& context) {
  return {{context.Rax, context.Rcx, context.Rdx, context.Rbx, context.Rsp, context.Rbp, context.Rsi, context.Rdi,
           context.R8, context.R9, context.R10, context.R11, context.R12, context.R13, context.R14, context.R15},
          context.Rip};
}

// This process, with one stack as it was when it was copied: the thread that it belongs to may run on.
class StackSnapshot final : public MemoryReader {
 public:
  // Copies from `sp` to the stack's base into memory that was reserved before, because the stopped thread may hold the
  // heap's lock.
  explicit StackSnapshot(std::size_t capacity) { bytes_.reserve(capacity); }

  void take(Address sp, Address high) {
    start_ = sp;
    bytes_.resize(std::min<std::size_t>(bytes_.capacity(), high - sp));
    std::memcpy(bytes_.data(), reinterpret_cast<const void*>(sp.value), bytes_.size());
  }

  std::size_t read(Address from, std::span<std::byte> into) const noexcept override {
    if (from >= start_ && from - start_ < bytes_.size()) {
      const std::size_t offset = from - start_;
      const std::size_t count = std::min(into.size(), bytes_.size() - offset);
      std::memcpy(into.data(), bytes_.data() + offset, count);
      return count;
    }
    return process_.read(from, into);
  }

 private:
  ProcessMemory process_{GetCurrentProcess()};  // a pseudo handle: nothing to close
  Address start_;
  std::vector<std::byte> bytes_;
};

}  // namespace catcher
