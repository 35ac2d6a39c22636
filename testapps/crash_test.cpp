// The companion of catcher.exe: does, on request, one thing after the other that a process can do or die of.
//
//   crash_test.exe [behavior ...]      case does not matter, left to right; --help lists them
//
// It must show each fault exactly as a real program would: made by the processor or the operating system wherever that
// is possible, and raised with the genuine parameters only where it is not. Without a fatal behavior it ends with exit
// code 0; an unknown word is one line on stderr and exit code 2, before anything has been done.

#include "crash_test/behavior.h"

#include <windows.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cwchar>
#include <optional>

namespace crash_test {
namespace {

constexpr int kWrongUsage = 2;

wchar_t upper(wchar_t letter) {
  return letter >= L'a' && letter <= L'z' ? static_cast<wchar_t>(letter - L'a' + L'A') : letter;
}

bool same_word(std::wstring_view typed, std::wstring_view name) {
  return std::ranges::equal(typed, name, {}, upper);
}

std::array<std::span<const Behavior>, 7> tables() {
  return {memory_behaviors(), instruction_behaviors(), floating_point_behaviors(), stack_behaviors(),
          ending_behaviors(), handled_behaviors(),     process_behaviors()};
}

const Behavior* find_behavior(std::wstring_view word) {
  constexpr std::wstring_view kPrefix = L"EXCEPTION_";
  const bool prefixed = word.size() > kPrefix.size() && same_word(word.substr(0, kPrefix.size()), kPrefix);
  const std::wstring_view bare = prefixed ? word.substr(kPrefix.size()) : word;
  for (const auto table : tables()) {
    for (const Behavior& behavior : table) {
      if (same_word(bare, behavior.name)) {
        return &behavior;
      }
    }
  }
  return nullptr;
}

std::optional<std::uint32_t> parse_number(const wchar_t* word) {
  wchar_t* end = nullptr;
  errno = 0;
  const unsigned long value = std::wcstoul(word, &end, 0);
  if (end == word || *end != L'\0' || errno != 0) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}

// Why the words cannot be run, or nothing.
std::optional<std::wstring> objection(std::span<wchar_t* const> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Behavior* const behavior = find_behavior(words[i]);
    if (behavior == nullptr) {
      return L"unknown behavior \"" + std::wstring(words[i]) + L"\"";
    }
    if (behavior->takes != Takes::kNumber && behavior->takes != Takes::kText) {
      continue;
    }
    ++i;
    if (i == words.size() || (behavior->takes == Takes::kNumber && !parse_number(words[i]))) {
      return std::wstring(behavior->name) + (behavior->takes == Takes::kNumber ? L" needs a number" : L" needs a text");
    }
  }
  return std::nullopt;
}

const char* origin_text(Origin origin) {
  switch (origin) {
    case Origin::kReal:
      return "real";
    case Origin::kRaised:
      return "raised";
    case Origin::kMixed:
      return "mixed";
    case Origin::kNoFault:
      return "-";
  }
  return "?";
}

void print_help() {
  std::puts(
      "crash_test.exe [behavior ...]   does one after the other; case does not matter; the prefix EXCEPTION_ may be "
      "left out\n"
      "real: done by the processor or the operating system; raised: by RaiseException with the genuine parameters;\n"
      "mixed: real where the system lets it happen, else raised\n");
  for (const auto table : tables()) {
    for (const Behavior& behavior : table) {
      std::wstring usage(behavior.name);
      if (behavior.takes == Takes::kNumber || behavior.takes == Takes::kText) {
        usage += behavior.takes == Takes::kNumber ? L" N" : L" TEXT";
      }
      std::printf("  %-28ls %-7s %.*s\n", usage.c_str(), origin_text(behavior.origin),
                  static_cast<int>(behavior.description.size()), behavior.description.data());
    }
  }
}

}  // namespace

void run_words(std::span<wchar_t* const> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Behavior* const behavior = find_behavior(words[i]);
    if (behavior == nullptr) {
      return;  // cannot be: wmain refuses unknown words
    }
    Call call;
    if (behavior->takes == Takes::kNumber || behavior->takes == Takes::kText) {
      ++i;
      call.text = words[i];
      call.number = parse_number(words[i]).value_or(0);
    }
    call.rest = words.subspan(i + 1);
    behavior->run(call);
    if (behavior->takes == Takes::kRest) {
      return;
    }
  }
}

}  // namespace crash_test

int wmain(int argc, wchar_t** argv) {
  const std::span<wchar_t* const> words(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
  if (!words.empty() && (std::wstring_view(words[0]) == L"--help" || std::wstring_view(words[0]) == L"/?")) {
    crash_test::print_help();
    return 0;
  }
  if (const auto why = crash_test::objection(words)) {
    std::fprintf(stderr, "crash_test: %ls; --help lists the behaviors\n", why->c_str());
    return crash_test::kWrongUsage;
  }
  crash_test::run_words(words);
  return 0;
}
