#include "evidence/minidump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <windows.h>

#include <cstring>
#include <map>
#include <memory>

#include "evidence/minidump_capture.h"
#include "evidence/minidump_file.h"
#include "evidence/thread_stack.h"
#include "own_memory.h"
#include "synthetic_memory.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

namespace catcher {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Reads a minidump back by the offsets of minidumpapiset.h, independently of how it was written.
class Dump {
 public:
  explicit Dump(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {
    const auto count = at<std::uint32_t>(8);
    const auto directory = at<std::uint32_t>(12);
    for (std::uint32_t i = 0; i < count; ++i) {
      streams_[at<std::uint32_t>(directory + i * 12)] = {at<std::uint32_t>(directory + i * 12 + 4),
                                                         at<std::uint32_t>(directory + i * 12 + 8)};
    }
  }
  template <typename T>
  T at(std::size_t offset) const {
    T value{};
    EXPECT_LE(offset + sizeof value, bytes_.size());
    if (offset + sizeof value <= bytes_.size()) {
      std::memcpy(&value, bytes_.data() + offset, sizeof value);
    }
    return value;
  }
  bool has(std::uint32_t type) const { return streams_.contains(type); }
  std::uint32_t stream(std::uint32_t type) const { return streams_.at(type).second; }
  std::uint32_t stream_size(std::uint32_t type) const { return streams_.at(type).first; }
  std::string string(std::uint32_t rva) const {
    std::wstring text;
    for (std::uint32_t i = 0; i < at<std::uint32_t>(rva) / 2; ++i) {
      text.push_back(static_cast<wchar_t>(at<std::uint16_t>(rva + 4 + i * 2)));
    }
    return to_utf8(text);
  }

 private:
  std::vector<std::byte> bytes_;
  std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>> streams_;  // type -> size, rva
};

std::vector<std::byte> bytes(std::initializer_list<unsigned> values) {
  std::vector<std::byte> result;
  for (const unsigned value : values) {
    result.push_back(static_cast<std::byte>(value));
  }
  return result;
}

MinidumpContents sample() {
  MinidumpContents contents;
  contents.system.major = 10;
  contents.system.build = 17763;
  contents.process.pid = 264;
  contents.threads.push_back({268, "worker", {0x7000}, bytes({1, 2, 3, 4}), {{0x5000}, bytes({9, 8, 7})}});
  contents.threads.push_back({300, "", {0x8000}, {}, {}});
  contents.modules.push_back({{0x140000000}, 0x3000, 7, 8, "C:\\app\\ümlaut.exe", bytes({'R', 'S', 'D', 'S'})});
  contents.exception = MinidumpContents::Exception{268, 0xC0000005, 0, {0x140001530}, {1, 0}, bytes({5, 6})};
  contents.memory.push_back({{0x9000}, bytes({0xAA, 0xBB})});
  contents.comment = "why";
  return contents;
}

TEST(Minidump, header_and_directory_say_what_is_inside) {
  const Dump dump(serialise_minidump(sample()));
  EXPECT_EQ(dump.at<std::uint32_t>(0), 0x504D444DU);
  EXPECT_EQ(dump.at<std::uint16_t>(4), 0xA793);
  for (const std::uint32_t type : {3U, 4U, 5U, 6U, 7U, 11U, 15U, 24U}) {
    EXPECT_TRUE(dump.has(type)) << type;
  }
  EXPECT_EQ(dump.at<std::uint32_t>(dump.stream(15) + 8), 264U);
}

TEST(Minidump, system_info_names_processor_and_version) {
  auto contents = sample();
  const Dump dump(serialise_minidump(contents));
  EXPECT_EQ(dump.at<std::uint16_t>(dump.stream(7)), 9);  // AMD64
  EXPECT_EQ(dump.at<std::uint32_t>(dump.stream(7) + 8), 10U);
  EXPECT_EQ(dump.at<std::uint32_t>(dump.stream(7) + 16), 17763U);
  EXPECT_EQ(dump.at<std::uint32_t>(dump.stream(7) + 20), 2U);
  contents.system.is_64_bit = false;
  const Dump dump32(serialise_minidump(contents));
  EXPECT_EQ(dump32.at<std::uint16_t>(dump32.stream(7)), 0);  // i386
}

TEST(Minidump, threads_have_stack_context_and_name) {
  const Dump dump(serialise_minidump(sample()));
  const std::uint32_t list = dump.stream(3);
  ASSERT_EQ(dump.at<std::uint32_t>(list), 2U);
  const std::uint32_t thread = list + 4;
  EXPECT_EQ(dump.at<std::uint32_t>(thread), 268U);
  EXPECT_EQ(dump.at<std::uint64_t>(thread + 16), 0x7000U);
  EXPECT_EQ(dump.at<std::uint64_t>(thread + 24), 0x5000U);
  EXPECT_EQ(dump.at<std::uint32_t>(thread + 32), 3U);
  EXPECT_EQ(dump.at<std::uint8_t>(dump.at<std::uint32_t>(thread + 36)), 9);
  EXPECT_EQ(dump.at<std::uint32_t>(thread + 40), 4U);
  EXPECT_EQ(dump.at<std::uint8_t>(dump.at<std::uint32_t>(thread + 44) + 3), 4);
  const std::uint32_t names = dump.stream(24);
  ASSERT_EQ(dump.at<std::uint32_t>(names), 1U);
  EXPECT_EQ(dump.at<std::uint32_t>(names + 4), 268U);
  EXPECT_EQ(dump.string(static_cast<std::uint32_t>(dump.at<std::uint64_t>(names + 8))), "worker");
}

TEST(Minidump, modules_have_name_and_codeview_record) {
  const Dump dump(serialise_minidump(sample()));
  const std::uint32_t module = dump.stream(4) + 4;
  EXPECT_EQ(dump.at<std::uint64_t>(module), 0x140000000U);
  EXPECT_EQ(dump.at<std::uint32_t>(module + 8), 0x3000U);
  EXPECT_EQ(dump.at<std::uint32_t>(module + 12), 7U);
  EXPECT_EQ(dump.at<std::uint32_t>(module + 16), 8U);
  EXPECT_EQ(dump.string(dump.at<std::uint32_t>(module + 20)), "C:\\app\\ümlaut.exe");
  EXPECT_EQ(dump.at<std::uint32_t>(module + 76), 4U);
  EXPECT_EQ(dump.at<char>(dump.at<std::uint32_t>(module + 80)), 'R');
}

TEST(Minidump, the_exception_has_its_record_and_context) {
  const Dump dump(serialise_minidump(sample()));
  const std::uint32_t stream = dump.stream(6);
  EXPECT_EQ(dump.stream_size(6), 168U);
  EXPECT_EQ(dump.at<std::uint32_t>(stream), 268U);
  EXPECT_EQ(dump.at<std::uint32_t>(stream + 8), 0xC0000005U);
  EXPECT_EQ(dump.at<std::uint64_t>(stream + 24), 0x140001530U);
  EXPECT_EQ(dump.at<std::uint32_t>(stream + 32), 2U);
  EXPECT_EQ(dump.at<std::uint64_t>(stream + 40), 1U);
  EXPECT_EQ(dump.at<std::uint32_t>(stream + 160), 2U);
  EXPECT_EQ(dump.at<std::uint8_t>(dump.at<std::uint32_t>(stream + 164)), 5);
}

TEST(Minidump, the_memory_list_names_stacks_and_memory) {
  const Dump dump(serialise_minidump(sample()));
  const std::uint32_t list = dump.stream(5);
  ASSERT_EQ(dump.at<std::uint32_t>(list), 2U);
  EXPECT_EQ(dump.at<std::uint64_t>(list + 4), 0x5000U);
  EXPECT_EQ(dump.at<std::uint64_t>(list + 20), 0x9000U);
  EXPECT_EQ(dump.at<std::uint32_t>(list + 28), 2U);
  EXPECT_EQ(dump.at<std::uint8_t>(dump.at<std::uint32_t>(list + 32)), 0xAA);
}

TEST(Minidump, the_size_of_a_list_is_that_of_its_entries_alone) {
  const Dump dump(serialise_minidump(sample()));
  EXPECT_EQ(dump.stream_size(3), 4U + 2 * 48);
  EXPECT_EQ(dump.stream_size(4), 4U + 108);
  EXPECT_EQ(dump.stream_size(5), 4U + 2 * 16);
  EXPECT_EQ(dump.stream_size(7), 56U);
  EXPECT_EQ(dump.stream_size(15), 24U);
  EXPECT_EQ(dump.stream_size(24), 4U + 12);
}

TEST(Minidump, more_parameters_than_a_record_holds_are_cut) {
  auto contents = sample();
  contents.exception->parameters.assign(40, 3);
  const Dump dump(serialise_minidump(contents));
  EXPECT_EQ(dump.at<std::uint32_t>(dump.stream(6) + 32), 15U);
}

TEST(Minidump, a_full_dump_promises_its_ranges_right_behind_itself) {
  const std::vector<MemoryRange> ranges{{{0x1000}, 0x2000}, {{0x8000}, 0x1000}};
  const auto serialised = serialise_minidump(sample(), ranges);
  const Dump dump(serialised);
  ASSERT_TRUE(dump.has(9));
  EXPECT_FALSE(dump.has(5));
  EXPECT_EQ(dump.at<std::uint64_t>(24), 2U);  // MiniDumpWithFullMemory
  EXPECT_EQ(dump.at<std::uint64_t>(dump.stream(9)), 2U);
  EXPECT_EQ(dump.at<std::uint64_t>(dump.stream(9) + 8), serialised.size());
  EXPECT_EQ(dump.at<std::uint64_t>(dump.stream(9) + 32), 0x8000U);
}

TEST(Minidump, an_empty_process_still_makes_a_dump) {
  const Dump dump(serialise_minidump({}));
  EXPECT_EQ(dump.at<std::uint32_t>(dump.stream(3)), 0U);
  EXPECT_FALSE(dump.has(6));
}

TEST(MergeRanges, overlapping_and_touching_ranges_become_one) {
  EXPECT_THAT(merge_ranges({{{0x30}, 0x10}, {{0x10}, 0x10}, {{0x18}, 0x18}, {{0x80}, 0}}),
              ElementsAre(MemoryRange{{0x10}, 0x30}));
}

TEST(MergeRanges, what_is_covered_already_is_cut_out) {
  const std::vector<MemoryRange> stack{{{0x20}, 0x10}};
  EXPECT_THAT(merge_ranges({{{0x10}, 0x30}}, stack), ElementsAre(MemoryRange{{0x10}, 0x10}, MemoryRange{{0x30}, 0x10}));
  EXPECT_THAT(merge_ranges({{{0x24}, 0x4}}, stack), IsEmpty());
}

class CapturedThread : public testing::Test {
 protected:
  CapturedThread()
      : ready_(CreateEventW(nullptr, TRUE, FALSE, nullptr)), end_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {
    DWORD tid = 0;
    thread_.reset(CreateThread(nullptr, 0, run, this, 0, &tid));
    WaitForSingleObject(ready_.get(), INFINITE);
    SuspendThread(thread_.get());
    threads_.push_back({tid, "sleeper", teb_of_thread(thread_.get()), capture_registers(thread_.get(), true)});
    Module module;
    module.base = address_of(GetModuleHandleW(nullptr));
    module.size = 0x1000;
    module.name = "unit.exe";
    modules_.push_back(module);
  }
  ~CapturedThread() override {
    SetEvent(end_.get());
    ResumeThread(thread_.get());
    WaitForSingleObject(thread_.get(), INFINITE);
  }
  DumpedProcess dumped() {
    ExceptionInfo exception;
    exception.code = 0xC0000005;
    return {GetCurrentProcess(),
            GetCurrentProcessId(),
            true,
            memory_,
            modules_,
            threads_,
            threads_[0].tid,
            exception,
            "test"};
  }

