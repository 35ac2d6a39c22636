// Damaged images: whatever stands in them, names are found or not, in bounded time; nothing crashes.
#include "evidence/coff_debuglink.h"
#include "evidence/coff_symbols.h"
#include "evidence/dwarf_file.h"
#include "evidence/pdb_identity.h"

#include <gtest/gtest.h>

#include <random>

#include "symbol_fixture.h"

namespace catcher {
namespace {

using std::chrono::milliseconds;

std::vector<std::byte> bytes_of(const std::string& path) {
  const SymbolFileMap map = SymbolFileMap::open(path);
  return {map.bytes().begin(), map.bytes().end()};
}

// CATCHER_DAMAGE_ROUNDS makes a soak of it.
int rounds() {
  const char* wanted = std::getenv("CATCHER_DAMAGE_ROUNDS");
  return wanted == nullptr ? 400 : std::atoi(wanted);
}

// Everything that reads an image, over every few bytes of its code.
std::size_t read_everything(const std::vector<std::byte>& bytes) {
  std::size_t found = 0;
  for (const CoffImage::Layout layout : {CoffImage::Layout::kFile, CoffImage::Layout::kMemory}) {
    const auto image = CoffImage::parse(bytes, layout);
    if (!image) {
      continue;
    }
    SymbolBudget budget(milliseconds(300), 300'000);
    found += debug_link(*image) ? 1u : 0u;
    found += pdb_link(*image) ? 1u : 0u;
    const CoffSymbols symbols(*image, budget);
    const std::unique_ptr<DwarfFile> dwarf =
        layout == CoffImage::Layout::kFile ? DwarfFile::open(*image, budget) : nullptr;
    for (std::uint32_t rva = 0x1000; rva < 0x1200; rva += 13) {
      found += symbols.find(rva) ? 1u : 0u;
      found += dwarf != nullptr ? dwarf->frames_at(rva, budget).size() : 0;
    }
  }
  return found;
}

struct Region {
  std::size_t begin = 0;
  std::size_t size = 0;
};

// The parts of an image file that are worth damaging: its headers, its debug sections, its tables.
std::vector<Region> regions_of(const std::vector<std::byte>& bytes) {
  const CoffImage image = *CoffImage::parse(bytes);
  std::vector<Region> regions = {{0, 0x400}};
  for (const CoffSection& section : image.sections()) {
    if (!section.is_code && section.file_size != 0) {
      regions.push_back({section.file_offset, std::min(section.file_size, section.virtual_size)});
    }
  }
  if (!image.symbol_records().empty()) {
    const auto begin = static_cast<std::size_t>(image.symbol_records().data() - bytes.data());
    regions.push_back({begin, bytes.size() - begin});
  }
  return regions;
}

void damage(std::vector<std::byte>& bytes, const std::vector<Region>& regions, std::mt19937& random) {
  const auto below = [&random](std::size_t end) { return end == 0 ? 0 : random() % end; };
  const std::size_t changes = 1 + below(6);
  for (std::size_t i = 0; i < changes; ++i) {
    const Region& region = regions[below(regions.size())];
    const std::size_t at = region.begin + below(region.size);
    if (at + 8 > bytes.size()) {
      continue;
    }
    switch (below(4)) {
      case 0:
        bytes[at] = static_cast<std::byte>(random());
        break;
      case 1:
        bytes[at] ^= static_cast<std::byte>(1u << below(8));
        break;
      case 2:
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 4, std::byte{0xFF});
        break;
      default:
        std::copy_n(
            bytes.begin() + static_cast<std::ptrdiff_t>(region.begin + below(region.size > 8 ? region.size - 8 : 0)), 8,
            bytes.begin() + static_cast<std::ptrdiff_t>(at));
        break;
    }
  }
}

class SymbolDamage : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!fixture::exists(GetParam())) {
      GTEST_SKIP() << GetParam() << " was not built: its compiler is missing";
    }
  }
};

TEST_P(SymbolDamage, changed_bytes_cost_names_and_nothing_else) {
  const std::vector<std::byte> good = bytes_of(fixture::path(GetParam()));
  const std::vector<Region> regions = regions_of(good);
  const std::size_t names_of_good = read_everything(good);
  ASSERT_GT(names_of_good, 0u);
  std::mt19937 random(20'261'121);
  std::size_t worse = 0;
  for (int round = 0; round < rounds(); ++round) {
    std::vector<std::byte> bytes = good;
    damage(bytes, regions, random);
    worse += read_everything(bytes) < names_of_good ? 1u : 0u;
  }
  EXPECT_GT(worse, 0u) << "no change was felt: the test damages the wrong bytes";
}

TEST_P(SymbolDamage, a_file_cut_off_anywhere_is_read_as_far_as_it_goes) {
  const std::vector<std::byte> good = bytes_of(fixture::path(GetParam()));
  const std::size_t step = std::max<std::size_t>(good.size() / 150, 1);
  for (std::size_t size = 0; size < good.size(); size += step) {
    read_everything({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  EXPECT_EQ(read_everything({}), 0u);
  EXPECT_EQ(read_everything({good.begin(), good.begin() + 0x80}), 0u);
}

INSTANTIATE_TEST_SUITE_P(All, SymbolDamage,
                         testing::Values("dwarf2_O2.exe", "dwarf3_O0.exe", "dwarf4_O2.exe", "dwarf5_O2.exe",
                                         "dwarf5_O0.exe", "clang_dwarf4_O2.exe", "clang_dwarf5_O2.exe", "linked.exe",
                                         "coff.exe", "pdb_O2.exe"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(PdbDamage, changed_bytes_never_lead_outside_the_file) {
  if (!fixture::exists("pdb_O2.pdb")) {
    GTEST_SKIP() << "no clang and lld: no PDB";
  }
  const std::vector<std::byte> good = bytes_of(fixture::path("pdb_O2.pdb"));
  ASSERT_TRUE(pdb_identity(good).has_value());
  std::mt19937 random(7);
  const std::vector<Region> header = {{0, 0x40}, {0x1000, 0x1000}, {good.size() - 0x2000, 0x2000}};
  int refused = 0;
  for (int round = 0; round < 5'000; ++round) {
    std::vector<std::byte> bytes = good;
    damage(bytes, header, random);
    refused += pdb_identity(bytes) ? 0 : 1;
  }
  EXPECT_GT(refused, 0);
  for (std::size_t size = 0; size < good.size(); size += 997) {
    EXPECT_FALSE(pdb_identity(Bytes(good).first(size)).has_value()) << size;
  }
}

TEST(SymbolBudget, work_ends_where_the_budget_does) {
  SymbolBudget budget(milliseconds(60'000), 100);
  int done = 0;
  while (budget.spend()) {
    ++done;
  }
  EXPECT_EQ(done, 99);
  EXPECT_TRUE(budget.is_spent());
  EXPECT_FALSE(budget.check());
}

}  // namespace
}  // namespace catcher
