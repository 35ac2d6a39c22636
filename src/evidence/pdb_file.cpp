#include "evidence/pdb_file.h"

#include "evidence/demangle.h"
#include "evidence/pdb_library.h"
#include "evidence/symbol_text.h"
#include "triage/path_name.h"
#include "win32/utf.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace catcher {
namespace {

// No server, no prompt, no environment variable, no other build's PDB.
constexpr DWORD kOptions = SYMOPT_LOAD_LINES | SYMOPT_UNDNAME | SYMOPT_FAIL_CRITICAL_ERRORS | SYMOPT_NO_PROMPTS |
                           SYMOPT_EXACT_SYMBOLS | SYMOPT_IGNORE_NT_SYMPATH | SYMOPT_INCLUDE_32BIT_MODULES;
constexpr DWORD kMaxInlined = 128;
constexpr std::size_t kMaxName = 2000;

// A SYMBOL_INFOW with room for the name behind it.
class NamedSymbol {
 public:
  NamedSymbol() {
    info()->SizeOfStruct = sizeof(SYMBOL_INFOW);
    info()->MaxNameLen = kMaxName;
  }
  SYMBOL_INFOW* info() { return reinterpret_cast<SYMBOL_INFOW*>(bytes_.data()); }
  std::string name() {
    const std::size_t size = std::min<std::size_t>(info()->NameLen, kMaxName);
    const std::wstring_view name(info()->Name, size);
    return to_utf8(name.substr(0, name.find(L'\0')));
  }

 private:
  alignas(SYMBOL_INFOW) std::array<std::byte, sizeof(SYMBOL_INFOW) + kMaxName * sizeof(wchar_t)> bytes_{};
};

IMAGEHLP_LINEW64 empty_line() {
  IMAGEHLP_LINEW64 line{};
  line.SizeOfStruct = sizeof line;
  return line;
}

void set_line(SymbolFrame& frame, const IMAGEHLP_LINEW64& line) {
  frame.file = line.FileName == nullptr ? std::string() : printable(to_utf8(line.FileName));
  frame.line = line.LineNumber >= 0xF00000 ? 0 : line.LineNumber;  // 0xfeefee and 0xf00f00 mean "no line"
}

}  // namespace

PdbFile::PdbFile(const CoffImage& image) : functions_(image), base_(image.image_base()), size_(image.size_of_image()) {}

std::unique_ptr<PdbFile> PdbFile::open(const CoffImage& image, const std::string& image_path,
                                       const std::string& pdb_path) {
  if (PdbLibrary::get() == nullptr || image.image_base() == 0 || image.size_of_image() == 0) {
    return nullptr;
  }
  std::unique_ptr<PdbFile> file(new PdbFile(image));
  const std::lock_guard lock(PdbLibrary::mutex());
  // The PDB itself, so that the path in the image is never looked at; an implementation that takes images only gets the
  // image, and finds the PDB in the one directory that it may search.
  const std::string directory(directory_of(pdb_path));
  if (file->load(pdb_path, directory) || file->load(image_path, directory)) {
    return file;
  }
  return nullptr;
}

bool PdbFile::load(const std::string& path, const std::string& search_path) {
  const PdbLibrary& library = *PdbLibrary::get();
  library.set_options(kOptions);
  if (!library.initialize(session(), to_utf16(search_path).c_str(), FALSE)) {
    return false;
  }
  is_open_ = true;
  const DWORD64 loaded =
      library.load_module(session(), nullptr, to_utf16(path).c_str(), nullptr, base_, size_, nullptr, 0);
  IMAGEHLP_MODULEW64 info{};
  info.SizeOfStruct = sizeof info;
  if (loaded != 0 && library.module_info(session(), base_, &info) && info.SymType == SymPdb) {
    return true;
  }
  unload();
  return false;
}

void PdbFile::unload() {
  if (is_open_) {
    PdbLibrary::get()->cleanup(session());
    is_open_ = false;
  }
}

PdbFile::~PdbFile() {
  if (is_open_) {
    const std::lock_guard lock(PdbLibrary::mutex());
    unload();
  }
}

std::vector<SymbolFrame> PdbFile::frames_at(std::uint32_t rva) const {
  std::vector<SymbolFrame> frames;
  {
    const std::lock_guard lock(PdbLibrary::mutex());
    PdbLibrary::get()->set_options(kOptions);  // they are the process's: another user of dbghelp may have set others
    auto function = function_at(rva);
    if (!function) {
      return frames;
    }
    frames = inlined_at(rva, *function);
    frames.push_back(std::move(*function));
  }
  for (SymbolFrame& frame : frames) {
    frame.function = readable_name(frame.function);
  }
  return frames;
}

std::optional<SymbolFrame> PdbFile::function_at(std::uint32_t rva) const {
  const PdbLibrary& library = *PdbLibrary::get();
  const std::uint64_t address = base_ + rva;
  NamedSymbol symbol;
  DWORD64 displacement = 0;
  if (!library.from_address(session(), address, &displacement, symbol.info()) || symbol.info()->Address < base_) {
    return std::nullopt;
  }
  const std::uint64_t start = symbol.info()->Address - base_;
  // A public symbol has no size: .pdata knows whether the address is still its own.
  if (start > rva || (!functions_.is_empty() && !functions_.may_name(static_cast<std::uint32_t>(start), rva))) {
    return std::nullopt;
  }
  SymbolFrame function;
  function.function = symbol.name();
  function.function_rva = start;
  IMAGEHLP_LINEW64 line = empty_line();
  DWORD line_displacement = 0;
  if (library.line_from_address(session(), address, &line_displacement, &line)) {
    set_line(function, line);
  }
  return function;
}

std::vector<SymbolFrame> PdbFile::inlined_at(std::uint32_t rva, SymbolFrame& function) const {
  const PdbLibrary& library = *PdbLibrary::get();
  const std::uint64_t address = base_ + rva;
  std::vector<SymbolFrame> frames;
  DWORD context = 0;
  DWORD frame_index = 0;
  const DWORD count =
      library.inline_count == nullptr ? 0 : std::min(library.inline_count(session(), address), kMaxInlined);
  if (count == 0 || !library.query_inline(session(), address, 0, address, address, &context, &frame_index)) {
    return frames;
  }
  for (DWORD i = 0; i <= count;
       ++i) {  // behind the inlined ones comes the function itself, at the line of the outermost call
    SymbolFrame inlined;
    IMAGEHLP_LINEW64 line = empty_line();
    DWORD line_displacement = 0;
    const bool has_line =
        library.line_from_inline(session(), address, context + i, 0, &line_displacement, &line) != FALSE;
    if (has_line) {
      set_line(i == count ? function : inlined, line);
    }
    NamedSymbol symbol;
    DWORD64 displacement = 0;
    if (i == count || !library.from_inline(session(), address, context + i, &displacement, symbol.info())) {
      break;
    }
    inlined.function = symbol.name();
    inlined.function_rva = function.function_rva;
    inlined.is_inline = true;
    frames.push_back(std::move(inlined));
  }
  return frames;
}

}  // namespace catcher
