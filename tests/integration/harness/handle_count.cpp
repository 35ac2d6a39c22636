#include "harness/handle_count.h"

#include <windows.h>

#include <cstdint>

namespace harness {

int count_handles(void* process) {
  constexpr int kGap = 4096;  // handle numbers are given out from below, in steps of 4
  int count = 0;
  for (std::uintptr_t number = 4, last = 0; number <= last + kGap * 4; number += 4) {
    HANDLE copy = nullptr;
    if (DuplicateHandle(process, reinterpret_cast<HANDLE>(number), GetCurrentProcess(), &copy, 0, FALSE,
                        DUPLICATE_SAME_ACCESS) != 0) {
      CloseHandle(copy);
      last = number;
      ++count;
    }
  }
  return count;
}

}  // namespace harness
