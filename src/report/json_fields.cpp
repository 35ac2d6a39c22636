#include "report/json_fields.h"

#include "report/escape.h"

namespace catcher {

void put(nlohmann::ordered_json& object, const char* key, std::string_view text) {
  if (!text.empty()) {
    object[key] = to_valid_utf8(text);
  }
}

void put(nlohmann::ordered_json& object, const char* key, const std::vector<std::string>& texts) {
  if (texts.empty()) {
    return;
  }
  nlohmann::ordered_json& array = object[key] = nlohmann::ordered_json::array();
  for (const std::string& text : texts) {
    array.push_back(to_valid_utf8(text));
  }
}

}  // namespace catcher
