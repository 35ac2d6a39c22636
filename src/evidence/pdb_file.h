#pragma once

#include "evidence/coff_functions.h"
#include "evidence/coff_image.h"
#include "evidence/symbol_frame.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// One PDB, read by dbghelp. The caller has found the file and has checked that it belongs to the image: dbghelp is
// given this one path and looks for nothing. Safe to use from several threads: dbghelp's lock is taken inside.
class PdbFile {
 public:
  // Null when dbghelp is not there or does not take the file. The image's bytes must outlive it.
  static std::unique_ptr<PdbFile> open(const CoffImage& image, const std::string& image_path,
                                       const std::string& pdb_path);

  PdbFile(const PdbFile&) = delete;
  PdbFile& operator=(const PdbFile&) = delete;
  ~PdbFile();

  // The functions at an RVA, innermost inlined one first; empty when nothing is known.
  std::vector<SymbolFrame> frames_at(std::uint32_t rva) const;

 private:
  explicit PdbFile(const CoffImage& image);

  std::optional<SymbolFrame> function_at(std::uint32_t rva) const;
  // The functions inlined at an RVA, innermost first; `function`, which they are in, gets the line of the outermost
  // call.
  std::vector<SymbolFrame> inlined_at(std::uint32_t rva, SymbolFrame& function) const;
  bool load(const std::string& path, const std::string& search_path);
  void unload();
  void* session() const { return const_cast<PdbFile*>(this); }  // any value that is unique in the process

  CoffFunctions functions_;
  std::uint64_t base_;
  std::uint32_t size_;
  bool is_open_ = false;
};

}  // namespace catcher
