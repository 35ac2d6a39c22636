#pragma once

#include <windows.h>

namespace catcher {

// A function that is looked up at run time, because an older Windows or another implementation lacks it or because
// importing its DLL would cost every run. Null when it is not there.
template <typename Signature>
Signature* find_function(const wchar_t* loaded_module, const char* name) noexcept {
  const HMODULE module = GetModuleHandleW(loaded_module);
  return module == nullptr ? nullptr
                           : reinterpret_cast<Signature*>(reinterpret_cast<void*>(GetProcAddress(module, name)));
}

}  // namespace catcher
