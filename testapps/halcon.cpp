// An image processing library: all its memory comes from one heap of its own, through HXmalloc, many wrappers below
// whoever asks for it. Used by vision_leak.

#define HALCON_EXPORTS
#include "halcon.h"

#include <windows.h>

namespace {

HANDLE own_heap() {
  static const HANDLE heap = HeapCreate(0, 0, 0);
  return heap;
}

}  // namespace

void* HXmalloc(std::size_t bytes) {
  void* const block = HeapAlloc(own_heap(), 0, bytes);
  keep_frame();
  return block;
}

void HXfree(void* block) {
  HeapFree(own_heap(), 0, block);
  keep_frame();
}

void* HXAllocRLTmp(std::size_t bytes) {
  void* const block = HXmalloc(bytes);
  keep_frame();
  return block;
}

void* HXAllocTmp(std::size_t bytes) {
  void* const block = HXAllocRLTmp(bytes);
  keep_frame();
  return block;
}

void* HCancelWait(std::size_t bytes) {
  void* const block = HXAllocTmp(bytes);
  keep_frame();
  return block;
}

void* CCallHProc(std::size_t bytes) {
  void* const block = HCancelWait(bytes);
  keep_frame();
  return block;
}
