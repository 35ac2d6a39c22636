#pragma once

#include <catcher/stack.h>

#include <nlohmann/json.hpp>

namespace catcher {

// Puts a stack into an object of the JSON report: "stack", and what is to be said of its length and its end.
void put_stack(nlohmann::ordered_json& object, const Stack& stack);

}  // namespace catcher
