#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace catcher {

// Fields of an object in a report, which may hold text of a debuggee: what is no UTF-8 becomes some. Nothing is put
// where there is nothing to say.
void put(nlohmann::ordered_json& object, const char* key, std::string_view text);
void put(nlohmann::ordered_json& object, const char* key, const std::vector<std::string>& texts);

}  // namespace catcher
