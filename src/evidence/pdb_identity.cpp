#include "evidence/pdb_identity.h"

namespace catcher {
namespace {

constexpr std::uint32_t kTypeCodeView = 2;   // IMAGE_DEBUG_TYPE_CODEVIEW
constexpr std::uint32_t kRsds = 0x53445352;  // "RSDS"
constexpr std::size_t kDebugEntrySize = 28;  // IMAGE_DEBUG_DIRECTORY
constexpr std::size_t kMaxDebugEntries = 64;
constexpr std::string_view kMsfMagic =
    "Microsoft C/C++ MSF 7.00\r\n\x1A"
    "DS";
constexpr std::uint32_t kNoStream = 0xFFFFFFFF;

struct MsfHeader {  // behind the 32 bytes of the magic
  std::uint32_t block_size;
  std::uint32_t free_map;
  std::uint32_t block_count;
  std::uint32_t directory_size;
  std::uint32_t unknown;
  std::uint32_t directory_map;  // the block that lists the directory's blocks
};

struct InfoStream {  // stream 1
  std::uint32_t version;
  std::uint32_t signature;
  std::uint32_t age;
  std::array<std::uint8_t, 16> guid;
};

// The stream directory: numbers of four bytes, scattered over blocks.
class MsfDirectory {
 public:
  MsfDirectory(Bytes pdb, const MsfHeader& header) : pdb_(pdb), header_(header) {}

  std::optional<std::uint32_t> number(std::uint64_t index) const {
    const std::uint64_t at = index * 4;
    if (at >= header_.directory_size) {
      return std::nullopt;
    }
    const std::uint64_t map_entry =
        std::uint64_t{header_.directory_map} * header_.block_size + at / header_.block_size * 4;
    const auto block = value_at<std::uint32_t>(pdb_, map_entry);
    return block ? value_at<std::uint32_t>(pdb_, std::uint64_t{*block} * header_.block_size + at % header_.block_size)
                 : std::nullopt;
  }

 private:
  Bytes pdb_;
  MsfHeader header_;
};

std::uint64_t blocks_of(std::uint32_t stream_size, std::uint32_t block_size) {
  return stream_size == kNoStream ? 0 : (std::uint64_t{stream_size} + block_size - 1) / block_size;
}

std::optional<PdbLink> link_of(Bytes record) {
  if (value_at<std::uint32_t>(record, 0) != kRsds) {
    return std::nullopt;
  }
  const auto guid = value_at<std::array<std::uint8_t, 16>>(record, 4);
  const auto age = value_at<std::uint32_t>(record, 20);
  if (!guid || !age) {
    return std::nullopt;
  }
  return PdbLink{{*guid, *age}, std::string(text_at(record, 24, 1024))};
}

}  // namespace

std::optional<PdbLink> pdb_link(const CoffImage& image) {
  const Bytes directory = image.directory(CoffDirectory::kDebug);
  for (std::size_t i = 0; i < kMaxDebugEntries; ++i) {
    const Bytes entry = slice(directory, i * kDebugEntrySize, kDebugEntrySize);
    const auto type = value_at<std::uint32_t>(entry, 12);
    const auto size = value_at<std::uint32_t>(entry, 16);
    const auto rva = value_at<std::uint32_t>(entry, 20);
    const auto file_offset = value_at<std::uint32_t>(entry, 24);
    if (!file_offset) {
      break;
    }
    if (type != kTypeCodeView) {
      continue;
    }
    if (auto link =
            link_of(slice(*rva != 0 ? image.bytes_at(*rva) : slice(image.bytes(), *file_offset, *size), 0, *size))) {
      return link;
    }
  }
  return std::nullopt;
}

std::optional<PdbIdentity> pdb_identity(Bytes pdb) {
  const auto header = value_at<MsfHeader>(pdb, 32);
  if (!header || !text_at(pdb, 0, 32).starts_with(kMsfMagic)) {
    return std::nullopt;
  }
  const bool is_block_size =
      header->block_size >= 512 && header->block_size <= 65536 && (header->block_size & (header->block_size - 1)) == 0;
  if (!is_block_size || std::uint64_t{header->block_count} * header->block_size > pdb.size()) {
    return std::nullopt;  // cut off
  }
  const MsfDirectory directory(pdb, *header);
  const auto stream_count = directory.number(0);
  const auto first_size = directory.number(1);
  const auto info_size = directory.number(2);
  if (!stream_count || !first_size || !info_size || *stream_count < 2 || *info_size < sizeof(InfoStream)) {
    return std::nullopt;
  }
  const auto block = directory.number(1 + std::uint64_t{*stream_count} + blocks_of(*first_size, header->block_size));
  const auto info = block ? value_at<InfoStream>(pdb, std::uint64_t{*block} * header->block_size) : std::nullopt;
  return info ? std::optional(PdbIdentity{info->guid, info->age}) : std::nullopt;
}

bool belongs(const PdbIdentity& pdb, const PdbIdentity& link) {
  return pdb.guid == link.guid && pdb.age >= link.age;
}

}  // namespace catcher
