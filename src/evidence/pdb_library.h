#pragma once

#include <mutex>

#include <windows.h>
// after windows.h, whose types it uses
#include <dbghelp.h>

namespace catcher {

// dbghelp.dll, loaded from the system directory when it is first needed and kept: its functions, and the lock that
// every caller of it in this process takes, because dbghelp is single threaded (Microsoft's documentation of each of
// its functions says so).
class PdbLibrary {
 public:
  // Null when the DLL or one of the functions without which nothing works is missing.
  static const PdbLibrary* get();

  // To be held over each group of calls.
  static std::recursive_mutex& mutex();

  decltype(&::SymSetOptions) set_options = nullptr;
  decltype(&::SymInitializeW) initialize = nullptr;
  decltype(&::SymCleanup) cleanup = nullptr;
  decltype(&::SymLoadModuleExW) load_module = nullptr;
  decltype(&::SymGetModuleInfoW64) module_info = nullptr;
  decltype(&::SymFromAddrW) from_address = nullptr;
  decltype(&::SymGetLineFromAddrW64) line_from_address = nullptr;
  decltype(&::UnDecorateSymbolNameW) undecorate = nullptr;  // may be null

  // Inlined functions, Windows 8 and later: all null or none. Declared here because older SDK headers lack them.
  DWORD(WINAPI* inline_count)(HANDLE, DWORD64) = nullptr;
  BOOL(WINAPI* query_inline)(HANDLE, DWORD64, DWORD, DWORD64, DWORD64, LPDWORD, LPDWORD) = nullptr;
  BOOL(WINAPI* from_inline)(HANDLE, DWORD64, ULONG, PDWORD64, PSYMBOL_INFOW) = nullptr;
  BOOL(WINAPI* line_from_inline)(HANDLE, DWORD64, ULONG, DWORD64, PDWORD, PIMAGEHLP_LINEW64) = nullptr;

 private:
  PdbLibrary();
  bool is_usable() const;
};

}  // namespace catcher