  static DWORD WINAPI run(void* self) {
    const auto* test = static_cast<const CapturedThread*>(self);
    SetEvent(test->ready_.get());
    return WaitForSingleObject(test->end_.get(), INFINITE);
  }

  OwnMemory memory_;
  UniqueHandle ready_;
  UniqueHandle end_;
  UniqueHandle thread_;
  std::vector<DumpedThread> threads_;
  std::vector<Module> modules_;
};

TEST_F(CapturedThread, stack_context_exception_and_system_are_there) {
  const MinidumpContents contents = capture_minidump(dumped());
  ASSERT_EQ(contents.threads.size(), 1U);
  EXPECT_EQ(contents.threads[0].context.size(), kContextSize64);
  EXPECT_FALSE(contents.threads[0].stack.bytes.empty());
  EXPECT_LE(contents.threads[0].stack.bytes.size(), 256U * 1024);
  EXPECT_EQ(contents.exception->context.size(), kContextSize64);
  EXPECT_GE(contents.system.major, 6U);
  EXPECT_GT(contents.process.created, 1'600'000'000U);
  EXPECT_FALSE(contents.memory.empty());
}

TEST_F(CapturedThread, a_dump_is_written_whole_under_its_own_name) {
  const WrittenMinidump written = write_minidump("minidump_test.tmp", "a.dmp", dumped(), MinidumpType::kSmall,
                                                 ProcessMemoryMap(GetCurrentProcess()));
  EXPECT_EQ(written.error, "");
  const std::wstring path = to_utf16(written.path);
  WIN32_FILE_ATTRIBUTE_DATA data{};
  ASSERT_NE(GetFileAttributesExW(path.c_str(), GetFileExInfoStandard, &data), 0);
  EXPECT_EQ(data.nFileSizeLow, written.size);
  EXPECT_EQ(GetFileAttributesW((path + L".part").c_str()), INVALID_FILE_ATTRIBUTES);
  DeleteFileW(path.c_str());
  RemoveDirectoryW(L"minidump_test.tmp");
}

TEST_F(CapturedThread, a_bad_directory_costs_the_dump_only) {
  const ProcessMemoryMap map(GetCurrentProcess());
  const auto nowhere = write_minidump("Q:\\no\\such\\place", "a.dmp", dumped(), MinidumpType::kSmall, map);
  EXPECT_EQ(nowhere.path, "");
  EXPECT_THAT(nowhere.error, HasSubstr("no minidump in Q:\\no\\such\\place"));
  const auto escape = write_minidump(".", "..\\a.dmp", dumped(), MinidumpType::kSmall, map);
  EXPECT_THAT(escape.error, HasSubstr("not a plain file name"));
}

TEST(MinidumpCapture, a_process_that_shows_nothing_still_gives_a_dump) {
  const SyntheticMemory memory;
  const std::vector<DumpedThread> threads{{1, "", {0x7000}, std::nullopt}, {2, "", {}, Registers{}}};
  Module module;
  module.base = {0x140000000};
  const std::vector<Module> modules{module};
  const auto contents = capture_minidump({nullptr, 1, true, memory, modules, threads, 0, std::nullopt, ""});
  EXPECT_EQ(contents.threads.size(), 2U);
  EXPECT_TRUE(contents.threads[1].stack.bytes.empty());
  EXPECT_TRUE(contents.modules[0].codeview.empty());
}

TEST(MinidumpCapture, of_a_32_bit_process_has_32_bit_modules_and_tebs_only) {
  SyntheticMemory memory;
  memory.put(Address{0x7000}, std::uint64_t{0x9000});  // where a 64-bit TEB names the 32-bit one
  const std::vector<DumpedThread> threads{{1, "", {0x7000}, std::nullopt}};
  Module wow64;
  wow64.base = {0x6FFFFFF00000};
  Module program;
  program.base = {0x400000};
  const std::vector<Module> modules{wow64, program};
  const auto contents = capture_minidump({nullptr, 1, false, memory, modules, threads, 0, std::nullopt, ""});
  EXPECT_EQ(contents.threads[0].teb, Address{0x9000});
  ASSERT_EQ(contents.modules.size(), 1U);
  EXPECT_EQ(contents.modules[0].base, program.base);
}

TEST(MinidumpCapture, the_codeview_record_is_found_through_the_debug_directory) {
  SyntheticMemory memory;
  memory.fill({0x140000000}, 0x3000);
  memory.put(Address{0x14000003C}, std::uint32_t{0x80});
  memory.put(Address{0x140000080}, std::uint32_t{0x4550});
  memory.put(Address{0x140000098}, std::uint16_t{0x20B});
  memory.put(Address{0x1400000D8}, std::uint32_t{0xC0FFEE});  // CheckSum
  memory.put(Address{0x140000098 + 112 + 48}, std::uint32_t{0x1000});
  memory.put(Address{0x140000098 + 112 + 52}, std::uint32_t{56});
  memory.put(Address{0x140001000 + 28 + 12}, std::uint32_t{2});
  memory.put(Address{0x140001000 + 28 + 16}, std::uint32_t{6});
  memory.put(Address{0x140001000 + 28 + 20}, std::uint32_t{0x2000});
  memory.put_text({0x140002000}, "RSDS!");
  Module module;
  module.base = {0x140000000};
  const std::vector<Module> modules{module};
  const auto contents = capture_minidump({nullptr, 1, true, memory, modules, {}, 0, std::nullopt, ""});
  EXPECT_EQ(contents.modules[0].checksum, 0xC0FFEEU);
  EXPECT_EQ(contents.modules[0].codeview, bytes({'R', 'S', 'D', 'S', '!', 0}));
}

TEST(ReadableRanges, this_process_has_its_code_and_stack_in_them) {
  const auto ranges = readable_ranges(ProcessMemoryMap(GetCurrentProcess()));
  const auto holds = [&](Address address) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const MemoryRange& range) { return address >= range.start && address < range.end(); });
  };
  const int local = 0;
  EXPECT_TRUE(holds(address_of(&local)));
  EXPECT_TRUE(holds(address_of(GetModuleHandleW(nullptr))));
  EXPECT_FALSE(holds({0}));
}

}  // namespace
}  // namespace catcher
