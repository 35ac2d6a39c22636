// catcher's own command line: the target's part is passed on verbatim, and catcher's words are those that the C runtime
// would make.
#include "cli/command_line.h"
#include "fuzz_input.h"

namespace catcher::fuzz {
namespace {

constexpr std::wstring_view kBlanks = L" \t";

bool is_blank(wchar_t c) {
  return kBlanks.find(c) != std::wstring_view::npos;
}

// One word, quoted the way programs quote for the C runtime.
std::wstring quoted(std::wstring_view word) {
  std::wstring text = L"\"";
  std::size_t backslashes = 0;
  for (const wchar_t c : word) {
    if (c == L'"') {
      text.append(backslashes + 1, L'\\');
    }
    backslashes = c == L'\\' ? backslashes + 1 : 0;
    text.push_back(c);
  }
  text.append(backslashes, L'\\');
  return text + L'"';
}

void check_tail(std::wstring_view raw, const CommandLine& line) {
  if (!line.target) {
    return;
  }
  require(raw.ends_with(*line.target), "the target's command line is the end of the raw one");
  std::wstring_view before = raw.substr(0, raw.size() - line.target->size());
  while (!before.empty() && is_blank(before.back())) {
    before.remove_suffix(1);
  }
  require(before.ends_with(L"--"), "the target begins behind two dashes");
  require(before.size() > 2 && is_blank(before[before.size() - 3]), "the dashes stand alone");
  require(line.target->empty() || !is_blank(line.target->front()), "blanks before the target are not its own");
}

// Our own words, quoted again and followed by any tail, give the same words and that tail.
void check_words(const CommandLine& line, std::wstring_view raw) {
  std::wstring again = L"catcher.exe";
  for (const std::wstring& word : line.own) {
    again += L' ' + quoted(word);
  }
  const CommandLine without_tail = split_command_line(again);
  require(without_tail.own == line.own, "quoted words come back as they were");
  require(!without_tail.target, "a quoted word is never the separator");

  raw.remove_prefix(std::min(raw.find_first_not_of(kBlanks), raw.size()));
  const CommandLine with_tail = split_command_line(again + L" -- " + std::wstring(raw));
  require(with_tail.own == line.own, "a tail changes nothing in front of it");
  require(with_tail.target && *with_tail.target == raw, "the tail is verbatim");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  // Half of the inputs are UTF-16; the others are plain text, which a fuzzer finds its way in more easily.
  const std::wstring raw = size > 0 && data[0] == 0xFF ? as_utf16(data + 1, size - 1) : std::wstring(data, data + size);
  const catcher::CommandLine line = catcher::split_command_line(raw);
  check_tail(raw, line);
  check_words(line, raw);
  return 0;
}
