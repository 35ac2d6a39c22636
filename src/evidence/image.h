#pragma once

#include "evidence/image_bytes.h"

#include <catcher/address.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// One section of an image, as its header in memory says.
struct ImageSection {
  std::string name;  // at most 8 bytes, as they stand
  std::uint32_t rva = 0;
  std::uint32_t size = 0;  // bytes in memory
  bool is_executable = false;
  bool is_writable = false;
};

// One entry of .pdata (RUNTIME_FUNCTION of AMD64): a piece of code and where its unwind data lies.
struct RuntimeFunction {
  std::uint32_t begin = 0;        // RVA of the first byte
  std::uint32_t end = 0;          // RVA behind the last
  std::uint32_t unwind_data = 0;  // RVA of the UNWIND_INFO; with bit 0 set, of another RuntimeFunction
};

// One export that lies in the image itself; forwarders are left out.
struct ImageExport {
  std::uint32_t rva = 0;
  std::uint32_t ordinal = 0;
  std::string name;  // empty for an export by ordinal only
};

// The image's link to its PDB (debug directory, CodeView type RSDS).
struct CodeViewRecord {
  std::vector<std::byte> bytes;  // the record as it stands, for a minidump
  std::array<std::byte, 16> guid{};
  std::uint32_t age = 0;
  std::string pdb_path;  // as the linker wrote it: hostile text
};

// One PE image mapped into a debuggee. The headers are read at once, everything else when it is first asked for; a
// hostile or damaged image answers with nothing, never with a failure. For one thread at a time.
class Image {
 public:
  // `size` is what is known of the image's extent; 0: take the header's word.
  Image(const MemoryReader& memory, Address base, std::uint64_t size);

  // Why the headers cannot be used; empty when they can. Everything else is then empty.
  const std::string& defect() const { return defect_; }

  Address base() const { return base_; }
  std::uint64_t size() const { return bytes_.size(); }
  std::uint16_t machine() const { return machine_; }  // IMAGE_FILE_MACHINE_*: 0x8664, 0x14c, …
  bool is_64_bit() const { return is_64_bit_; }
  std::uint32_t timestamp() const { return timestamp_; }
  std::uint32_t entry_point() const { return entry_point_; }  // RVA; 0: none
  const std::vector<ImageSection>& sections() const { return sections_; }

  // The section that an RVA lies in, or null.
  const ImageSection* section_at(std::uint64_t rva) const;

  // True when an RVA lies in executable code as far as the headers tell; with damaged headers any RVA inside may.
  bool is_code(std::uint64_t rva) const;

  // The .pdata entry that covers an RVA. Only AMD64 images have them.
  std::optional<RuntimeFunction> function_at(std::uint32_t rva);

  // The exports, sorted by RVA. Read at the first call.
  const std::vector<ImageExport>& exports();

  // The name in the export directory; empty when there is none.
  const std::string& export_name();

  // The CodeView record; nothing when there is none. Read at the first call.
  const std::optional<CodeViewRecord>& code_view();

  // The image's bytes by RVA.
  ImageBytes& bytes() { return bytes_; }

 private:
  struct Directory {
    std::uint32_t rva = 0;
    std::uint32_t size = 0;
  };

  void read_headers();
  void read_sections(std::uint64_t offset, std::uint16_t count);
  Directory directory(std::size_t index) const { return directories_.at(index); }
  std::optional<RuntimeFunction> function_entry(std::uint64_t index);
  std::uint64_t count_functions();

  Address base_;
  ImageBytes bytes_;
  std::string defect_;
  std::uint16_t machine_ = 0;
  bool is_64_bit_ = false;
  std::uint32_t timestamp_ = 0;
  std::uint32_t entry_point_ = 0;
  std::vector<ImageSection> sections_;
  std::array<Directory, 16> directories_{};
  std::optional<std::uint64_t> function_count_;
  std::optional<std::vector<ImageExport>> exports_;
  std::optional<std::string> export_name_;
  std::optional<std::optional<CodeViewRecord>> code_view_;
};

}  // namespace catcher
