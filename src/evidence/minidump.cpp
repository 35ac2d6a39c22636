#include "evidence/minidump.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "win32/utf.h"

namespace catcher {
namespace {

constexpr std::uint32_t kSignature = 0x504D444D;  // "MDMP"
constexpr std::uint32_t kVersion = 0xA793;
constexpr std::size_t kHeaderSize = 32;
constexpr std::size_t kDirectoryEntrySize = 12;
constexpr std::size_t kMostParameters = 15;
constexpr std::uint64_t kNormal = 0;
constexpr std::uint64_t kWithFullMemory = 2;

// MINIDUMP_STREAM_TYPE.
enum class StreamType : std::uint32_t {
  kThreadList = 3,
  kModuleList = 4,
  kMemoryList = 5,
  kException = 6,
  kSystemInfo = 7,
  kMemory64List = 9,
  kCommentW = 11,
  kMiscInfo = 15,
  kThreadNames = 24
};

// Bytes that grow at the end. A place that is written later is reserved first; offsets (RVAs) count from the start.
class Output {
 public:
  std::uint32_t size() const { return static_cast<std::uint32_t>(bytes_.size()); }

  // Says that the stream proper ends here; what is put behind it (names, stacks, contexts) is only pointed at. Readers
  // take a list whose stream is longer than its entries for one with padding in front, so the directory must have the
  // exact size.
  void end_stream() { stream_end_ = size(); }
  std::uint32_t stream_end() const { return stream_end_; }
  std::vector<std::byte> take() { return std::move(bytes_); }

