#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {

// The bytes of one file on disk, read where they are needed. An interface, so that tests need no disk.
class ImageFile {
 public:
  virtual ~ImageFile() = default;

  // Fills the beginning of `into` with what the file holds from `offset` on; returns how many bytes that was. Never
  // throws.
  virtual std::size_t read(std::uint64_t offset, std::span<std::byte> into) const noexcept = 0;
};

// A function that one image wants from another: by name, or by ordinal where the name is empty.
struct ImportedFunction {
  std::string name;
  std::uint16_t ordinal = 0;

  // The name, or "ordinal 17".
  std::string label() const;
};

// What an image wants from one DLL.
struct ImportedDll {
  std::string dll;  // as it stands in the import table
  std::vector<ImportedFunction> functions;
};

// Where an export leads.
struct ExportedFunction {
  std::string forwarder;  // "NTDLL.RtlAllocateHeap", "OTHER.#3"; empty: the function is in the image itself
};

// The import and export tables of a PE file as they lie on disk. The file may be damaged or hostile: everything read
// from it is bounded, and what makes no sense is as if it were not there.
class PeFile {
 public:
  // Nothing when the file is no PE image.
  static std::optional<PeFile> open(std::unique_ptr<ImageFile> file);

  std::uint16_t machine() const { return machine_; }  // IMAGE_FILE_MACHINE_*
  std::vector<ImportedDll> imports();
  std::optional<ExportedFunction> find_export(const ImportedFunction& function);

 private:
  struct Section {
    std::uint32_t rva;
    std::uint32_t size;  // bytes that the file holds
    std::uint32_t offset;
  };
  struct Directory {
    std::uint32_t rva = 0;
    std::uint32_t size = 0;
  };

  explicit PeFile(std::unique_ptr<ImageFile> file) : file_(std::move(file)) {}

  bool read_headers();
  std::size_t read_file(std::uint64_t offset, std::span<std::byte> into);
  std::optional<std::uint64_t> offset_of(std::uint32_t rva) const;
  template <typename T>
  std::optional<T> at_offset(std::uint64_t offset);
  template <typename T>
  std::optional<T> at_rva(std::uint64_t rva);
  std::string text_at(std::uint64_t rva);
  std::vector<ImportedFunction> imported_functions(std::uint32_t thunks);
  std::optional<std::uint32_t> export_index(const ImportedFunction& function);
  std::optional<std::uint32_t> export_index_by_name(std::string_view name);

  std::unique_ptr<ImageFile> file_;
  std::map<std::uint64_t, std::vector<std::byte>> chunks_;  // of the file, by their number
  std::vector<Section> sections_;
  std::uint16_t machine_ = 0;
  bool is_64_bit_ = true;
  std::uint32_t headers_size_ = 0;
  Directory exports_;
  Directory imports_;
};

}  // namespace catcher
