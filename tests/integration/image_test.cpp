// catcher.exe as a file: what it imports at start, and how big it is.

#include "harness/programs.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

// A PE file of our own making: no need to be afraid of it.
class Image {
 public:
  explicit Image(const std::filesystem::path& path) {
    bytes_.resize(static_cast<std::size_t>(std::filesystem::file_size(path)));
    std::ifstream(path, std::ios::binary).read(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
    const auto dos = at<IMAGE_DOS_HEADER>(0);
    headers_ = at<IMAGE_NT_HEADERS64>(static_cast<std::size_t>(dos.e_lfanew));
    std::size_t offset = static_cast<std::size_t>(dos.e_lfanew) + offsetof(IMAGE_NT_HEADERS64, OptionalHeader) +
                         headers_.FileHeader.SizeOfOptionalHeader;
    for (unsigned i = 0; i < headers_.FileHeader.NumberOfSections; ++i, offset += sizeof(IMAGE_SECTION_HEADER)) {
      sections_.push_back(at<IMAGE_SECTION_HEADER>(offset));
    }
  }

  std::vector<std::string> imports() const {
    std::vector<std::string> names;
    std::uint32_t rva = headers_.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
    for (;; rva += sizeof(IMAGE_IMPORT_DESCRIPTOR)) {
      const auto entry = at<IMAGE_IMPORT_DESCRIPTOR>(file_offset(rva));
      if (entry.Name == 0) {
        return names;
      }
      std::string name(&bytes_.at(file_offset(entry.Name)));
      std::ranges::transform(name, name.begin(),
                             [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
      names.push_back(name);
    }
  }

  // What `strip` leaves: headers and the sections that are loaded. Debug sections have long names ("/19"), kept in the
  // symbol table.
  std::size_t stripped_size() const {
    std::size_t size = headers_.OptionalHeader.SizeOfHeaders;
    for (const IMAGE_SECTION_HEADER& section : sections_) {
      size += section.Name[0] == '/' ? 0 : section.SizeOfRawData;
    }
    return size;
  }

 private:
  template <typename T>
  T at(std::size_t offset) const {
    T value;
    std::memcpy(&value, &bytes_.at(offset + sizeof value - 1) - (sizeof value - 1), sizeof value);
    return value;
  }

  std::size_t file_offset(std::uint32_t rva) const {
    for (const IMAGE_SECTION_HEADER& section : sections_) {
      if (rva >= section.VirtualAddress && rva - section.VirtualAddress < section.SizeOfRawData) {
        return rva - section.VirtualAddress + section.PointerToRawData;
      }
    }
    throw std::out_of_range("address in no section");
  }

  std::vector<char> bytes_;
  IMAGE_NT_HEADERS64 headers_{};
  std::vector<IMAGE_SECTION_HEADER> sections_;
};

TEST(CatcherImage, imports_only_kernel32_ntdll_and_the_c_runtime) {
  const std::vector<std::string> imports = Image(harness::bin_directory() / "catcher.exe").imports();
  EXPECT_FALSE(imports.empty());
  for (const std::string& name : imports) {
    const bool allowed = name == "kernel32.dll" || name == "ntdll.dll" || name == "msvcrt.dll" ||
                         name == "ucrtbase.dll" || name.starts_with("api-ms-win-crt-");
    EXPECT_TRUE(allowed) << name;
  }
}

TEST(CatcherImage, is_smaller_than_3_megabytes_without_debug_information) {
  EXPECT_LT(Image(harness::bin_directory() / "catcher.exe").stripped_size(),
            3U * 1024U * 1024U);  // MB as Windows shows it
}

}  // namespace
