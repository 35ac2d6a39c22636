#pragma once

#include "win32/unique_handle.h"

#include <catcher/run_report.h>

#include <chrono>
#include <memory>
#include <string>

namespace catcher {

class OutputMeter;

// Where the bytes of a captured stream go.
struct StreamDestinations {
  UniqueFile log;           // none: no file
  UniqueHandle onward;      // a handle of our own to where catcher's own stream goes; none: nowhere
  std::string onward_name;  // what that is called in a warning: "stdout"
};

// How long the end of a stream is awaited once everybody who was known to write to it is dead.
struct DrainLimits {
  std::chrono::milliseconds silence{1000};  // without a byte, while somebody unknown still holds the pipe
  std::chrono::milliseconds blocked{5000};  // while what we pass a byte on to does not take it
  std::chrono::milliseconds total{10000};
};

// Reads one pipe to its end, on a thread of its own that only ever waits for the next bytes, and hands them on as they
// come. What cannot be written any more, because a disk is full or a reader has gone, is given up and said; reading
// goes on. While the target lives, what is passed on may hold it up, just as it would without us.
class StreamReader {
 public:
  using Clock = std::chrono::steady_clock;

  // `meter` is shared by all streams of a target. Throws std::system_error when there is no thread to be had.
  StreamReader(UniqueHandle pipe, StreamDestinations destinations, std::shared_ptr<OutputMeter> meter);
  // Gives the stream up at once.
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  // Waits for the end of the stream, within limits that count from `since`, and says what was in it. Call it once, when
  // the target is dead and our own copy of the pipe's other end is closed.
  CapturedStream finish(Clock::time_point since, const DrainLimits& limits);

  // What went wrong with passing it on; empty when nothing did. To be asked after finish().
  std::string onward_problem() const;

 private:
  struct State;

  bool ends_by(Clock::time_point until) const;
  bool stop_passing_on();
  void give_up();
  template <typename Condition>
  bool interrupt(Condition has_worked);

  std::shared_ptr<State> state_;  // the thread's too: one that hangs in a system call is left behind
  UniqueHandle thread_;
};

}  // namespace catcher
