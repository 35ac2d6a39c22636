#include "evidence/address_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <windows.h>

#include <bit>
#include <vector>

#include "evidence/memory_map.h"
#include "own_memory.h"
#include "synthetic_memory.h"

namespace catcher {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class TableMap final : public MemoryMap {
 public:
  std::vector<MemoryRegion> regions;
  std::string file;

  std::optional<MemoryRegion> region_at(Address address) const override {
    if (address.value >= 0x800000000000) {
      return std::nullopt;
    }
    for (const MemoryRegion& region : regions) {
      if (address >= region.base && address - region.base < region.size) {
        return region;
      }
    }
    return MemoryRegion{address, 0x1000, {}, RegionState::kFree, RegionType::kNone, false, false, false, false};
  }
  std::string mapped_file(Address) const override { return file; }
};

MemoryRegion committed(std::uint64_t base, RegionType type, bool writable, bool executable = false) {
  return {{base}, 0x10000, {base}, RegionState::kCommitted, type, true, writable, executable, false};
}

class AddressDescription : public testing::Test {
 protected:
  std::string describe(std::uint64_t address, bool is_64_bit = true) {
    return describe_address({address}, {memory_, map_, modules_, stacks_, is_64_bit});
  }

  SyntheticMemory memory_;
  TableMap map_;
  std::vector<Module> modules_;
  std::vector<ThreadStack> stacks_;
};

TEST_F(AddressDescription, the_first_64_kib_are_the_null_page) {
  EXPECT_EQ(describe(0), "null pointer");
  EXPECT_EQ(describe(0x18), "null page: null pointer + 0x18");
  EXPECT_THAT(describe(0xFFFF), StartsWith("null page"));
  EXPECT_EQ(describe(0x10000), "free memory");
}

TEST_F(AddressDescription, small_negative_addresses_are_null_pointers_too) {
  EXPECT_EQ(describe(~0ULL - 7), "null pointer - 0x8");
  EXPECT_EQ(describe(0xFFFFFFF8, false), "null pointer - 0x8");
}

TEST_F(AddressDescription, minus_one_is_what_windows_says_when_the_processor_gives_no_address) {
  EXPECT_THAT(describe(~0ULL), HasSubstr("the processor gives none"));
}

TEST_F(AddressDescription, non_canonical_addresses_are_named) {
  EXPECT_EQ(describe(0x1234000000000000), "not a canonical address");
}

TEST_F(AddressDescription, kernel_addresses_are_outside_every_process) {
  EXPECT_EQ(describe(0xFFFF800000001000), "outside the address space of a process");
}

TEST_F(AddressDescription, a_fill_pattern_in_an_address_is_explained_with_a_field_offset_too) {
  EXPECT_THAT(describe(0xFEEEFEEEFEEEFEEE + 0x18),
              AllOf(StartsWith("not a canonical"), HasSubstr("HeapFree has freed")));
  EXPECT_THAT(describe(0xDDDDDDE1, false), HasSubstr("0xDDDDDDDD"));
  EXPECT_THAT(describe(0xEEEEEEEEEEEEEEEE), HasSubstr("0xEEEEEEEE, the fill of heap memory that was freed"));
}

TEST_F(AddressDescription, stacks_are_named_by_thread_with_their_edges) {
  stacks_ = {{268, {0x500000}, {0x5F0000}, {0x600000}}};
  EXPECT_EQ(describe(0x5F8000), "in the stack of thread 268");
  EXPECT_EQ(describe(0x5EFFF8), "8 bytes below the committed part of the stack of thread 268");
  EXPECT_EQ(describe(0x4FFFF8), "8 bytes below the end of the stack of thread 268");
  map_.regions = {committed(0x5E0000, RegionType::kPrivate, false)};
  map_.regions[0].guard = true;
  EXPECT_THAT(describe(0x5EFFF8), EndsWith("(guard page)"));
}

TEST_F(AddressDescription, an_image_is_named_with_offset_section_and_protection) {
  Module module;
  module.base = {0x140000000};
  module.size = 0x10000;
  module.name = "app.exe";
  modules_ = {module};
  map_.regions = {committed(0x140000000, RegionType::kImage, false, true)};
  memory_.fill({0x140000000}, 0x400);
  memory_.put(Address{0x14000003C}, std::uint32_t{0x80});
  memory_.put(Address{0x140000086}, std::uint16_t{1});
  memory_.put(Address{0x140000094}, std::uint16_t{0xF0});
  memory_.put_text({0x140000188}, ".text");
  memory_.put(Address{0x140000190}, std::uint32_t{0x2000});
  memory_.put(Address{0x140000194}, std::uint32_t{0x1000});
  EXPECT_EQ(describe(0x140001530), "app.exe+0x1530, section .text (read, execute)");
  EXPECT_EQ(describe(0x140000010), "app.exe+0x10, section headers (read, execute)");
}

TEST_F(AddressDescription, an_image_with_unreadable_headers_still_has_module_and_offset) {
  Module module;
  module.base = {0x140000000};
  module.size = 0x10000;
  module.name = "app.exe";
  modules_ = {module};
  map_.regions = {committed(0x140000000, RegionType::kImage, true)};
  EXPECT_EQ(describe(0x140001530), "app.exe+0x1530 (read, write)");
}

TEST_F(AddressDescription, heaps_are_known_by_their_signature) {
  map_.regions = {committed(0x2000000, RegionType::kPrivate, true)};
  EXPECT_EQ(describe(0x2000100), "private memory (read, write)");
  memory_.put(Address{0x2000010}, std::uint32_t{0xFFEEFFEE});
  EXPECT_EQ(describe(0x2000100), "heap memory (read, write)");
}

TEST_F(AddressDescription, mapped_files_are_named_with_offset) {
  map_.regions = {committed(0x3000000, RegionType::kMapped, false)};
  EXPECT_EQ(describe(0x3000020), "shared memory (read)");
  map_.file = "\\Device\\HarddiskVolume3\\data.bin";
  EXPECT_EQ(describe(0x3000020), "mapped file \\Device\\HarddiskVolume3\\data.bin+0x20 (read)");
}

TEST_F(AddressDescription, reserved_memory_is_not_called_free) {
  map_.regions = {committed(0x4000000, RegionType::kPrivate, true)};
  map_.regions[0].state = RegionState::kReserved;
  EXPECT_EQ(describe(0x4000020), "memory that is reserved only");
}

TEST_F(AddressDescription, hostile_section_tables_do_not_lead_anywhere) {
  Module module;
  module.base = {0x140000000};
  module.size = 0x10000;
  module.name = "bad.exe";
  modules_ = {module};
  map_.regions = {committed(0x140000000, RegionType::kImage, false)};
  memory_.fill({0x140000000}, 0x1000, 0xFF);
  EXPECT_EQ(describe(0x140001530), "bad.exe+0x1530 (read)");
}

TEST(DescribeFill, registers_that_hold_a_fill_are_listed) {
  Registers registers;
  registers.general[0] = 0xBAADF00DBAADF00D;
  registers.general[1] = 0x1234;
  EXPECT_THAT(describe_filled_registers(registers),
              ElementsAre(StartsWith("rax = 0xbaadf00dbaadf00d: looks like 0xBAADF00D")));
}

TEST(DescribeFill, ordinary_values_are_no_fill) {
  for (const std::uint64_t value : {0ULL, 1ULL, 0x7FFE0000ULL, 0x140001000ULL, 0x7FFDEADB0000ULL, ~0ULL}) {
    EXPECT_FALSE(describe_fill(value, true)) << value;
  }
}

TEST(ProcessMemoryMap, tells_code_data_and_free_memory_of_a_live_process_apart) {
  static int data = 1;
  const ProcessMemoryMap map(GetCurrentProcess());
  const auto code = map.region_at({std::bit_cast<std::uint64_t>(&describe_fill)});
  ASSERT_TRUE(code);
  EXPECT_EQ(code->type, RegionType::kImage);
  EXPECT_TRUE(code->executable);
  EXPECT_FALSE(code->writable);
  const auto variable = map.region_at({std::bit_cast<std::uint64_t>(&data)});
  ASSERT_TRUE(variable);
  EXPECT_TRUE(variable->writable);
  EXPECT_THAT(map.mapped_file({std::bit_cast<std::uint64_t>(&data)}), HasSubstr(".exe"));
  const auto null = map.region_at({0x1000});
  ASSERT_TRUE(null);
  EXPECT_EQ(null->state, RegionState::kFree);
  EXPECT_FALSE(map.region_at({0x1234000000000000}));
}

TEST(ThreadStack, bounds_of_our_own_thread_enclose_a_local_variable) {
  const int local = 0;
  const Address here{std::bit_cast<std::uint64_t>(&local)};
  const auto stack = read_thread_stack(OwnMemory(), teb_of_thread(GetCurrentThread()), GetCurrentThreadId(), true);
  ASSERT_TRUE(stack);
  EXPECT_LE(stack->reserve, stack->limit);
  EXPECT_LT(stack->limit, here);
  EXPECT_GT(stack->base, here);
}

TEST(ThreadStack, unreadable_or_senseless_bounds_give_nothing) {
  SyntheticMemory memory;
  EXPECT_FALSE(read_thread_stack(memory, {0x7000}, 1, true));
  memory.fill(Address{0x7000}, 0x1480);
  memory.put(Address{0x7008}, std::uint64_t{0x1000});
  memory.put(Address{0x7010}, std::uint64_t{0x2000});
  EXPECT_FALSE(read_thread_stack(memory, {0x7000}, 1, true));
}

TEST(ThreadStack, a_32_bit_thread_is_found_through_its_64_bit_teb) {
  SyntheticMemory memory;
  memory.put(Address{0x7000}, std::uint64_t{0x9000});
  memory.fill(Address{0x9000}, 0xE10);
  memory.put(Address{0x9004}, std::uint32_t{0x200000});
  memory.put(Address{0x9008}, std::uint32_t{0x1F0000});
  memory.put(Address{0x9000 + 0xE0C}, std::uint32_t{0x100000});
  const auto stack = read_thread_stack(memory, {0x7000}, 5, false);
  ASSERT_TRUE(stack);
  EXPECT_EQ(stack->base.value, 0x200000U);
  EXPECT_EQ(stack->limit.value, 0x1F0000U);
  EXPECT_EQ(stack->reserve.value, 0x100000U);
}

}  // namespace
}  // namespace catcher
