#include "evidence/image.h"

#include "evidence/image_cache.h"
#include "evidence/image_map.h"
#include "unwind_image_builder.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

constexpr Address kBase{0x140000000};

class ImageTest : public testing::Test {
 protected:
  Image& image(std::uint64_t size = ImageBuilder::kSize) {
    memory_.block(kBase) = builder_.bytes();
    image_.emplace(memory_, kBase, size);
    return *image_;
  }

  ImageBuilder builder_;
  BlockMemory memory_;
  std::optional<Image> image_;
};

TEST_F(ImageTest, headers_tell_what_it_is) {
  const Image& made = image();
  EXPECT_EQ(made.defect(), "");
  EXPECT_EQ(made.machine(), 0x8664);
  EXPECT_TRUE(made.is_64_bit());
  EXPECT_EQ(made.timestamp(), ImageBuilder::kTimestamp);
  ASSERT_EQ(made.sections().size(), 3U);
  EXPECT_EQ(made.sections()[0].name, ".text");
  EXPECT_TRUE(made.is_code(ImageBuilder::kText));
  EXPECT_FALSE(made.is_code(ImageBuilder::kRdata));
  EXPECT_FALSE(made.is_code(ImageBuilder::kSize));
}

TEST_F(ImageTest, an_unknown_size_is_taken_from_the_headers) {
  EXPECT_EQ(image(0).size(), ImageBuilder::kSize);
}

TEST_F(ImageTest, what_is_no_image_says_so_and_answers_with_nothing) {
  builder_.put<std::uint16_t>(0, 0x4142);
  Image& made = image();
  EXPECT_NE(made.defect(), "");
  EXPECT_FALSE(made.function_at(0x1100).has_value());
  EXPECT_TRUE(made.exports().empty());
  EXPECT_EQ(made.export_name(), "");
  EXPECT_FALSE(made.code_view().has_value());
}

TEST_F(ImageTest, functions_are_found_between_their_ends) {
  builder_.function(0x1100, 0x1180, 0x4000).function(0x1180, 0x1200, 0x4004).function(0x1300, 0x1400, 0x4008);
  Image& made = image();
  EXPECT_FALSE(made.function_at(0x10ff).has_value());
  EXPECT_EQ(made.function_at(0x1100)->unwind_data, 0x4000U);
  EXPECT_EQ(made.function_at(0x117f)->unwind_data, 0x4000U);
  EXPECT_EQ(made.function_at(0x1180)->unwind_data, 0x4004U);
  EXPECT_FALSE(made.function_at(0x1200).has_value());
  EXPECT_EQ(made.function_at(0x13ff)->unwind_data, 0x4008U);
  EXPECT_FALSE(made.function_at(0x1400).has_value());
}

TEST_F(ImageTest, zeros_that_pad_the_function_table_hide_no_function) {
  builder_.function(0x1100, 0x1180, 0x4000).function(0x1300, 0x1400, 0x4008);
  builder_.directory(3, ImageBuilder::kPdata, 40 * 12);
  EXPECT_EQ(image().function_at(0x1350)->unwind_data, 0x4008U);
}

TEST_F(ImageTest, exports_come_sorted_with_names_and_ordinals_and_without_forwarders) {
  const std::uint32_t at = 0x5000;
  builder_.directory(0, at, 0x200);
  builder_.put(at + 12, at + 0x100).text(at + 0x100, "real.dll");
  builder_.put<std::uint32_t>(at + 16, 10);  // ordinal base
  builder_.put<std::uint32_t>(at + 20, 3).put<std::uint32_t>(at + 24, 2);
  builder_.put(at + 28, at + 0x40).put(at + 32, at + 0x60).put(at + 36, at + 0x80);
  builder_.put<std::uint32_t>(at + 0x40, 0x1800).put<std::uint32_t>(at + 0x44, 0x1200).put(at + 0x48, at + 0x180);
  builder_.put(at + 0x60, at + 0x120).put(at + 0x64, at + 0x130);
  builder_.text(at + 0x120, "late").text(at + 0x130, "forwarded");
  builder_.put<std::uint16_t>(at + 0x80, 0).put<std::uint16_t>(at + 0x82, 2);
  Image& made = image();
  EXPECT_EQ(made.export_name(), "real.dll");
  ASSERT_EQ(made.exports().size(), 2U);
  EXPECT_EQ(made.exports()[0].rva, 0x1200U);
  EXPECT_EQ(made.exports()[0].name, "");
  EXPECT_EQ(made.exports()[0].ordinal, 11U);
  EXPECT_EQ(made.exports()[1].rva, 0x1800U);
  EXPECT_EQ(made.exports()[1].name, "late");
}

