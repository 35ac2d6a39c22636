// The minidump writer: everything that a dump refers to lies in the dump, and is what was put in.
#include "evidence/minidump.h"
#include "fuzz_input.h"

#include "evidence/symbol_bytes.h"

namespace catcher::fuzz {
namespace {

enum Stream : std::uint32_t { kThreadList = 3, kModuleList = 4, kMemoryList = 5, kException = 6, kMemory64List = 9 };

MemoryBytes made_memory(FuzzInput& input) {
  const Address start{input.take<std::uint32_t>()};
  return {start, input.bytes(input.take<std::uint8_t>())};
}

MinidumpContents made_contents(FuzzInput& input) {
  MinidumpContents contents;
  contents.system.is_64_bit = input.flag();
  contents.system.service_pack = input.text();
  contents.comment = input.text();
  contents.threads.resize(input.below(4));
  for (MinidumpContents::Thread& thread : contents.threads) {
    thread = {input.take<std::uint8_t>(),
              input.text(),
              {input.take<std::uint64_t>()},
              input.bytes(input.below(200)),
              made_memory(input)};
  }
  contents.modules.resize(input.below(4));
  for (MinidumpContents::Module& module : contents.modules) {
    module.base = {input.take<std::uint64_t>()};
    module.path = input.text();
    module.codeview = input.bytes(input.below(64));
  }
  if (input.flag()) {
    MinidumpContents::Exception exception;
    exception.code = input.take<std::uint32_t>();
    exception.parameters.resize(input.below(40));
    exception.context = input.bytes(input.below(200));
    contents.exception = exception;
  }
  contents.memory.resize(input.below(4));
  std::generate(contents.memory.begin(), contents.memory.end(), [&input] { return made_memory(input); });
  return contents;
}

class Dump {
 public:
  explicit Dump(Bytes bytes) : bytes_(bytes) {}

  std::uint32_t number(std::uint64_t at) const {
    const auto value = value_at<std::uint32_t>(bytes_, at);
    require(value.has_value(), "every field lies in the dump");
    return *value;
  }

  // What a MINIDUMP_LOCATION_DESCRIPTOR points at.
  Bytes located(std::uint64_t at) const {
    const std::uint32_t size = number(at);
    const std::uint32_t rva = number(at + 4);
    require(std::uint64_t{rva} + size <= bytes_.size(), "every location lies in the dump");
    return bytes_.subspan(rva, size);
  }

  void check_string(std::uint32_t rva) const {
    const std::uint32_t size = number(rva);
    require(size % 2 == 0 && std::uint64_t{rva} + 4 + size + 2 <= bytes_.size(), "every text lies in the dump");
  }

 private:
  Bytes bytes_;
};

bool same(Bytes found, const std::vector<std::byte>& put) {
  return std::equal(found.begin(), found.end(), put.begin(), put.end());
}

void check_threads(const Dump& dump, std::uint64_t at, const MinidumpContents& contents) {
  require(dump.number(at) == contents.threads.size(), "every thread is in the dump");
  for (std::size_t i = 0; i < contents.threads.size(); ++i) {
    const std::uint64_t thread = at + 4 + i * 48;
    require(same(dump.located(thread + 32), contents.threads[i].stack.bytes), "a thread's stack is what it was");
    require(same(dump.located(thread + 40), contents.threads[i].context), "a thread's context is what it was");
  }
}

void check_modules(const Dump& dump, std::uint64_t at, const MinidumpContents& contents) {
  require(dump.number(at) == contents.modules.size(), "every module is in the dump");
  for (std::size_t i = 0; i < contents.modules.size(); ++i) {
    const std::uint64_t module = at + 4 + i * 108;
    dump.check_string(dump.number(module + 20));
    require(same(dump.located(module + 76), contents.modules[i].codeview), "a CodeView record is what it was");
  }
}

void check_dump(Bytes bytes, const MinidumpContents& contents) {
  const Dump dump(bytes);
  require(dump.number(0) == 0x504D444D, "a dump begins with MDMP");
  const std::uint32_t streams = dump.number(8);
  require(streams < 32, "a dump has a few streams");
  for (std::uint32_t i = 0; i < streams; ++i) {
    const std::uint64_t entry = dump.number(12) + std::uint64_t{i} * 12;
    dump.located(entry + 4);
    const std::uint32_t at = dump.number(entry + 8);
    switch (dump.number(entry)) {
      case kThreadList:
        check_threads(dump, at, contents);
        break;
      case kModuleList:
        check_modules(dump, at, contents);
        break;
      case kMemoryList:
        for (std::uint32_t range = 0; range < dump.number(at); ++range) {
          dump.located(at + 4 + std::uint64_t{range} * 16 + 8);
        }
        break;
      case kException:
        require(dump.number(at + 32) <= 15, "an exception has at most 15 parameters");
        require(same(dump.located(at + 160), contents.exception->context), "the crash's context is what it was");
        break;
      default:
        break;
    }
  }
}

bool is_in(Address address, const std::vector<MemoryRange>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [address](const MemoryRange& range) {
    return range.start <= address && address - range.start < range.size;
  });
}

void check_merged(const std::vector<MemoryRange>& ranges, const std::vector<MemoryRange>& except) {
  const std::vector<MemoryRange> merged = merge_ranges(ranges, except);
  for (std::size_t i = 0; i < merged.size(); ++i) {
    require(merged[i].size > 0, "no range is empty");
    require(i == 0 || merged[i - 1].end() <= merged[i].start, "ranges are in order and apart");
    require(!is_in(merged[i].start, except), "what is left out is left out");
  }
  for (const auto* edges : {&ranges, &except}) {
    for (const MemoryRange& range : *edges) {
      for (const Address at : {range.start, range.end(), range.start - 1}) {
        require(is_in(at, merged) == (is_in(at, ranges) && !is_in(at, except)), "nothing is lost and nothing is added");
      }
    }
  }
}

std::vector<MemoryRange> made_ranges(FuzzInput& input) {
  std::vector<MemoryRange> ranges(input.below(6));
  for (MemoryRange& range : ranges) {
    range = {{1 + std::uint64_t{input.take<std::uint8_t>()}}, input.take<std::uint8_t>()};
  }
  return ranges;
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  const auto ranges = made_ranges(input);
  const auto except = made_ranges(input);
  check_merged(ranges, except);
  const catcher::MinidumpContents contents = made_contents(input);
  check_dump(serialise_minidump(contents), contents);
  const std::vector<catcher::MemoryRange> full = catcher::merge_ranges(ranges);
  check_dump(serialise_minidump(contents, full), contents);
  return 0;
}
