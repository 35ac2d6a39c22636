#include "monitors/handle_findings.h"

#include "evidence/symbolizer.h"
#include "monitors/own_code.h"
#include "triage/handle_words.h"
#include "triage/path_name.h"

#include <algorithm>
#include <iterator>

namespace catcher {
namespace {

// A program that is wrong in more ways than this has been told enough.
constexpr std::size_t kMostFindings = 64;

std::uint32_t stack_of(const HandleStep* step) {
  return step == nullptr ? UINT32_MAX : step->stack.value_or(UINT32_MAX);
}

}  // namespace

bool is_growing(std::span<const std::chrono::milliseconds> times, std::chrono::milliseconds now) {
  constexpr std::size_t kEnough = 8;
  const auto late =
      static_cast<std::size_t>(std::count_if(times.begin(), times.end(), [now](auto time) { return time > now / 2; }));
  return times.size() >= kEnough && late >= times.size() / 4 && late < times.size();
}

HandleFindings::HandleFindings(Process& process, const StackSampler& stacks, SymbolCache& symbols)
    : process_(process), stacks_(stacks), symbols_(symbols) {}

std::uint32_t HandleFindings::owner_of(StackSampler::StackId stack) {
  while (owners_.size() <= stack) {
    std::uint32_t owner = 0;
    for (const Address pc : stacks_.frames(static_cast<StackSampler::StackId>(owners_.size()))) {
      const Module* module = module_of(pc);
      if (module != nullptr && is_own_code(*module, process_.image_base)) {
        const auto known = std::find(owner_names_.begin(), owner_names_.end(), module->name);
        owner = static_cast<std::uint32_t>(known - owner_names_.begin()) + 1;
        if (known == owner_names_.end()) {
          owner_names_.push_back(module->name);
        }
        break;
      }
    }
    owners_.push_back(owner);
  }
  return owners_[stack];
}

const Module* HandleFindings::module_of(Address pc) const {
  const Module* module = find_module(process_.modules, pc);
  return module != nullptr ? module : find_module(unloaded_, pc);
}

std::vector<Module> HandleFindings::all_modules() const {
  std::vector<Module> modules = process_.modules;
  std::copy_if(unloaded_.begin(), unloaded_.end(), std::back_inserter(modules), [&modules](const Module& gone) {
    return std::none_of(modules.begin(), modules.end(), [&gone](const Module& there) {
      return there.contains(gone.base) || gone.contains(there.base);
    });
  });
  return modules;
}

HandleEvent HandleFindings::named(const HandleStep& step) const {
  HandleEvent event;
  event.kind = step.kind;
  event.tid = step.tid;
  event.time = step.time;
  event.function = step.function;
  event.type = step.type;
  event.name = step.name;
  if (!step.stack) {
    return event;
  }
  std::vector<CodeAddress> places;
  for (const Address pc : stacks_.frames(*step.stack)) {
    places.push_back({pc, !places.empty(), places.empty() ? FrameSource::kContext : FrameSource::kUnwindData});
  }
  event.stack.frames = Symbolizer(symbols_, all_modules(), process_.memory).frames(places);
  event.stack.frames_total = event.stack.frames.size();
  const auto own = std::find_if(event.stack.frames.begin(), event.stack.frames.end(), [this](const Frame& frame) {
    const Module* module = module_of(frame.pc);
    return module != nullptr && is_own_code(*module, process_.image_base);
  });
  event.own_frame = static_cast<std::size_t>(own - event.stack.frames.begin());
  return event;
}

void HandleFindings::add(HandleFindingKind kind, std::uint64_t key, const HandleStep& act, const HandleHistory* history,
                         bool is_doubtful) {
  const HandleStep* opening = history == nullptr ? nullptr : history->opening();
  const FindingKey same{kind, stack_of(&act), stack_of(opening)};
  if (const auto known = known_.find(same); known != known_.end()) {
    ++findings_[known->second].count;
    latest_[act.tid] = {act.order, known->second};
    return;
  }
  if (findings_.size() >= kMostFindings) {
    return;
  }
  known_[same] = findings_.size();
  latest_[act.tid] = {act.order, findings_.size()};
  HandleFinding finding;
  finding.kind = kind;
  finding.is_defect = !is_doubtful && kind != HandleFindingKind::kInvalidHandle;
  if (is_doubtful && kind == HandleFindingKind::kStaleClose) {
    finding.note = "perhaps the handle was given to it: it has closed others of the same opener";
  }
  finding.handle = key;
  finding.pid = process_.pid;
  finding.image = file_name_of(process_.image);
  finding.event = named(act);
  if (history != nullptr) {
    for (const HandleStep& step : history->steps) {
      if (step.order < act.order) {
        finding.history.push_back(named(step));
      }
    }
  }
  finding.summary = summarize_handle_finding(finding);
  findings_.push_back(std::move(finding));
}

bool HandleFindings::note(const HandleStep& act, std::string_view text) {
  const auto latest = latest_.find(act.tid);
  if (latest == latest_.end() || latest->second.first != act.order) {
    return false;
  }
  findings_[latest->second.second].note = text;
  return true;
}

void HandleFindings::add_leaks(const HandleTable& table, const std::vector<std::uint64_t>& open,
                               std::optional<std::uint64_t> allowed, std::chrono::milliseconds now) {
  struct Group {
    std::vector<std::chrono::milliseconds> times;
    std::uint64_t example = 0;
    const HandleStep* opening = nullptr;
  };
  std::map<std::pair<std::string, std::uint32_t>, Group> groups;
  for (const auto& [key, history] : table.values()) {
    const HandleStep* opening = history.is_open ? history.opening() : nullptr;
    if (opening == nullptr || !opening->stack || !std::binary_search(open.begin(), open.end(), key)) {
      continue;
    }
    Group& group = groups[{opening->type, *opening->stack}];
    group.times.push_back(opening->time);
    group.example = key;
    group.opening = opening;
  }
  for (const auto& [what, group] : groups) {
    constexpr std::size_t kWorthTelling = 3;
    const std::size_t count = group.times.size();
    const bool is_too_many = allowed && count > *allowed;
    if (!is_too_many && (count < kWorthTelling || group.opening->owner == 0)) {
      continue;
    }
    HandleLeak leak;
    leak.pid = process_.pid;
    leak.image = file_name_of(process_.image);
    leak.count = count;
    leak.grows = is_growing(group.times, now);
    leak.is_defect = is_too_many;
    leak.handle = group.example;
    leak.opened = named(*group.opening);
    leaks_.push_back(std::move(leak));
  }
}

void HandleFindings::report_to(HandleReport& report) {
  std::move(findings_.begin(), findings_.end(), std::back_inserter(report.findings));
  std::move(leaks_.begin(), leaks_.end(), std::back_inserter(report.leaks));
}

}  // namespace catcher
