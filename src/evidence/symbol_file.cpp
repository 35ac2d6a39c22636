#include "evidence/symbol_file.h"

#include "evidence/coff_debuglink.h"
#include "evidence/dwarf_file.h"
#include "evidence/pdb_file.h"
#include "evidence/pdb_identity.h"
#include "evidence/symbol_search.h"
#include "evidence/symbol_text.h"
#include "triage/path_name.h"
#include "win32/error.h"

#include <windows.h>

#include <algorithm>

namespace catcher {
namespace {

CoffImage parse_or_throw(Bytes bytes, CoffImage::Layout layout) {
  auto image = CoffImage::parse(bytes, layout);
  if (!image) {
    throw win32_error("CoffImage::parse", ERROR_BAD_EXE_FORMAT);
  }
  return std::move(*image);
}

bool is_missing(const std::system_error& error) {
  const int code = error.code().value();
  return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
}

std::string file_problem(const std::string& name, const std::system_error& error) {
  return name + ": " + describe_win32_error(static_cast<std::uint32_t>(error.code().value()));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += text.empty() ? part : "; " + part;
  }
  return text;
}

}  // namespace

SymbolFile::SymbolFile(std::string path, SymbolFileMap file, const SymbolOptions& options)
    : path_(std::move(path)),
      options_(options),
      file_(std::move(file)),
      identity_(file_->identity()),
      stamp_(file_->stamp()),
      image_(parse_or_throw(file_->bytes(), CoffImage::Layout::kFile)) {}

SymbolFile::SymbolFile(std::vector<std::byte> image_in_memory)
    : memory_(std::move(image_in_memory)), image_(parse_or_throw(memory_, CoffImage::Layout::kMemory)) {}

SymbolFile::~SymbolFile() = default;

bool SymbolFile::is_build(std::uint32_t timestamp, std::uint64_t size_of_image) const {
  return (timestamp == 0 || timestamp == image_.timestamp()) &&
         (size_of_image == 0 || size_of_image == image_.size_of_image());
}

std::vector<SymbolFrame> SymbolFile::frames_at(std::uint32_t rva, SymbolBudget& budget) {
  const std::lock_guard lock(mutex_);
  if (!budget.check()) {
    return {};
  }
  if (is_hurried_) {  // another report's budget ended here
    forget_sources();
  }
  open_sources(budget);
  std::vector<SymbolFrame> frames;
  if (dwarf_ != nullptr) {
    frames = dwarf_->frames_at(rva, budget);
  }
  if (frames.empty() && pdb_ != nullptr && budget.check()) {
    frames = pdb_->frames_at(rva);
  }
  if (frames.empty() || frames.back().function.empty()) {
    if (!coff_) {
      coff_.emplace(image_, budget);
    }
    if (auto symbol = coff_->find(rva)) {
      frames.clear();
      frames.push_back(std::move(*symbol));
    }
  }
  is_hurried_ = budget.is_spent();
  return frames;
}

void SymbolFile::open_sources(SymbolBudget& budget) {
  if (is_open_) {
    return;
  }
  is_open_ = true;
  if (!file_) {
    return;
  }
  if (DwarfObject::is_in(image_)) {
    dwarf_ = DwarfFile::open(image_, budget);
    dwarf_from_ = file_name_of(path_);
    if (dwarf_ == nullptr) {
      reasons_.push_back("damaged DWARF in " + dwarf_from_);
    }
  } else {
    open_debug_link(budget);
  }
  open_pdb(budget);
}

void SymbolFile::open_debug_link(SymbolBudget& budget) {
  const auto link = debug_link(image_);
  if (!link) {
    return;
  }
  std::string problem = printable(link->file_name) + " not found";
  for (const std::string& candidate : debug_link_candidates(path_, link->file_name, options_)) {
    try {
      SymbolFileMap file = SymbolFileMap::open(candidate);
      const auto crc = debug_link_crc(file.bytes(), budget);
      if (crc != link->crc) {
        problem = printable(link->file_name) + (crc ? " has another checksum" : ": no time to check it");
        continue;
      }
      auto image = CoffImage::parse(file.bytes());
      if (!image || !DwarfObject::is_in(*image)) {
        problem = printable(link->file_name) + " has no DWARF";
        continue;
      }
      link_file_.emplace(std::move(file));
      link_image_.emplace(std::move(*image));
      dwarf_ = DwarfFile::open(*link_image_, budget);
      dwarf_from_ = printable(link->file_name);
      if (dwarf_ != nullptr) {
        return;
      }
      problem = "damaged DWARF in " + dwarf_from_;
    } catch (const std::system_error& error) {
      if (!is_missing(error)) {
        problem = file_problem(printable(link->file_name), error);
      }
    }
  }
  reasons_.push_back(problem);
}

void SymbolFile::open_pdb(SymbolBudget& budget) {
  const auto link = pdb_link(image_);
  if (!link) {
    return;
  }
  const std::string name = printable(file_name_of(link->path));
  std::string problem = name + " not found";
  for (const std::string& candidate : pdb_candidates(path_, link->path, options_)) {
    if (!budget.check()) {
      break;
    }
    try {
      const SymbolFileMap file = SymbolFileMap::open(candidate);
      const auto identity = pdb_identity(file.bytes());
      if (!identity || !belongs(*identity, link->identity)) {
        problem = name + (identity ? " has another signature" : " is no intact PDB");
        continue;
      }
      pdb_ = PdbFile::open(image_, path_, candidate);
      if (pdb_ != nullptr) {
        pdb_name_ = name;
        return;
      }
      problem = name + ": dbghelp does not read it";
    } catch (const std::system_error& error) {
      if (!is_missing(error)) {
        problem = file_problem(name, error);
      }
    }
  }
  reasons_.push_back(problem);
}

void SymbolFile::forget_sources() {
  is_open_ = false;
  is_hurried_ = false;
  dwarf_.reset();
  link_image_.reset();
  link_file_.reset();
  pdb_.reset();
  coff_.reset();
  reasons_.clear();
}

std::string SymbolFile::description(SymbolBudget& budget) {
  const std::lock_guard lock(mutex_);
  open_sources(budget);
  std::vector<std::string> found;
  if (dwarf_ != nullptr) {
    found.push_back("DWARF " + std::to_string(dwarf_->version()) + " from " + dwarf_from_);
  }
  if (pdb_ != nullptr) {
    found.push_back("PDB " + pdb_name_);
  }
  if (!found.empty()) {
    return found.size() == 1 ? found[0] : found[0] + ", " + found[1];
  }
  if (!coff_) {
    coff_.emplace(image_, budget);
  }
  std::vector<std::string> reasons = reasons_;
  if (reasons.empty() && file_) {
    const bool is_stripped = !coff_->has_symbol_table();
    reasons.push_back(is_stripped ? "stripped, no .gnu_debuglink, no PDB record" : "no debug information");
  } else if (reasons.empty()) {
    reasons.push_back("file not readable, read from memory");
  }
  const std::string why = joined(reasons);
  if (coff_->has_symbol_table()) {
    return "COFF symbols (" + why + ")";
  }
  return coff_->has_exports() ? "exports only (" + why + ")" : "none: " + why;
}

}  // namespace catcher
