#include "triage/bucket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "triage/canonical_name.h"
#include "triage/hex.h"
#include "triage/path_name.h"
#include "triage/recursion.h"
#include "triage/sha256.h"
#include "triage/skipped_frames.h"

namespace catcher {

namespace {

constexpr std::string_view kVersion = "h1";
constexpr std::size_t kMajorFrames = 3;
constexpr std::size_t kMinorFrames = 64;
constexpr std::size_t kLongestPeriod = 32;
constexpr std::size_t kLeastOverflow = 3;  // turns of a recursion that explain an overflow of the stack
constexpr std::uint64_t kNearNull = 0x10000;
constexpr std::uint64_t kNearStack = 0x10000;
constexpr std::uint32_t kStackOverflow = 0xC00000FD;

// One frame as it stands in the hash.
struct Key {
  std::size_t index;  // in the stack
  std::string name;   // goes into the major part
  std::string exact;  // goes into the minor part: with file and line
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// An offset means something for one build only: it goes with what tells the builds of a module apart.
std::string build_of(const Frame& frame, const std::vector<ModuleRecord>& modules) {
  const Address base = frame.pc - frame.offset;
  const auto module = std::ranges::find(modules, base, &ModuleRecord::base);
  return module == modules.end() ? std::string{} : fmt::format("@{:08x}-{:x}", module->timestamp, module->size);
}

Key key_of(const Frame& frame, std::size_t index, const std::vector<ModuleRecord>& modules) {
  const std::string module = canonical_module(frame.module);
  if (frame.function.empty()) {
    const std::string name = fmt::format("{}+{:x}{}", module, frame.offset, build_of(frame, modules));
    return {index, name, name};
  }
  std::string name = module + '!' + canonical_function(frame.function);
  std::string exact =
      frame.file.empty() ? name : fmt::format("{}:{}:{}", name, lower(file_name_of(frame.file)), frame.line);
  return {index, std::move(name), std::move(exact)};
}

// The frames that can be trusted: up to the first that lies in no module. The innermost may lie nowhere, that is how a
// call through a wild pointer looks, and who called is known.
std::vector<Key> trusted_keys(const Stack& stack, const std::vector<ModuleRecord>& modules) {
  std::vector<Key> keys;
  for (std::size_t i = 0; i < stack.frames.size(); ++i) {
    const Frame& frame = stack.frames[i];
    if (frame.source == FrameSource::kScan) {
      break;
    }
    if (frame.module.empty() && !frame.is_inline) {
      if (i == 0) {
        continue;
      }
      break;
    }
    keys.push_back(key_of(frame, i, modules));
  }
  return keys;
}

std::vector<Key> without_skipped(const std::vector<Key>& keys, const Stack& stack) {
  std::vector<Key> kept;
  for (const Key& key : keys) {
    const Frame& frame = stack.frames[key.index];
    if (!is_skipped_frame(canonical_module(frame.module), canonical_function(frame.function))) {
      kept.push_back(key);
    }
  }
  return kept.empty() ? keys : kept;
}

std::vector<std::size_t> numbers_of(const std::vector<Key>& keys) {
  std::map<std::string_view, std::size_t> seen;
  std::vector<std::size_t> numbers;
  for (const Key& key : keys) {
    numbers.push_back(seen.try_emplace(key.name, seen.size()).first->second);
  }
  return numbers;
}

// One turn of every recursion.
std::vector<Key> collapsed(const std::vector<Key>& keys) {
  std::vector<Key> result;
  for (const Repeat& repeat : find_repeats(numbers_of(keys), kLongestPeriod, 2)) {
    for (std::size_t i = 0; i < repeat.period; ++i) {
      result.push_back(keys[repeat.begin + i]);
    }
  }
  return result;
}

// A stack overflows wherever the recursion happens to be, with whatever it happens to call: only its turn tells the
// bug, and where the turn begins is chosen by name.
std::vector<Key> overflowing_turn(const std::vector<Key>& keys) {
  const std::vector<Repeat> repeats = find_repeats(numbers_of(keys), kLongestPeriod, 2);
  const auto longest = std::ranges::max_element(repeats, {}, &Repeat::length);
  if (longest == repeats.end() || longest->count < kLeastOverflow) {
    return collapsed(keys);
  }
  const auto first = keys.begin() + static_cast<std::ptrdiff_t>(longest->begin);
  std::vector<Key> turn(first, first + static_cast<std::ptrdiff_t>(longest->period));
  std::vector<Key> best = turn;
  for (std::size_t i = 1; i < longest->period; ++i) {
    std::rotate(turn.begin(), turn.begin() + 1, turn.end());  // clang 14 cannot compile ranges::rotate of GCC 12
    if (std::ranges::lexicographical_compare(turn, best, {}, &Key::name, &Key::name)) {
      best = turn;
    }
  }
  return best;
}

std::optional<std::uint64_t> stack_pointer(const Crash& crash) {
  const auto found = std::ranges::find_if(crash.registers, [](const auto& entry) {
    return entry.first == "rsp" || entry.first == "esp" || entry.first == "sp";
  });
  return found == crash.registers.end() ? std::nullopt : std::optional(found->second);
}

std::string_view where_of(const Crash& crash, std::uint64_t target) {
  if (target < kNearNull) {
    return "null";
  }
  const auto sp = stack_pointer(crash);
  return sp && target - *sp + kNearStack < 2 * kNearStack ? "near-sp" : "wild";
}

std::string access_kind(const Crash& crash, std::string_view prefix) {
  const ExceptionInfo& exception = *crash.exception;
  if (!exception.operation || !exception.target) {
    return std::string(prefix);
  }
  constexpr std::array<std::string_view, 3> kOperations = {"read", "write", "exec"};
  return fmt::format("{}-{}-{}", prefix, kOperations.at(static_cast<std::size_t>(*exception.operation)),
                     where_of(crash, exception.target->value));
}

std::string exception_kind(const Crash& crash) {
  const ExceptionInfo& exception = *crash.exception;
  switch (exception.code) {
    case 0xC0000005:
      return access_kind(crash, "AV");
    case 0x80000001:
      return "guard-page";
    case kStackOverflow:
      return "stack-overflow";
    case 0xC0000374:
      return "heap-corruption";
    case 0xC0000409:
      return exception.parameters.empty() ? "fastfail" : fmt::format("fastfail-{}", exception.parameters[0]);
    case 0xC0000421:
      return exception.parameters.empty() ? "verifier" : fmt::format("verifier-{:x}", exception.parameters[0]);
    default:
      return hex_code(exception.code);
  }
}

// What happened, without anything that differs from run to run.
std::string kind_of(const Crash& crash) {
  if (crash.cxx && !crash.cxx->type.empty()) {
    return "cxx-" + canonical_function(crash.cxx->type);
  }
  if (crash.exception) {
    return exception_kind(crash);
  }
  if (crash.kind == CrashKind::kAbort) {
    return crash.assertion.empty() ? "abort" : "assert";
  }
  const std::string kind = "exit-" + hex_code(crash.exit_status.value_or(crash.status));
  return crash.missing.empty() ? kind : kind + ':' + lower(crash.missing);
}

// The first 64 bits of the SHA-256 of the kind and the lines.
template <typename Lines>
std::string hash_of(std::string_view kind, const Lines& lines) {
  std::string text = fmt::format("{}\n{}\n", kVersion, kind);
  for (const std::string& line : lines) {
    text += line;
    text += '\n';
  }
  return hex_of(sha256(text), 8);
}

std::vector<std::string> lines_of(std::span<const Key> keys, std::string Key::* part) {
  std::vector<std::string> lines;
  for (const Key& key : keys) {
    lines.push_back(key.*part);
  }
  return lines;
}

Bucket bucket_from(std::string kind, const std::vector<Key>& keys) {
  const std::span<const Key> all(keys);
  const std::span<const Key> major = all.first(std::min(all.size(), kMajorFrames));
  const std::span<const Key> minor = all.first(std::min(all.size(), kMinorFrames));
  Bucket bucket;
  bucket.id = fmt::format("{}:{}.{}", kVersion, hash_of(kind, lines_of(major, &Key::name)),
                          hash_of(kind, lines_of(minor, &Key::exact)));
  bucket.kind = std::move(kind);
  for (const Key& key : major) {
    bucket.frames.push_back(key.index);
  }
  bucket.names = lines_of(minor, &Key::name);
  return bucket;
}

}  // namespace

Bucket bucket_of(const Crash& crash) {
  std::vector<Key> keys = without_skipped(trusted_keys(crash.stack, crash.modules), crash.stack);
  if (keys.empty()) {
    // Nothing but the program tells such crashes apart.
    keys.push_back({0, canonical_module(crash.image), canonical_module(crash.image)});
    Bucket bucket = bucket_from(kind_of(crash), keys);
    bucket.frames.clear();
    return bucket;
  }
  const bool overflow = crash.exception && crash.exception->code == kStackOverflow;
  return bucket_from(kind_of(crash), overflow ? overflowing_turn(keys) : collapsed(keys));
}

Crash with_bucket(Crash crash) {
  Bucket bucket = bucket_of(crash);
  crash.bucket = std::move(bucket.id);
  for (Frame& frame : crash.stack.frames) {
    frame.in_bucket = false;
  }
  for (const std::size_t index : bucket.frames) {
    crash.stack.frames[index].in_bucket = true;
  }
  return crash;
}

Bucket bucket_of(const Hang& hang) {
  std::set<std::string> names;
  std::set<std::string> exact;
  for (const Hang::Process& process : hang.processes) {
    for (const ThreadRecord& thread : process.threads) {
      Key whole{0, canonical_module(process.image), canonical_module(process.image)};
      for (const Key& key : collapsed(without_skipped(trusted_keys(thread.stack, {}), thread.stack))) {
        whole.name += '|' + key.name;
        whole.exact += '|' + key.exact;
      }
      names.insert(std::move(whole.name));
      exact.insert(std::move(whole.exact));
    }
  }
  Bucket bucket;
  bucket.kind = "hang-" + hang.cause;
  bucket.id = fmt::format("{}:{}.{}", kVersion, hash_of(bucket.kind, names), hash_of(bucket.kind, exact));
  return bucket;
}

std::string_view major_part(std::string_view bucket) {
  return bucket.substr(0, bucket.find('.'));
}

}  // namespace catcher