  template <typename T>
  void put(T value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  template <typename T>
  void patch(std::size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  void zeros(std::size_t count) { bytes_.resize(bytes_.size() + count); }

  // Where the bytes begin; the next thing begins at a multiple of 8, as readers that map the file like it.
  std::uint32_t append(std::span<const std::byte> bytes) {
    align();
    const std::uint32_t at = size();
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return at;
  }
  void align() { bytes_.resize((bytes_.size() + 7) / 8 * 8); }

  // MINIDUMP_STRING: length in bytes, UTF-16, a zero that does not count.
  std::uint32_t string(const std::string& text) {
    align();
    const std::uint32_t at = size();
    const std::wstring wide = to_utf16(text);
    put(static_cast<std::uint32_t>(wide.size() * 2));
    for (const wchar_t unit : wide) {
      put(static_cast<std::uint16_t>(unit));
    }
    put(std::uint16_t{0});
    return at;
  }

 private:
  std::vector<std::byte> bytes_;
  std::uint32_t stream_end_ = 0;
};

// MINIDUMP_LOCATION_DESCRIPTOR at a place that was left open for it.
void patch_location(Output& out, std::size_t at, std::size_t size, std::uint32_t rva) {
  out.patch(at, static_cast<std::uint32_t>(size));
  out.patch(at + 4, size == 0 ? 0U : rva);
}

void write_system_info(Output& out, const MinidumpContents& contents) {
  constexpr std::uint16_t kArchitectureAmd64 = 9;
  constexpr std::uint16_t kArchitectureIntel = 0;
  constexpr std::uint32_t kPlatformNt = 2;
  const MinidumpContents::System& system = contents.system;
  out.put(system.is_64_bit ? kArchitectureAmd64 : kArchitectureIntel);
  out.put(system.processor_level);
  out.put(system.processor_revision);
  out.put(system.processors);
  out.put(system.product_type);
  out.put(system.major);
  out.put(system.minor);
  out.put(system.build);
  out.put(kPlatformNt);
  const std::size_t service_pack = out.size();
  out.zeros(4 + 2 + 2 + 24);  // CSDVersionRva, SuiteMask, Reserved2, CPU_INFORMATION
  out.end_stream();
  out.patch(service_pack, out.string(system.service_pack));
}

void write_misc_info(Output& out, const MinidumpContents& contents) {
  constexpr std::uint32_t kHasProcessId = 1;
  constexpr std::uint32_t kHasProcessTimes = 2;
  out.put(std::uint32_t{24});
  out.put(kHasProcessId | kHasProcessTimes);
  out.put(contents.process.pid);
  out.put(contents.process.created);
  out.put(contents.process.user_time);
  out.put(contents.process.kernel_time);
  out.end_stream();
}

struct Piece {
  Address start;
  std::uint32_t size;
  std::uint32_t rva;
};

// The thread list; returns where the stacks went, because the memory list names them again.
std::vector<Piece> write_thread_list(Output& out, const MinidumpContents& contents) {
  constexpr std::size_t kThreadSize = 48;
  std::vector<Piece> stacks;
  out.put(static_cast<std::uint32_t>(contents.threads.size()));
  std::size_t entry = out.size();
  out.zeros(contents.threads.size() * kThreadSize);
  out.end_stream();
  for (const MinidumpContents::Thread& thread : contents.threads) {
    out.patch(entry, thread.tid);
    out.patch(entry + 16, thread.teb.value);
    out.patch(entry + 24, thread.stack.start.value);
    const std::uint32_t stack = out.append(thread.stack.bytes);
    patch_location(out, entry + 32, thread.stack.bytes.size(), stack);
    patch_location(out, entry + 40, thread.context.size(), out.append(thread.context));
    if (!thread.stack.bytes.empty()) {
      stacks.push_back({thread.stack.start, static_cast<std::uint32_t>(thread.stack.bytes.size()), stack});
    }
    entry += kThreadSize;
  }
  return stacks;
}

void write_module_list(Output& out, const MinidumpContents& contents) {
  constexpr std::size_t kModuleSize = 108;
  constexpr std::size_t kCodeViewAt = 76;  // behind VS_FIXEDFILEINFO, which stays zero: not known
  out.put(static_cast<std::uint32_t>(contents.modules.size()));
  std::size_t entry = out.size();
  out.zeros(contents.modules.size() * kModuleSize);
  out.end_stream();
  for (const MinidumpContents::Module& module : contents.modules) {
    out.patch(entry, module.base.value);
    out.patch(entry + 8, module.size);
    out.patch(entry + 12, module.checksum);
    out.patch(entry + 16, module.timestamp);
    out.patch(entry + 20, out.string(module.path));
    patch_location(out, entry + kCodeViewAt, module.codeview.size(), out.append(module.codeview));
    entry += kModuleSize;
  }
}

void write_exception(Output& out, const MinidumpContents::Exception& exception) {
  out.put(exception.tid);
  out.put(std::uint32_t{0});
  out.put(exception.code);
  out.put(exception.flags);
  out.put(std::uint64_t{0});  // no nested record
  out.put(exception.address.value);
  const std::size_t count = std::min(exception.parameters.size(), kMostParameters);
  out.put(static_cast<std::uint32_t>(count));
  out.put(std::uint32_t{0});
  for (std::size_t i = 0; i < kMostParameters; ++i) {
    out.put(i < count ? exception.parameters[i] : std::uint64_t{0});
  }
  const std::size_t context = out.size();
  out.zeros(8);
  out.end_stream();
  patch_location(out, context, exception.context.size(), out.append(exception.context));
}

void write_memory_list(Output& out, const MinidumpContents& contents, const std::vector<Piece>& stacks) {
  constexpr std::size_t kDescriptorSize = 16;
  out.put(static_cast<std::uint32_t>(contents.memory.size() + stacks.size()));
  std::size_t entry = out.size();
  out.zeros((contents.memory.size() + stacks.size()) * kDescriptorSize);
  out.end_stream();
  for (const Piece& stack : stacks) {
    out.patch(entry, stack.start.value);
    patch_location(out, entry + 8, stack.size, stack.rva);
    entry += kDescriptorSize;
  }
  for (const MemoryBytes& memory : contents.memory) {
    out.patch(entry, memory.start.value);
    patch_location(out, entry + 8, memory.bytes.size(), out.append(memory.bytes));
    entry += kDescriptorSize;
  }
}

void write_thread_names(Output& out, const MinidumpContents& contents) {
  constexpr std::size_t kNameSize = 12;
  const auto named = std::count_if(contents.threads.begin(), contents.threads.end(),
                                   [](const MinidumpContents::Thread& thread) { return !thread.name.empty(); });
  out.put(static_cast<std::uint32_t>(named));
  std::size_t entry = out.size();
  out.zeros(static_cast<std::size_t>(named) * kNameSize);
  out.end_stream();
  for (const MinidumpContents::Thread& thread : contents.threads) {
    if (!thread.name.empty()) {
      out.patch(entry, thread.tid);
      out.patch(entry + 4, std::uint64_t{out.string(thread.name)});
      entry += kNameSize;
    }
  }
}

void write_comment(Output& out, const MinidumpContents& contents) {
  for (const wchar_t unit : to_utf16(contents.comment)) {
    out.put(static_cast<std::uint16_t>(unit));
  }
  out.put(std::uint16_t{0});
  out.end_stream();
}

// MINIDUMP_MEMORY64_LIST; the bytes themselves follow the dump.
void write_memory64_list(Output& out, std::span<const MemoryRange> full) {
  out.put(std::uint64_t{full.size()});
  out.put(std::uint64_t{out.size() + 8 + full.size() * 16});  // BaseRva: this list is written last
  for (const MemoryRange& range : full) {
    out.put(range.start.value);
    out.put(range.size);
  }
  out.end_stream();
}

}  // namespace

std::vector<std::byte> serialise_minidump(const MinidumpContents& contents, std::span<const MemoryRange> full) {
  struct Stream {
    StreamType type;
    std::function<void(Output&)> write;
  };
  std::vector<Piece> stacks;
  std::vector<Stream> streams{
      {StreamType::kSystemInfo, [&](Output& out) { write_system_info(out, contents); }},
      {StreamType::kMiscInfo, [&](Output& out) { write_misc_info(out, contents); }},
      {StreamType::kThreadList, [&](Output& out) { stacks = write_thread_list(out, contents); }},
      {StreamType::kModuleList, [&](Output& out) { write_module_list(out, contents); }},
      {StreamType::kThreadNames, [&](Output& out) { write_thread_names(out, contents); }}};
  if (contents.exception) {
    streams.push_back({StreamType::kException, [&](Output& out) { write_exception(out, *contents.exception); }});
  }
  if (!contents.comment.empty()) {
    streams.push_back({StreamType::kCommentW, [&](Output& out) { write_comment(out, contents); }});
  }
  if (full.empty()) {
    streams.push_back({StreamType::kMemoryList, [&](Output& out) { write_memory_list(out, contents, stacks); }});
  } else {
    streams.push_back({StreamType::kMemory64List, [&](Output& out) { write_memory64_list(out, full); }});
  }

  Output out;
  out.put(kSignature);
  out.put(kVersion);
  out.put(static_cast<std::uint32_t>(streams.size()));
  out.put(static_cast<std::uint32_t>(kHeaderSize));
  out.put(std::uint32_t{0});  // CheckSum: unused
  out.put(contents.timestamp);
  out.put(full.empty() ? kNormal : kWithFullMemory);
  std::size_t entry = out.size();
  out.zeros(streams.size() * kDirectoryEntrySize);
  for (const Stream& stream : streams) {
    out.align();
    const std::uint32_t start = out.size();
    stream.write(out);
    out.patch(entry, static_cast<std::uint32_t>(stream.type));
    patch_location(out, entry + 4, out.stream_end() - start, start);
    entry += kDirectoryEntrySize;
  }
  return out.take();
}

std::vector<MemoryRange> merge_ranges(std::vector<MemoryRange> ranges, std::span<const MemoryRange> except) {
  std::sort(ranges.begin(), ranges.end(), [](const MemoryRange& a, const MemoryRange& b) { return a.start < b.start; });
  std::vector<MemoryRange> merged;
  for (const MemoryRange& range : ranges) {
    if (!merged.empty() && range.start <= merged.back().end()) {
      merged.back().size = std::max(merged.back().end(), range.end()) - merged.back().start;
    } else if (range.size != 0) {
      merged.push_back(range);
    }
  }
  for (const MemoryRange& hole : except) {
    std::vector<MemoryRange> left;
    for (const MemoryRange& range : merged) {
      const Address cut_from = std::max(range.start, hole.start);
      const Address cut_to = std::min(range.end(), hole.end());
      if (cut_from >= cut_to) {
        left.push_back(range);
        continue;
      }
      if (range.start < cut_from) {
        left.push_back({range.start, cut_from - range.start});
      }
      if (cut_to < range.end()) {
        left.push_back({cut_to, range.end() - cut_to});
      }
    }
    merged = std::move(left);
  }
  return merged;
}

}  // namespace catcher
