#pragma once

#include <windows.h>

#include <winternl.h>

namespace adversary {

// What NtCurrentTeb() gives, which some compilers take for a read of address 0.
inline TEB* own_teb() {
#if defined(_MSC_VER) && !defined(__clang__)
  return reinterpret_cast<TEB*>(NtCurrentTeb());
#else
  TEB* teb = nullptr;
#if defined(_WIN64)
  __asm__ volatile("mov %%gs:0x30, %0" : "=r"(teb));
#else
  __asm__ volatile("mov %%fs:0x18, %0" : "=r"(teb));
#endif
  return teb;
#endif
}

}  // namespace adversary
