#pragma once

#include "cli/parse_options.h"

#include <string>
#include <vector>

namespace catcher {

// Refuses options that make no sense for programs that crash some day, started by whoever: relative paths, and a "%",
// which the OS would take for a place to put something. `request` is what the options mean to `catcher attach`, `words`
// are the options as they were typed. Throws UsageError.
void check_aedebug_options(const Request& request, const std::vector<std::wstring>& words);

// `catcher install-aedebug [options]` and `catcher uninstall-aedebug`: does it and says in one line what was done.
// Throws std::system_error, and UsageError where rights or a usable path are missing.
std::string run_install_aedebug(const std::vector<std::wstring>& options);
std::string run_uninstall_aedebug();

}  // namespace catcher
