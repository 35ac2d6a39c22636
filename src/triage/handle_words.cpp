#include "triage/handle_words.h"

#include "triage/hex.h"
#include "triage/path_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace catcher {
namespace {

// The last event of a kind, or null.
const HandleEvent* last_of(const HandleFinding& finding, HandleEventKind kind) {
  const auto found = std::find_if(finding.history.rbegin(), finding.history.rend(),
                                  [kind](const HandleEvent& event) { return event.kind == kind; });
  return found == finding.history.rend() ? nullptr : &*found;
}

std::string describe_frame(const Frame& frame) {
  if (frame.function.empty()) {
    return fmt::format("{}+0x{:x}", frame.module, frame.offset);
  }
  return frame.file.empty() ? fmt::format("{} ({})", frame.function, frame.module)
                            : fmt::format("{} ({}:{})", frame.function, file_name_of(frame.file), frame.line);
}

// With its caller: the innermost function is often one that closes for everybody.
std::string in_place(const HandleEvent& event) {
  const std::string place = describe_own_path(event, 2);
  return place.empty() ? std::string() : " in " + place;
}

std::string opened_text(const HandleEvent* opened) {
  const std::string place = opened == nullptr ? std::string() : describe_own_place(*opened);
  return place.empty() ? std::string() : ", opened in " + place;
}

std::string module_text(const HandleEvent& event) {
  const Frame* frame = own_frame(event);
  return frame == nullptr || frame->module.empty() ? "somebody" : frame->module;
}

}  // namespace

std::string_view handle_finding_name(HandleFindingKind kind) {
  switch (kind) {
    case HandleFindingKind::kDoubleClose:
      return "double_close";
    case HandleFindingKind::kStaleClose:
      return "stale_close";
    case HandleFindingKind::kUseAfterClose:
      return "use_after_close";
    case HandleFindingKind::kGuardedClose:
      return "guarded_close";
    case HandleFindingKind::kInvalidHandle:
      return "invalid_handle";
  }
  return "";
}

std::string_view handle_event_name(HandleEventKind kind) {
  switch (kind) {
    case HandleEventKind::kOpened:
      return "opened";
    case HandleEventKind::kClosed:
      return "closed";
    case HandleEventKind::kClosedUnseen:
      return "closed_unseen";
    case HandleEventKind::kFound:
      return "found";
    case HandleEventKind::kUsed:
      return "used";
  }
  return "";
}

std::string describe_object(const HandleEvent& event) {
  const std::string type = event.type.empty() ? "an object" : event.type;
  return event.name.empty() ? type : fmt::format("{} \"{}\"", type, event.name);
}

const Frame* own_frame(const HandleEvent& event) {
  return event.own_frame < event.stack.frames.size() ? &event.stack.frames[event.own_frame] : nullptr;
}

std::string describe_own_place(const HandleEvent& event) {
  return describe_own_path(event, 1);
}

std::string describe_own_path(const HandleEvent& event, std::size_t most) {
  std::string path;
  const auto& frames = event.stack.frames;
  for (std::size_t i = event.own_frame; i < frames.size() && most > 0; ++i, --most) {
    path += path.empty() ? "" : " <- ";
    path += describe_frame(frames[i]);
  }
  return path;
}

std::string summarize_handle_finding(const HandleFinding& finding) {
  const std::string handle = hex_value(finding.handle);
  const HandleEvent* opened = last_of(finding, HandleEventKind::kOpened);
  const HandleEvent* closed = last_of(finding, HandleEventKind::kClosed);
  const std::string who = fmt::format("{} (pid {})", finding.image, finding.pid);
  const std::string where = in_place(finding.event);
  switch (finding.kind) {
    case HandleFindingKind::kDoubleClose:
      return fmt::format("{}: handle {} is closed a second time{}: it was {}{}, and was closed{}", who, handle, where,
                         closed == nullptr ? "an object" : describe_object(*closed), opened_text(opened),
                         closed == nullptr ? "" : in_place(*closed));
    case HandleFindingKind::kStaleClose:
      return fmt::format("{}: {} closes handle {}{}, which is now {}{}; its own of that value it has closed{}", who,
                         module_text(finding.event), handle, where, describe_object(finding.event), opened_text(opened),
                         closed == nullptr ? "" : in_place(*closed));
    case HandleFindingKind::kUseAfterClose:
      return fmt::format("{}: {} is given handle {}{}, which {}; it was {}{}, and was closed{}", who,
                         finding.event.function, handle, where,
                         finding.event.type.empty() ? "is closed" : "is now " + describe_object(finding.event),
                         closed == nullptr ? "an object" : describe_object(*closed), opened_text(opened),
                         closed == nullptr ? "" : in_place(*closed));
    case HandleFindingKind::kGuardedClose:
      return fmt::format("{}: guarded handle {} is closed{}: {}{}", who, handle, where, describe_object(finding.event),
                         opened_text(opened));
    case HandleFindingKind::kInvalidHandle:
      return fmt::format("{}: a handle that is not open was used{}{}", who, where,
                         finding.handle == 0 ? "" : ", perhaps " + handle);
  }
  return who;
}

std::string summarize_handle_leak(const HandleLeak& leak) {
  return fmt::format("{} (pid {}): {} {} open at the end{}{}", leak.image, leak.pid, leak.count,
                     leak.count == 1 ? "handle is" : "handles are", leak.grows ? ", more and more" : "",
                     fmt::format(": {}{}", describe_object(leak.opened), opened_text(&leak.opened)));
}

bool has_handle_defect(const HandleReport& report) {
  return std::ranges::any_of(report.findings, &HandleFinding::is_defect) ||
         std::ranges::any_of(report.leaks, &HandleLeak::is_defect);
}

}  // namespace catcher
