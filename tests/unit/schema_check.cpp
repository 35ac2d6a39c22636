#include "schema_check.h"

#include <algorithm>
#include <array>
#include <regex>
#include <string_view>

namespace catcher {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 6> kAnnotations = {"$schema", "$id", "title", "description", "$defs", "type"};

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
           (type == "boolean" && value.is_boolean());
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
