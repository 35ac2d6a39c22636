#include "evidence/address_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace catcher {
namespace {

// memoryapi.h; the modifiers are added with '|', as the debuggers of Windows show them.
struct ProtectionRow {
  std::uint32_t bits;
  std::string_view name;
};
constexpr std::array kProtections{
    ProtectionRow{0x01, "PAGE_NOACCESS"},          ProtectionRow{0x02, "PAGE_READONLY"},
    ProtectionRow{0x04, "PAGE_READWRITE"},         ProtectionRow{0x08, "PAGE_WRITECOPY"},
    ProtectionRow{0x10, "PAGE_EXECUTE"},           ProtectionRow{0x20, "PAGE_EXECUTE_READ"},
    ProtectionRow{0x40, "PAGE_EXECUTE_READWRITE"}, ProtectionRow{0x80, "PAGE_EXECUTE_WRITECOPY"},
};
constexpr std::array kModifiers{
    ProtectionRow{0x100, "|PAGE_GUARD"},
    ProtectionRow{0x200, "|PAGE_NOCACHE"},
    ProtectionRow{0x400, "|PAGE_WRITECOMBINE"},
};

std::string protection_name(std::uint32_t protection) {
  const auto base = std::find_if(kProtections.begin(), kProtections.end(),
                                 [protection](const ProtectionRow& row) { return row.bits == (protection & 0xFFU); });
  std::string name = base == kProtections.end() ? fmt::format("{:#x}", protection & 0xFFU) : std::string(base->name);
  for (const ProtectionRow& modifier : kModifiers) {
    if ((protection & modifier.bits) != 0) {
      name += modifier.name;
    }
  }
  return name;
}

bool contains_one(const PageRun& run, const std::vector<Address>& addresses) {
  return std::any_of(addresses.begin(), addresses.end(), [&run](Address one) { return one - run.base < run.size; });
}

bool is_in(const std::vector<Address>& sorted, Address address) {
  return std::binary_search(sorted.begin(), sorted.end(), address);
}

std::string_view use_of(const PageRun& run, const AddressFacts& facts) {
  if (run.state == RegionState::kFree) {
    return "Free";
  }
  if (run.type == RegionType::kImage) {
    return "Image";
  }
  if (run.type == RegionType::kMapped) {
    return facts.files.contains(run.allocation_base) ? "Mapped file" : "Section";
  }
  if (is_in(facts.stacks, run.allocation_base)) {
    return "Stack";
  }
  if (is_in(facts.heaps, run.allocation_base)) {
    return "Heap";
  }
  if (contains_one(run, facts.pebs)) {
    return "PEB";
  }
  return contains_one(run, facts.tebs) ? "TEB" : "<unknown>";
}

std::string_view state_name(RegionState state) {
  return state == RegionState::kFree ? "MEM_FREE" : state == RegionState::kReserved ? "MEM_RESERVE" : "MEM_COMMIT";
}

std::string_view type_name(RegionType type) {
  return type == RegionType::kImage ? "MEM_IMAGE" : type == RegionType::kMapped ? "MEM_MAPPED" : "MEM_PRIVATE";
}

void add(std::vector<MemoryShare>& shares, std::string_view name, const PageRun& run) {
  auto share =
      std::find_if(shares.begin(), shares.end(), [name](const MemoryShare& other) { return other.name == name; });
  if (share == shares.end()) {
    share = shares.insert(shares.end(), MemoryShare{});
    share->name = name;
  }
  ++share->regions;
  share->bytes += run.size;
  share->committed += run.state == RegionState::kCommitted ? run.size : 0;
  if (run.size > share->largest) {
    share->largest = run.size;
    share->largest_at = run.base;
  }
}

void sort_by_size(std::vector<MemoryShare>& shares) {
  std::stable_sort(shares.begin(), shares.end(), [](const MemoryShare& a, const MemoryShare& b) {
    return (a.name == "Free") != (b.name == "Free") ? b.name == "Free" : a.bytes > b.bytes;
  });
}

std::vector<MappedSize> largest(std::vector<MappedSize> sizes, std::size_t most) {
  std::stable_sort(sizes.begin(), sizes.end(),
                   [](const MappedSize& a, const MappedSize& b) { return a.bytes > b.bytes; });
  sizes.resize(std::min(sizes.size(), most));
  return sizes;
}

}  // namespace

AddressSummary summarize(const AddressRegions& regions, const AddressFacts& facts) {
  AddressSummary summary;
  summary.is_complete = regions.is_complete;
  for (const PageRun& run : regions.runs) {
    summary.total += run.size;
    add(summary.uses, use_of(run, facts), run);
    add(summary.states, state_name(run.state), run);
    if (run.state == RegionState::kFree) {
      summary.free += run.size;
      if (run.size > summary.largest_free) {
        summary.largest_free = run.size;
        summary.largest_free_at = run.base;
      }
      continue;
    }
    ++summary.regions;
    add(summary.types, type_name(run.type), run);
    if (run.state == RegionState::kCommitted) {
      summary.committed += run.size;
      add(summary.protections, protection_name(run.protection), run);
    } else {
      summary.reserved += run.size;
    }
  }
  for (auto* shares : {&summary.uses, &summary.types, &summary.states, &summary.protections}) {
    sort_by_size(*shares);
  }
  return summary;
}

std::vector<MappedSize> image_sizes(const Allocations& allocations, const AddressFacts& facts, std::size_t most) {
  std::vector<MappedSize> sizes;
  for (const Allocation& allocation : allocations.all()) {
    if (allocation.type == RegionType::kImage) {
      const auto module = facts.modules.find(allocation.base);
      sizes.push_back(
          {module == facts.modules.end() ? std::string() : module->second, 1, allocation.size, allocation.base});
    }
  }
  return largest(std::move(sizes), most);
}

std::vector<MappedSize> file_sizes(const Allocations& allocations, const AddressFacts& facts, std::size_t most) {
  std::map<std::string, MappedSize> by_name;
  std::map<std::string, std::uint64_t> biggest;
  for (const auto& [base, name] : facts.files) {
    const Allocation* allocation = allocations.find(base);
    if (allocation == nullptr) {
      continue;
    }
    auto [size, is_new] = by_name.try_emplace(name, MappedSize{name, 0, 0, base});
    ++size->second.views;
    size->second.bytes += allocation->size;
    if (allocation->size > biggest[name]) {
      biggest[name] = allocation->size;
      size->second.base = base;
    }
  }
  std::vector<MappedSize> sizes;
  for (auto& [name, size] : by_name) {
    sizes.push_back(std::move(size));
  }
  return largest(std::move(sizes), most);
}

}  // namespace catcher
