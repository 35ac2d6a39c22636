#include "evidence/pdb_library.h"

#include "evidence/unwind_dbghelp.h"

namespace catcher {
namespace {

template <typename Signature>
void find(HMODULE library, const char* name, Signature*& into) {
  into = reinterpret_cast<Signature*>(reinterpret_cast<void*>(GetProcAddress(library, name)));
}

}  // namespace

PdbLibrary::PdbLibrary() {
  // Never freed: other parts of the process may use it, and it lives as long as the process anyway.
  const HMODULE library = LoadLibraryExW(L"dbghelp.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (library == nullptr) {
    return;
  }
  find(library, "SymSetOptions", set_options);
  find(library, "SymInitializeW", initialize);
  find(library, "SymCleanup", cleanup);
  find(library, "SymLoadModuleExW", load_module);
  find(library, "SymGetModuleInfoW64", module_info);
  find(library, "SymFromAddrW", from_address);
  find(library, "SymGetLineFromAddrW64", line_from_address);
  find(library, "UnDecorateSymbolNameW", undecorate);
  find(library, "SymAddrIncludeInlineTrace", inline_count);
  find(library, "SymQueryInlineTrace", query_inline);
  find(library, "SymFromInlineContextW", from_inline);
  find(library, "SymGetLineFromInlineContextW", line_from_inline);
  if (query_inline == nullptr || from_inline == nullptr || line_from_inline == nullptr) {
    inline_count = nullptr;
  }
}

bool PdbLibrary::is_usable() const {
  return set_options != nullptr && initialize != nullptr && cleanup != nullptr && load_module != nullptr &&
         module_info != nullptr && from_address != nullptr && line_from_address != nullptr;
}

const PdbLibrary* PdbLibrary::get() {
  static const PdbLibrary library;
  return library.is_usable() ? &library : nullptr;
}

std::recursive_mutex& PdbLibrary::mutex() {
  return dbghelp_mutex();
}

}  // namespace catcher
