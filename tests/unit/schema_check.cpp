#include "schema_check.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>
#include <set>
#include <string_view>

namespace catcher {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> kAnnotations = {"$schema", "$id",         "title", "description",
                                                          "$defs",   "definitions", "type",  "default"};

struct Format {
  std::string_view name;
  bool (*fits)(const std::string& text);
};

bool is_hex(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

// Made of what RFC 3986 allows, %-encoding included. Not by a regular expression: those of the standard library
// overflow the stack on long texts.
bool has_uri_characters(std::string_view text) {
  constexpr std::string_view kAllowed = "-._~:/?#[]@!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
        return false;
      }
    } else if (std::isalnum(static_cast<unsigned char>(text[i])) == 0 && kAllowed.find(text[i]) == kAllowed.npos) {
      return false;
    }
  }
  return true;
}

bool is_uri(const std::string& text) {
  return std::regex_search(text, std::regex("^[A-Za-z][A-Za-z0-9+.-]*:")) && has_uri_characters(text);
}

// A colon before the first slash would end a scheme.
bool is_uri_reference(const std::string& text) {
  return is_uri(text) || (text.find(':') >= text.find('/') && has_uri_characters(text));
}

bool is_date_time(const std::string& text) {
  return std::regex_match(text, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))"));
}

bool is_uuid(const std::string& text) {
  return std::regex_match(text, std::regex("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"));
}

constexpr std::array kFormats = {Format{"uri", is_uri}, Format{"uri-reference", is_uri_reference},
                                 Format{"date-time", is_date_time}, Format{"uuid", is_uuid}};

class SchemaCheck {
 public:
  explicit SchemaCheck(const json& root) : root_(root) {}

  std::string check(const json& value, const json& schema, const std::string& where) const {
    // First the type: what the other keywords mean depends on it.
    if (const auto type = schema.find("type"); type != schema.end() && !has_type(value, type->get<std::string>())) {
      return where + " is not of type " + type->dump();
    }
    for (const auto& [keyword, rule] : schema.items()) {
      if (std::string wrong = check_keyword(keyword, value, rule, schema, where); !wrong.empty()) {
        return wrong;
      }
    }
    return {};
  }

 private:
  std::string check_keyword(const std::string& keyword, const json& value, const json& rule, const json& schema,
                            const std::string& where) const {
    if (std::ranges::find(kAnnotations, keyword) != kAnnotations.end()) {
      return {};
    }
    if (keyword == "$ref") {
      return check(value, root_.at(json::json_pointer(rule.get<std::string>().substr(1))), where);
    }
    if (keyword == "anyOf" || keyword == "oneOf") {
      const auto fits = [&](const json& choice) { return check(value, choice, where).empty(); };
      const auto count = std::ranges::count_if(rule, fits);
      return require(keyword == "anyOf" ? count > 0 : count == 1, where,
                     "fits " + std::to_string(count) + " schemas of " + keyword);
    }
    if (keyword == "const") {
      return require(value == rule, where, "is not " + rule.dump());
    }
    if (keyword == "enum") {
      return require(std::ranges::find(rule, value) != rule.end(), where, value.dump() + " is none of " + rule.dump());
    }
    if (value.is_string()) {
      return check_string(keyword, value.get<std::string>(), rule, where);
    }
    if (value.is_number()) {
      return check_number(keyword, value, rule, where);
    }
    if (value.is_array()) {
      return check_array(keyword, value, rule, where);
    }
    return check_object(keyword, value, rule, schema, where);
  }

  static std::string check_string(const std::string& keyword, const std::string& value, const json& rule,
                                  const std::string& where) {
    if (keyword == "pattern") {
      return require(std::regex_search(value, std::regex(rule.get<std::string>())), where,
                     value + " does not match " + rule.dump());
    }
    if (keyword == "format") {
      const auto known = std::ranges::find(kFormats, rule.get<std::string>(), &Format::name);
      if (known == kFormats.end()) {
        return unknown("the format " + rule.dump(), where);
      }
      return require(known->fits(value), where, value + " is no " + rule.get<std::string>());
    }
    if (keyword == "minLength") {
      return require(value.size() >= rule.get<std::size_t>(), where, "is too short");
    }
    return unknown(keyword, where);
  }

  static std::string check_number(const std::string& keyword, const json& value, const json& rule,
                                  const std::string& where) {
    if (keyword == "minimum") {
      return require(value >= rule, where, "is too small");
    }
    if (keyword == "maximum") {
      return require(value <= rule, where, "is too big");
    }
    return unknown(keyword, where);
  }

  std::string check_array(const std::string& keyword, const json& value, const json& rule,
                          const std::string& where) const {
    if (keyword == "uniqueItems") {
      return require(!rule.get<bool>() || std::set<json>(value.begin(), value.end()).size() == value.size(), where,
                     "has an item twice");
    }
    if (keyword == "minItems") {
      return require(value.size() >= rule.get<std::size_t>(), where, "has too few items");
    }
    if (keyword != "items") {
      return unknown(keyword, where);
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (std::string wrong = check(value[i], rule, where + "/" + std::to_string(i)); !wrong.empty()) {
        return wrong;
      }
    }
    return {};
  }

  std::string check_object(const std::string& keyword, const json& value, const json& rule, const json& schema,
                           const std::string& where) const {
    if (keyword == "required") {
      for (const json& name : rule) {
        if (!value.contains(name.get<std::string>())) {
          return where + " lacks " + name.dump();
        }
      }
      return {};
    }
    if (keyword == "properties") {
      for (const auto& [name, property] : rule.items()) {
        const auto found = value.find(name);
        if (found == value.end()) {
          continue;
        }
        if (std::string wrong = check(*found, property, where + "/" + name); !wrong.empty()) {
          return wrong;
        }
      }
      return {};
    }
    return keyword == "additionalProperties" ? check_additional(value, rule, schema, where) : unknown(keyword, where);
  }

  std::string check_additional(const json& value, const json& rule, const json& schema,
                               const std::string& where) const {
    const json known = schema.value("properties", json::object());
    for (const auto& [name, member] : value.items()) {
      if (known.contains(name)) {
        continue;
      }
      if (rule.is_boolean()) {
        return require(rule.get<bool>(), where, "has the unknown field " + name);
      }
      if (std::string wrong = check(member, rule, where + "/" + name); !wrong.empty()) {
        return wrong;
      }
    }
    return {};
  }

  static bool has_type(const json& value, const std::string& type) {
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer()) ||
           (type == "number" && value.is_number()) || (type == "boolean" && value.is_boolean());
  }

  static std::string require(bool holds, const std::string& where, const std::string& wrong) {
    return holds ? std::string{} : where + " " + wrong;
  }

  static std::string unknown(const std::string& keyword, const std::string& where) {
    return where + ": the schema uses " + keyword + ", which is not checked";
  }

  const json& root_;
};

}  // namespace

std::string check_against_schema(const nlohmann::json& value, const nlohmann::json& schema) {
  return SchemaCheck(schema).check(value, schema, "");
}

}  // namespace catcher
