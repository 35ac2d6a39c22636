// A debugger engine as it once was: at the load event of a DLL it opens the DLL's file, keeps the handle in a list and
// closes it at the end of the handler. When it stops, it closes every handle of the list again, whatever that value has
// come to mean by then. Used by handle_gamble.

#include "handle_engine.h"

#include <array>
#include <cstddef>

namespace {

struct Library {
  HANDLE file;
};

std::array<Library, 8> libraries{};
std::size_t library_count = 0;

}  // namespace

bool engine_close_handle(HANDLE handle) {
  const bool closed = CloseHandle(handle) != FALSE;
  keep_frame();
  return closed;
}

void engine_on_load_dll(const wchar_t* path) {
  const HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, 0, nullptr);
  libraries[library_count++ % libraries.size()] = {file};
  engine_close_handle(file);
  keep_frame();
}

void engine_force_close() {
  for (Library& library : libraries) {
    if (library.file != nullptr && library.file != INVALID_HANDLE_VALUE) {
      engine_close_handle(library.file);  // the bug: it has long been closed
    }
  }
  keep_frame();
}
