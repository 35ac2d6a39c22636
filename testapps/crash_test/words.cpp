// From words to behaviors, and what --help says of them.

#include "words.h"

#include "behavior.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cwchar>
#include <optional>
#include <string>
#include <string_view>

namespace crash_test {
namespace {

constexpr int kWrongUsage = 2;

wchar_t upper(wchar_t letter) {
  return letter >= L'a' && letter <= L'z' ? static_cast<wchar_t>(letter - L'a' + L'A') : letter;
}

bool same_word(std::wstring_view typed, std::wstring_view name) {
  return std::ranges::equal(typed, name, {}, upper);
}

const Behavior* find_behavior(std::wstring_view word) {
  constexpr std::wstring_view kPrefix = L"EXCEPTION_";
  const bool prefixed = word.size() > kPrefix.size() && same_word(word.substr(0, kPrefix.size()), kPrefix);
  const std::wstring_view bare = prefixed ? word.substr(kPrefix.size()) : word;
  for (const auto table : all_behaviors()) {
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

void print_help(const char* program) {
  std::printf(
      "%s.exe [behavior ...]   does one after the other; case does not matter; the prefix EXCEPTION_ may be "
      "left out\n"
      "real: done by the processor or the operating system; raised: by RaiseException with the genuine parameters;\n"
      "mixed: real where the system lets it happen, else raised\n\n",
      program);
  for (const auto table : all_behaviors()) {
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

int run_command_line(const char* program, int argc, wchar_t** argv) {
  const std::span<wchar_t* const> words(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
  if (!words.empty() && (std::wstring_view(words[0]) == L"--help" || std::wstring_view(words[0]) == L"/?")) {
    print_help(program);
    return 0;
  }
  if (const auto why = objection(words)) {
    std::fprintf(stderr, "%s: %ls; --help lists the behaviors\n", program, why->c_str());
    return kWrongUsage;
  }
  run_words(words);
  return 0;
}

}  // namespace crash_test