TEST_F(ImageTest, the_codeview_record_names_the_pdb) {
  const std::uint32_t entry = 0x5000;
  const std::uint32_t record = 0x5100;
  builder_.directory(6, entry, 28);
  builder_.put<std::uint32_t>(entry + 12, 2).put<std::uint32_t>(entry + 16, 34).put(entry + 20, record);
  builder_.put<std::uint32_t>(record, 0x53445352).put<std::uint32_t>(record + 20, 7).text(record + 24, "app\\x.pdb");
  const auto& found = image().code_view();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->age, 7U);
  EXPECT_EQ(found->pdb_path, "app\\x.pdb");
  EXPECT_EQ(found->bytes.size(), 34U);
}

// Counts what is asked for.
class CountingMemory final : public MemoryReader {
 public:
  explicit CountingMemory(const MemoryReader& memory) : memory_(memory) {}
  std::size_t read(Address from, std::span<std::byte> into) const noexcept override {
    ++reads;
    bytes += into.size();
    return memory_.read(from, into);
  }
  mutable std::size_t reads = 0;
  mutable std::size_t bytes = 0;

 private:
  const MemoryReader& memory_;
};

TEST_F(ImageTest, of_a_huge_image_only_what_is_needed_is_read_and_only_once) {
  builder_.function(0x1100, 0x1180, 0x4000);
  memory_.block(kBase) = builder_.bytes();
  const CountingMemory counting(memory_);
  Image huge(counting, kBase, std::uint64_t{1} << 31);
  EXPECT_TRUE(huge.function_at(0x1100).has_value());
  const std::size_t reads = counting.reads;
  EXPECT_LT(counting.bytes, std::size_t{1} << 20);
  EXPECT_TRUE(huge.function_at(0x1110).has_value());
  EXPECT_EQ(counting.reads, reads);
}

TEST_F(ImageTest, pages_behind_an_unreadable_one_are_still_found) {
  auto head = builder_.bytes();
  builder_.text(ImageBuilder::kRdata, "behind the gap");
  const auto whole = builder_.bytes();
  head.resize(0x2000);
  memory_.block(kBase) = head;
  memory_.block(kBase + ImageBuilder::kRdata).assign(whole.begin() + ImageBuilder::kRdata, whole.end());
  Image gapped(memory_, kBase, ImageBuilder::kSize);
  EXPECT_EQ(gapped.bytes().text(ImageBuilder::kRdata, 100), "behind the gap");
  EXPECT_FALSE(gapped.bytes().value<std::uint32_t>(0x2100).has_value());
}

TEST_F(ImageTest, the_cache_takes_another_image_at_the_same_base_for_another) {
  memory_.block(kBase) = builder_.bytes();
  ImageCache cache(memory_);
  Module module = ImageBuilder::module_at(kBase);
  EXPECT_EQ(cache.image(module).timestamp(), ImageBuilder::kTimestamp);
  builder_.put<std::uint32_t>(ImageBuilder::kHeaders + 8, 99);
  memory_.block(kBase) = builder_.bytes();
  EXPECT_EQ(cache.image(module).timestamp(), ImageBuilder::kTimestamp);
  module.timestamp = 99;
  EXPECT_EQ(cache.image(module).timestamp(), 99U);
}

