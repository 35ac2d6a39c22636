#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evidence/pe_imports.h"

namespace catcher {

// The files that the loader may find. An interface, so that the search is tested without a disk.
class ImageFiles {
 public:
  virtual ~ImageFiles() = default;

  // Null when there is no such file or it cannot be read. Case does not matter.
  virtual std::unique_ptr<ImageFile> open(const std::string& path) const = 0;
};

// Where the loader looks for DLLs, full paths in UTF-8. The order is that of the standard search for desktop programs
// with safe DLL search: https://learn.microsoft.com/windows/win32/dlls/dynamic-link-library-search-order
struct LoaderSearch {
  std::string application_directory;
  std::string system_directory;  // SysWOW64 for a 32-bit program
  std::string windows_directory;
  std::string current_directory;
  std::vector<std::string> path;  // the directories of PATH
};

// Why a program could not start, as its files tell.
struct MissingImport {
  enum class Kind { kDll, kEntryPoint, kWrongMachine };
  Kind kind = Kind::kDll;
  std::string dll;        // file name as it was asked for
  std::string function;   // for kEntryPoint: the name, or "ordinal 17"
  std::string needed_by;  // file name of the module that asked
  std::string path;       // where the DLL was found; empty for kDll
};

// What an exit status of the loader says is missing. Nothing for statuses that name no import (0xC0000142: a DLL was
// found, but its initialisation failed).
std::optional<MissingImport::Kind> missing_kind(std::uint32_t status);

// Walks the imports of `program` (a full path) the way the loader does, and finds the first that is missing in the way
// that `kind` says. API sets (api-…, ext-…) are the OS's own business and count as found; side-by-side assemblies are
// not searched.
std::optional<MissingImport> find_missing_import(const ImageFiles& files, const LoaderSearch& search,
                                                 const std::string& program, MissingImport::Kind kind);

// One sentence: "zlib1.dll was not found (needed by app.exe)".
std::string describe(const MissingImport& missing);

}  // namespace catcher
