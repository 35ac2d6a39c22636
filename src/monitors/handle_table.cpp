#include "monitors/handle_table.h"

#include <algorithm>
#include <utility>

namespace catcher {
namespace {

using Kind = HandleEventKind;

bool brings_object(const HandleStep& step) {
  return step.kind == Kind::kOpened || step.kind == Kind::kFound;
}

void add(HandleHistory& history, HandleStep step) {
  if (history.steps.size() == HandleHistory::kSteps) {
    history.steps.erase(history.steps.begin());
  }
  history.steps.push_back(std::move(step));
}

// What a close ends, for a history that is read later.
void name_after_opening(HandleStep& step, const HandleHistory& history) {
  const HandleStep* opening = history.opening();
  if (opening != nullptr && step.type.empty()) {
    step.type = opening->type;
    step.name = opening->name;
  }
}

}  // namespace

const HandleStep* HandleHistory::opening() const {
  const auto found = std::find_if(steps.rbegin(), steps.rend(), brings_object);
  return found == steps.rend() ? nullptr : &*found;
}

std::optional<std::uint64_t> HandleTable::key(std::uint64_t value) {
  constexpr std::uint64_t kTagBits = 3;
  constexpr std::uint64_t kFirstPseudo = 0x80000000;  // also in a 32-bit process
  const std::uint64_t bare = value & ~kTagBits;
  return bare == 0 || bare >= kFirstPseudo ? std::nullopt : std::optional(bare);
}

bool HandleTable::is_open(std::uint64_t key) const {
  const HandleHistory* history = find(key);
  return history != nullptr && history->is_open && !history->is_doubtful;
}

const HandleHistory* HandleTable::find(std::uint64_t key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

void HandleTable::opened(std::uint64_t key, HandleStep step, std::uint64_t asked) {
  HandleHistory& history = values_[key];
  history.is_doubtful = !history.is_open && !history.steps.empty() && history.steps.back().kind == Kind::kClosed &&
                        history.steps.back().order > asked;
  if (history.is_open) {
    HandleStep unseen;
    unseen.kind = Kind::kClosedUnseen;
    unseen.time = step.time;
    unseen.order = step.order;
    name_after_opening(unseen, history);
    add(history, std::move(unseen));
  }
  history.is_open = true;
  add(history, std::move(step));
}

void HandleTable::found(std::uint64_t key, HandleStep step) {
  HandleHistory& history = values_[key];
  if (history.steps.empty()) {
    history.is_open = true;
    step.kind = Kind::kFound;
    add(history, std::move(step));
  }
}

// A module that opened an object with this value, closed it, and now closes the value again, although it has come to
// stand for something that another module opened.
bool HandleTable::is_stale_close(const HandleHistory& history, const HandleStep& step) const {
  const HandleStep* opening = history.opening();
  if (opening == nullptr || opening->owner == 0 || step.owner == 0 || opening->owner == step.owner) {
    return false;
  }
  const auto current = history.steps.begin() + (opening - history.steps.data());
  std::uint32_t opener = 0;
  for (auto it = history.steps.begin(); it != current; ++it) {
    if (brings_object(*it)) {
      opener = it->owner;
    } else if (it->kind == Kind::kClosed && it->owner == step.owner && opener == step.owner) {
      return true;
    }
  }
  return false;
}

std::optional<HandleDefect> HandleTable::closed(std::uint64_t key, HandleStep step, const HandleNow& now,
                                                bool is_closing) {
  HandleHistory& history = values_[key];
  std::optional<HandleDefect> defect;
  step.kind = Kind::kClosed;
  if (history.is_open && (!history.is_doubtful || now.is_open)) {
    name_after_opening(step, history);
    const HandleStep* opening = history.opening();
    const std::pair pair{opening == nullptr ? 0 : opening->owner, step.owner};
    if (is_stale_close(history, step)) {
      defect = HandleDefect{HandleFindingKind::kStaleClose, given_away_.contains(pair)};
    } else if (pair.first != pair.second && pair.first != 0 && pair.second != 0) {
      given_away_.insert(pair);
    }
  } else if (now.is_open && !is_closing) {
    step.type = now.type;  // opened by nobody that was seen: inherited, or by the system itself
    step.name = now.name;
  } else if (now.is_known && !history.steps.empty()) {
    defect = HandleDefect{HandleFindingKind::kDoubleClose, false};
  }
  history.is_open = false;
  history.is_doubtful = false;
  add(history, std::move(step));
  return defect;
}

bool HandleTable::needs_look(std::uint64_t key, std::string_view wanted) const {
  const HandleHistory* history = find(key);
  if (history == nullptr || history->steps.empty()) {
    return false;
  }
  const HandleStep* opening = history->opening();
  return !history->is_open || history->is_doubtful ||
         (!wanted.empty() && opening != nullptr && !opening->type.empty() && opening->type != wanted);
}

std::optional<HandleDefect> HandleTable::used(std::uint64_t key, HandleStep step, std::string_view wanted,
                                              const HandleNow& now) {
  HandleHistory& history = values_[key];
  step.kind = Kind::kUsed;
  if (now.is_open && (wanted.empty() || now.type == wanted)) {
    return std::nullopt;  // a close that failed, or an object that came unseen
  }
  // Something else by now, which is only a stale value when it once was the right thing.
  const bool was_right = std::any_of(history.steps.begin(), history.steps.end(), [wanted](const HandleStep& earlier) {
    return brings_object(earlier) && (wanted.empty() || earlier.type == wanted);
  });
  if (now.is_open ? !was_right : history.steps.empty()) {
    return std::nullopt;
  }
  step.type = now.type;
  step.name = now.name;
  add(history, std::move(step));
  return HandleDefect{HandleFindingKind::kUseAfterClose, false};
}

}  // namespace catcher
