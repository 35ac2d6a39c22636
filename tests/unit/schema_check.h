#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace catcher {

// Checks a JSON value against a JSON Schema that uses only what docs/report.schema.json and SARIF's schema use: type,
// const, enum, anyOf, oneOf, pattern, format (uri, uri-reference, date-time, uuid), minLength, minimum, maximum,
// minItems, uniqueItems, items, required, properties, additionalProperties, $ref to a place in the schema itself.
// Returns the first thing that is wrong ("/crashes/0/pid: …"), or nothing. A keyword that it does not know is wrong
// too: the schema must not say what nobody checks.
std::string check_against_schema(const nlohmann::json& value, const nlohmann::json& schema);

}  // namespace catcher
