#include "cli/attach_options.h"

#include "cli/number.h"

#include <fmt/format.h>

namespace catcher {
namespace {

constexpr const char* kGroup = "Attaching";

}  // namespace

void AttachOptions::add_to(CLI::App& app) {
  add_switch(app, {"--break", "", "show the stacks of all threads and let the process run on", kGroup}, only_look_);
  add_text(app, {"--wait-for", "NAME", "wait until a program of this file name is started", kGroup}, wait_for_);
  add_text(app, {"--ready-event", "HANDLE", "set this inherited event when attached (for AeDebug)", kGroup},
           ready_event_);
}

void AttachOptions::interpret(const std::vector<std::string>& words, Options& options) const {
  AttachTarget target;
  if (wait_for_) {
    target.wait_for = not_empty("--wait-for", *wait_for_);
    if (target.wait_for.find_first_of("\\/:") != std::string::npos) {
      fail(fmt::format("--wait-for {}: programs are known by their file names; leave the directory away",
                       shown(*wait_for_)));
    }
    if (!words.empty()) {
      fail(fmt::format("--wait-for and the process id {} contradict each other; give one of them", shown(words[0])));
    }
  } else {
    if (words.empty()) {
      fail("no process to attach to: catcher attach PID [options], or catcher attach --wait-for NAME");
    }
    const auto pid = parse_number(words[0]);
    if (!pid || *pid == 0) {
      fail(fmt::format("{} is not a process id: catcher attach PID [options]", shown(words[0])));
    }
    if (words.size() > 1) {
      fail(fmt::format("{} is one word too many: catcher attach PID [options]", shown(words[1])));
    }
    target.pid = *pid;
  }
  if (ready_event_) {
    const auto handle = parse_number(*ready_event_);
    if (!handle) {
      fail(fmt::format("--ready-event {}: not a handle; AeDebug puts it in for %ld", shown(*ready_event_)));
    }
    target.ready_event = *handle;
  }
  target.only_look = only_look_;
  options.attach = target;
}

}  // namespace catcher
