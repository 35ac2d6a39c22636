#include "debugger/environment_block.h"

#include "win32/utf.h"

#include <windows.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

namespace catcher {
namespace {

struct EnvironmentFree {
  void operator()(wchar_t* block) const noexcept { FreeEnvironmentStringsW(block); }
};

// The variables of a block, each as "NAME=VALUE".
std::vector<std::wstring_view> variables_of(std::wstring_view block) {
  std::vector<std::wstring_view> variables;
  while (!block.empty() && block.front() != L'\0') {
    variables.push_back(block.substr(0, block.find(L'\0')));
    block.remove_prefix(std::min(block.size(), variables.back().size() + 1));
  }
  return variables;
}

// From the second character on: the names of the drives' own variables begin with '='.
std::wstring_view name_of(std::wstring_view variable) {
  return variable.substr(0, variable.find(L'=', 1));
}

int compare_names(std::wstring_view a, std::wstring_view b) {
  return CompareStringOrdinal(a.data(), static_cast<int>(a.size()), b.data(), static_cast<int>(b.size()), TRUE);
}

void set(std::vector<std::wstring_view>& variables, std::wstring_view variable) {
  const std::wstring_view name = name_of(variable);
  std::erase_if(variables,
                [name](std::wstring_view other) { return compare_names(name_of(other), name) == CSTR_EQUAL; });
  // Not a binary search: nobody has promised that what we were given is sorted.
  const auto behind = std::ranges::find_if(
      variables, [name](std::wstring_view other) { return compare_names(name, name_of(other)) == CSTR_LESS_THAN; });
  variables.insert(behind, variable);
}

}  // namespace

std::wstring own_environment() {
  const std::unique_ptr<wchar_t, EnvironmentFree> block(GetEnvironmentStringsW());
  const wchar_t* end = block.get();
  while (end != nullptr && *end != L'\0') {
    end += std::wstring_view(end).size() + 1;
  }
  return end == nullptr ? std::wstring(1, L'\0')
                        : std::wstring(block.get(), static_cast<std::size_t>(end - block.get()) + 1);
}

std::wstring changed_environment(std::wstring environment, const std::vector<EnvironmentVariable>& changes) {
  if (changes.empty()) {
    return environment;
  }
  std::vector<std::wstring> added;
  added.reserve(changes.size());  // views into them follow
  std::vector<std::wstring_view> variables = variables_of(environment);
  for (const EnvironmentVariable& change : changes) {
    added.push_back(to_utf16(change.name) + L'=' + to_utf16(change.value));
    set(variables, added.back());
  }
  std::wstring block;
  for (const std::wstring_view variable : variables) {
    block.append(variable).push_back(L'\0');
  }
  block.push_back(L'\0');
  return block;
}

bool has_variable(const std::wstring& environment, const std::wstring& name) {
  const auto variables = variables_of(environment);
  return std::ranges::any_of(
      variables, [&name](std::wstring_view variable) { return compare_names(name_of(variable), name) == CSTR_EQUAL; });
}

}  // namespace catcher
