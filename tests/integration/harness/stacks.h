#pragma once

#include "run_catcher.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace harness {

// The frames of a crash, a thread or an exit stack of a report; an empty array where there are none.
nlohmann::json frames_of(const nlohmann::json& owner);

// The first frame whose function's name contains this; an empty object when there is none.
nlohmann::json find_frame(const nlohmann::json& owner, std::string_view function);

// True when all of these functions are in the stack, each further out than the one before.
testing::AssertionResult stack_leads_through(const nlohmann::json& owner, const std::vector<std::string>& functions);

// The thread of a crash or of a hang with this name or tid; an empty object when there is none.
nlohmann::json find_thread(const nlohmann::json& threads, std::string_view name);
nlohmann::json find_thread(const nlohmann::json& threads, unsigned tid);

// The module of a crash with this file name.
nlohmann::json find_module(const nlohmann::json& crash, std::string_view file_name);

}  // namespace harness
