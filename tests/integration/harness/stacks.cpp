#include "stacks.h"

#include <algorithm>

namespace harness {

using nlohmann::json;

json frames_of(const json& owner) {
  return owner.is_object() && owner.contains("stack") ? owner["stack"] : json::array();
}

json find_frame(const json& owner, std::string_view function) {
  for (const json& frame : frames_of(owner)) {
    if (frame.value("function", "").find(function) != std::string::npos) {
      return frame;
    }
  }
  return json::object();
}

testing::AssertionResult stack_leads_through(const json& owner, const std::vector<std::string>& functions) {
  const json frames = frames_of(owner);
  auto from = frames.begin();
  for (const std::string& function : functions) {
    from = std::find_if(from, frames.end(), [&](const json& frame) {
      return frame.value("function", "").find(function) != std::string::npos;
    });
    if (from == frames.end()) {
      return testing::AssertionFailure() << "no " << function << " where it should be in\n" << frames.dump(1);
    }
    ++from;
  }
  return testing::AssertionSuccess();
}

json find_thread(const json& threads, std::string_view name) {
  const auto found =
      std::ranges::find_if(threads, [&](const json& thread) { return thread.value("name", "") == name; });
  return found == threads.end() ? json::object() : *found;
}

json find_thread(const json& threads, unsigned tid) {
  const auto found = std::ranges::find_if(threads, [&](const json& thread) { return thread.value("tid", 0U) == tid; });
  return found == threads.end() ? json::object() : *found;
}

json find_module(const json& crash, std::string_view file_name) {
  if (crash.contains("modules")) {
    for (const json& module : crash["modules"]) {
      const std::string path = module.value("path", "");
      if (path.substr(path.find_last_of("\\/") + 1) == file_name) {
        return module;
      }
    }
  }
  return json::object();
}

}  // namespace harness
