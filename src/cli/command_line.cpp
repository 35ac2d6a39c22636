#include "cli/command_line.h"

#include <algorithm>

namespace catcher {
namespace {

constexpr std::wstring_view kBlanks = L" \t";

std::wstring_view without_leading_blanks(std::wstring_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

// The program's name knows no backslash rules: up to the closing quote, else to the first blank.
std::wstring_view without_program_name(std::wstring_view text) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size() && (quoted || kBlanks.find(text[i]) == std::wstring_view::npos); ++i) {
    quoted = quoted != (text[i] == L'"');
  }
  return text.substr(i);
}

struct Word {
  std::wstring text;
  std::size_t length = 0;  // in the raw line
};

// One word: 2n backslashes before a quote are n backslashes and a delimiter, 2n+1 are n backslashes and a quote; a
// doubled quote inside quotes is one quote.
Word next_word(std::wstring_view text) {
  Word word;
  bool quoted = false;
  std::size_t i = 0;
  while (i < text.size() && (quoted || kBlanks.find(text[i]) == std::wstring_view::npos)) {
    const std::size_t slashes = std::min(text.find_first_not_of(L'\\', i), text.size()) - i;
    const bool before_quote = i + slashes < text.size() && text[i + slashes] == L'"';
    if (slashes > 0) {
      word.text.append(before_quote ? slashes / 2 : slashes, L'\\');
      i += slashes;
      if (before_quote && slashes % 2 == 1) {
        word.text.push_back(L'"');
        ++i;
      }
    } else if (text[i] == L'"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == L'"') {
        word.text.push_back(L'"');
        ++i;
      } else {
        quoted = !quoted;
      }
      ++i;
    } else {
      word.text.push_back(text[i++]);
    }
  }
  word.length = i;
  return word;
}

}  // namespace

CommandLine split_command_line(std::wstring_view raw) {
  CommandLine result;
  std::wstring_view rest = without_leading_blanks(without_program_name(raw));
  while (!rest.empty()) {
    Word word = next_word(rest);
    const std::wstring_view as_written = rest.substr(0, word.length);
    rest = without_leading_blanks(rest.substr(word.length));
    if (as_written == L"--") {
      result.target = std::wstring(rest);
      return result;
    }
    result.own.push_back(std::move(word.text));
  }
  return result;
}

}  // namespace catcher
