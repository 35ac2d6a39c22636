#pragma once

#include <windows.h>

#ifdef HANDLE_ENGINE_EXPORTS
#define HANDLE_ENGINE_API extern "C" __declspec(dllexport)
#elif defined(HANDLE_ENGINE_IMPORTS)
#define HANDLE_ENGINE_API extern "C" __declspec(dllimport)
#else  // part of the program
#define HANDLE_ENGINE_API extern "C"
#endif

HANDLE_ENGINE_API bool engine_close_handle(HANDLE handle);
HANDLE_ENGINE_API void engine_on_load_dll(const wchar_t* path);
HANDLE_ENGINE_API void engine_force_close();

// What comes behind a function's last call keeps its frame on the stack.
inline void keep_frame() {
  static volatile int calls = 0;
  calls = calls + 1;
}
