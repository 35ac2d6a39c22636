#pragma once

#include <catcher/options.h>

#include <string>
#include <vector>

namespace catcher {

// An environment as GetEnvironmentStringsW gives it away: "NAME=VALUE" strings, each with its zero, and one more zero
// at the end.
std::wstring own_environment();

// The same environment with changes: a later one wins over an earlier one, names are compared as Windows compares them
// (case ignored), and what is new stands where CreateProcessW wants it, sorted by name. Everything else stays as it is,
// also the drives' own variables ("=C:=C:\directory").
std::wstring changed_environment(std::wstring environment, const std::vector<EnvironmentVariable>& changes);

// True when there is a variable of this name.
bool has_variable(const std::wstring& environment, const std::wstring& name);

}  // namespace catcher
