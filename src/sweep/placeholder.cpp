#include "sweep/placeholder.h"

namespace catcher {

bool has_placeholder(std::wstring_view command_line) noexcept {
  return command_line.find(kPlaceholder) != std::wstring_view::npos;
}

std::wstring with_input(std::wstring_view command_line, std::wstring_view path) {
  const bool has_blank = path.find_first_of(L" \t") != std::wstring_view::npos;
  std::wstring result;
  bool quoted = false;
  for (std::size_t i = 0; i < command_line.size(); ++i) {
    if (command_line.substr(i, kPlaceholder.size()) != kPlaceholder) {
      quoted = quoted != (command_line[i] == L'"');
      result += command_line[i];
      continue;
    }
    const std::wstring_view quote = has_blank && !quoted ? L"\"" : L"";
    result.append(quote).append(path).append(quote);
    i += kPlaceholder.size() - 1;
  }
  return result;
}

}  // namespace catcher
