#pragma once

// What vision_leak calls of halcon.dll: the memory of an image processing library, behind wrappers.

#include <cstddef>

#ifdef HALCON_EXPORTS
#define HALCON_API extern "C" __declspec(dllexport)
#else
#define HALCON_API extern "C"
#endif

HALCON_API void* HXmalloc(std::size_t bytes);
HALCON_API void HXfree(void* block);
HALCON_API void* HXAllocRLTmp(std::size_t bytes);
HALCON_API void* HXAllocTmp(std::size_t bytes);
HALCON_API void* HCancelWait(std::size_t bytes);
HALCON_API void* CCallHProc(std::size_t bytes);

// What comes behind a function's last call keeps its frame on the stack.
inline void keep_frame() {
  static volatile int calls = 0;
  calls = calls + 1;
}