TEST_F(ImageTest, the_cache_forgets_what_was_unloaded) {
  memory_.block(kBase) = builder_.bytes();
  ImageCache cache(memory_);
  const Module module = ImageBuilder::module_at(kBase);
  cache.image(module);
  builder_.put<std::uint32_t>(ImageBuilder::kHeaders + 8, 99);
  memory_.block(kBase) = builder_.bytes();
  cache.drop(kBase);
  EXPECT_EQ(cache.image(module).timestamp(), 99U);
}

TEST_F(ImageTest, an_image_that_two_processes_have_in_common_is_read_in_one_of_them) {
  memory_.block(kBase) = builder_.bytes();
  CountingMemory other(memory_);
  CommonImages common;
  ImageCache cache(memory_, &common);
  ImageCache second(other, &common);
  Module module = ImageBuilder::module_at(kBase);
  module.path = "C:\\common.dll";
  Image& image = cache.image(module);
  EXPECT_EQ(&second.image(module), &image);
  EXPECT_EQ(other.reads, 0U);
  EXPECT_EQ(second.memory().spent(), cache.memory().spent());
  module.path = "C:\\another.dll";
  EXPECT_NE(&second.image(module), &image);
  EXPECT_GT(other.reads, 0U);
}

TEST_F(ImageTest, an_image_whose_file_is_not_known_is_nobody_elses) {
  memory_.block(kBase) = builder_.bytes();
  CommonImages common;
  ImageCache cache(memory_, &common);
  ImageCache second(memory_, &common);
  Module module = ImageBuilder::module_at(kBase);
  module.path.clear();
  EXPECT_NE(&cache.image(module), &second.image(module));
}

struct CallForm {
  const char* name;
  std::initializer_list<unsigned> bytes;
  bool is_call;
};

TEST_F(ImageTest, every_form_of_a_call_makes_a_return_address) {
  const CallForm forms[] = {
      {"call rel32", {0xe8, 1, 2, 3, 4}, true},
      {"call rax", {0xff, 0xd0}, true},
      {"call r11", {0x41, 0xff, 0xd3}, true},
      {"call [rax]", {0xff, 0x10}, true},
      {"call [rax+8]", {0xff, 0x50, 0x08}, true},
      {"call [rax+800]", {0xff, 0x90, 0x00, 0x08, 0x00, 0x00}, true},
      {"call [rip+n]", {0xff, 0x15, 1, 2, 3, 4}, true},
      {"call [rsp+8]", {0xff, 0x54, 0x24, 0x08}, true},
      {"call [rax+rcx*8]", {0xff, 0x14, 0xc8}, true},
      {"call [rcx*8+n]", {0xff, 0x14, 0xcd, 1, 2, 3, 4}, true},
      {"call [r12+800]", {0x41, 0xff, 0x94, 0x24, 0x00, 0x08, 0x00, 0x00}, true},
      {"jmp rax", {0xff, 0xe0}, false},
      {"jmp rel32", {0xe9, 1, 2, 3, 4}, false},
      {"nop", {0x90}, false},
  };
  std::uint32_t rva = 0x1100;
  std::vector<std::pair<const CallForm*, std::uint32_t>> ends;
  for (const CallForm& form : forms) {
    builder_.code(rva, form.bytes);
    ends.emplace_back(&form, static_cast<std::uint32_t>(rva + form.bytes.size()));
    rva += 0x20;
  }
  memory_.block(kBase) = builder_.bytes();
  ImageCache cache(memory_);
  const std::vector<Module> modules{ImageBuilder::module_at(kBase)};
  ImageMap map(cache, modules, {});
  for (const auto& [form, end] : ends) {
    EXPECT_EQ(map.is_return_address(kBase + end), form->is_call) << form->name;
  }
}

}  // namespace
}  // namespace catcher
