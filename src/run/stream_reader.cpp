#include "run/stream_reader.h"

#include "run/byte_tail.h"
#include "run/output_meter.h"
#include "win32/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace catcher {
namespace {

using Clock = StreamReader::Clock;

constexpr std::size_t kChunk = std::size_t{64} << 10;

// What a reading thread may hang in.
enum class Doing { kReading, kWritingLog, kPassingOn };

// True when everything was written; else the thread's last error says why.
bool write_all(HANDLE file, std::string_view bytes) {
  while (!bytes.empty()) {
    DWORD done = 0;
    if (WriteFile(file, bytes.data(), static_cast<DWORD>(bytes.size()), &done, nullptr) == 0) {
      return false;
    }
    if (done == 0) {  // some devices take nothing and call it a success
      SetLastError(ERROR_HANDLE_DISK_FULL);
      return false;
    }
    bytes.remove_prefix(done);
  }
  return true;
}

}  // namespace

struct StreamReader::State {
  State(UniqueHandle from, StreamDestinations to, std::shared_ptr<OutputMeter> counter)
      : pipe(std::move(from)), destinations(std::move(to)), meter(std::move(counter)) {}

  static DWORD CALLBACK run(void* parameter) {
    const std::unique_ptr<std::shared_ptr<State>> state(static_cast<std::shared_ptr<State>*>(parameter));
    (*state)->read_to_end();
    return 0;
  }

  void read_to_end() {
    std::vector<char> buffer(kChunk);
    while (!stop) {
      DWORD read = 0;
      if (ReadFile(pipe.get(), buffer.data(), static_cast<DWORD>(buffer.size()), &read, nullptr) == 0) {
        // ERROR_BROKEN_PIPE is the end; ERROR_OPERATION_ABORTED is us, and give_up() has said so.
        const DWORD error = last_error();
        if (error == ERROR_OPERATION_ABORTED && !stop) {
          continue;  // meant for a write that had just returned
        }
        if (error != ERROR_BROKEN_PIPE && !stop) {
          add_problem(fmt::format("reading it failed: {}", describe_win32_error(error)));
        }
        return;
      }
      note_progress();
      take({buffer.data(), read});  // a write of no bytes reads as one, and is no end
    }
  }

  void take(std::string_view bytes) {
    const std::string_view kept = bytes.substr(0, meter->add(bytes.size()));
    {
      const std::lock_guard lock(mutex);
      result.bytes += bytes.size();
      tail.append(kept);
    }
    if (kept.size() < bytes.size()) {
      add_problem("it is cut where the limit of output was passed");
    }
    if (destinations.log) {
      doing = Doing::kWritingLog;
      if (!write_all(destinations.log.get(), kept)) {
        add_problem(fmt::format("the log file is not complete: {}", describe_win32_error(last_error())));
        destinations.log.reset();
      }
    }
    if (destinations.onward && !stop_onward) {
      doing = Doing::kPassingOn;
      if (!write_all(destinations.onward.get(), kept)) {
        note_onward_failure(last_error());
      }
    }
    doing = Doing::kReading;
    note_progress();
  }

  void note_onward_failure(DWORD error) {
    const std::lock_guard lock(mutex);
    onward_problem = fmt::format("the rest of the target's {} was not passed on: {}", destinations.onward_name,
                                 stop_onward ? "nobody took it" : describe_win32_error(error));
    stop_onward = true;
  }

  void note_progress() { last_progress = Clock::now(); }

  // The first one is why, the rest follow from it.
  void add_problem(std::string problem) {
    const std::lock_guard lock(mutex);
    if (result.problem.empty()) {
      result.problem = std::move(problem);
    }
  }

  const UniqueHandle pipe;
  StreamDestinations destinations;  // the reading thread's
  const std::shared_ptr<OutputMeter> meter;
  std::atomic<bool> stop = false;
  std::atomic<bool> stop_onward = false;
  std::atomic<Doing> doing = Doing::kReading;
  std::atomic<Clock::time_point> last_progress = Clock::now();

  std::mutex mutex;  // guards what follows
  ByteTail tail{CapturedStream::kTail};
  CapturedStream result;
  std::string onward_problem;
};

StreamReader::StreamReader(UniqueHandle pipe, StreamDestinations destinations, std::shared_ptr<OutputMeter> meter)
    : state_(std::make_shared<State>(std::move(pipe), std::move(destinations), std::move(meter))) {
  auto parameter = std::make_unique<std::shared_ptr<State>>(state_);
  thread_.reset(CreateThread(nullptr, 0, State::run, parameter.get(), 0, nullptr));
  if (!thread_) {
    throw last_win32_error("CreateThread");
  }
  parameter.release();  // the thread's now
}

StreamReader::~StreamReader() {
  if (WaitForSingleObject(thread_.get(), 0) != WAIT_OBJECT_0) {
    give_up();
  }
}

CapturedStream StreamReader::finish(Clock::time_point since, const DrainLimits& limits) {
  const auto end = since + limits.total;
  auto seen = std::max(since, state_->last_progress.load());
  for (;;) {
    const Doing doing = state_->doing;
    const auto until = std::min(end, seen + (doing == Doing::kReading ? limits.silence : limits.blocked));
    if (ends_by(until)) {
      break;
    }
    const auto progress = state_->last_progress.load();
    if (Clock::now() < end && (progress > seen || state_->doing != doing)) {
      seen = std::max(seen, progress);
      continue;
    }
    if (doing == Doing::kPassingOn && stop_passing_on()) {
      seen = Clock::now();
      continue;
    }
    state_->add_problem(doing == Doing::kReading
                            ? "its end was not awaited: a process outside the tree still holds the pipe"
                            : "its end was not awaited: what it is written to does not take it");
    give_up();
    break;
  }
  const std::lock_guard lock(state_->mutex);
  CapturedStream result = state_->result;
  result.tail = state_->tail.text();
  return result;
}

std::string StreamReader::onward_problem() const {
  const std::lock_guard lock(state_->mutex);
  return state_->onward_problem;
}

bool StreamReader::ends_by(Clock::time_point until) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return WaitForSingleObject(thread_.get(), static_cast<DWORD>(std::max<long long>(left, 0))) == WAIT_OBJECT_0;
}

bool StreamReader::stop_passing_on() {
  state_->stop_onward = true;
  return interrupt([this] { return state_->doing != Doing::kPassingOn; });
}

void StreamReader::give_up() {
  state_->stop = state_->stop_onward = true;
  interrupt([] { return false; });
}

// A cancellation hits only a thread that is inside a system call, and the thread may be just before one: hence again,
// until it has worked. A thread that even so stays in its call is left behind, with all that it needs.
template <typename Condition>
bool StreamReader::interrupt(Condition has_worked) {
  constexpr int kAttempts = 50;
  constexpr std::chrono::milliseconds kBetween{10};
  for (int i = 0; i < kAttempts; ++i) {
    CancelSynchronousIo(thread_.get());
    if (ends_by(Clock::now() + kBetween) || has_worked()) {
      return true;
    }
  }
  return false;
}

}  // namespace catcher
