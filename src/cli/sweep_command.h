#pragma once

#include "cli/parse_options.h"

#include <cstdint>
#include <functional>
#include <string_view>

namespace catcher {

// `catcher sweep`, `catcher report merge`, `catcher replay`: does it, says what came of it, and returns the exit code.
// `complain` prints one line. Throws what parse_options() and sweep() throw.
std::uint32_t run_sweep(const Request& request, const std::function<void(std::string_view line)>& complain);
std::uint32_t run_merge(const Request& request, const std::function<void(std::string_view line)>& complain);
std::uint32_t run_replay(const Request& request);

}  // namespace catcher
