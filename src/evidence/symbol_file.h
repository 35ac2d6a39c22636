#pragma once

#include "evidence/coff_image.h"
#include "evidence/coff_symbols.h"
#include "evidence/symbol_budget.h"
#include "evidence/symbol_file_map.h"
#include "evidence/symbol_frame.h"
#include "evidence/symbol_options.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

class DwarfFile;
class PdbFile;

// The symbols of one image file: DWARF in it or behind its debug link, its PDB, its COFF symbols and exports. Each is
// read when it is first needed and kept. Safe to use from several threads.
class SymbolFile {
 public:
  // Throws std::system_error: the file cannot be read, or (ERROR_BAD_EXE_FORMAT) is no PE image.
  SymbolFile(std::string path, SymbolFileMap file, const SymbolOptions& options);

  // The same from an image as it lies in a debuggee, where its file is not to be had: exports only.
  explicit SymbolFile(std::vector<std::byte> image_in_memory);
  SymbolFile(const SymbolFile&) = delete;
  SymbolFile& operator=(const SymbolFile&) = delete;
  ~SymbolFile();

  // Whether this is the image that a process loaded; zero stands for "not known".
  bool is_build(std::uint32_t timestamp, std::uint64_t size_of_image) const;

  // The functions at an RVA, innermost inlined one first; empty when nothing is known.
  std::vector<SymbolFrame> frames_at(std::uint32_t rva, SymbolBudget& budget);

  // Which symbols there are, or why there are none: ModuleRecord::symbols.
  std::string description(SymbolBudget& budget);

  const FileIdentity& identity() const { return identity_; }

  // Whether it can only be this file that has that stamp at that path now.
  bool is_still(const std::string& path, const FileStamp& stamp) const {
    return stamp.is_telling() && stamp == stamp_ && path == path_;
  }
  std::uint64_t size() const { return image_.bytes().size(); }

 private:
  void open_sources(SymbolBudget& budget);
  void open_debug_link(SymbolBudget& budget);
  void open_pdb(SymbolBudget& budget);
  void forget_sources();

  std::string path_;
  SymbolOptions options_;
  std::optional<SymbolFileMap> file_;
  std::vector<std::byte> memory_;
  FileIdentity identity_;
  FileStamp stamp_;
  CoffImage image_;

  std::mutex mutex_;  // guards what follows
  bool is_open_ = false;
  bool is_hurried_ = false;  // the budget ended while something was read: what there is may be half of it
  std::optional<SymbolFileMap> link_file_;
  std::optional<CoffImage> link_image_;
  std::unique_ptr<DwarfFile> dwarf_;
  std::string dwarf_from_;  // file name
  std::unique_ptr<PdbFile> pdb_;
  std::string pdb_name_;
  std::optional<CoffSymbols> coff_;
  std::vector<std::string> reasons_;  // what was missing, in the order of the search
};

}  // namespace catcher
