#pragma once

#include "debugger/startup_streams.h"
#include "run/output_meter.h"
#include "run/stream_reader.h"
#include "win32/unique_handle.h"

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// Where the streams of targets go that nobody listens to: NUL, opened once for all runs of a process and inheritable
// for good, so that launches need not wait for each other (InheritanceScope).
class DiscardedStreams {
 public:
  // Throws std::system_error.
  DiscardedStreams();

  StandardStreams for_target() const { return {null_.get(), null_.get(), null_.get(), true}; }

 private:
  UniqueFile null_;
};

// What becomes of one target's standard streams. Where nothing is asked for, the target gets catcher's own and nothing
// is captured; else pipes, which are read from the moment on that this is made.
//
//     OutputCapture streams(options);                     // everything that can be refused is, before the target runs
//     launch({..., streams.for_target()});
//     streams.target_has_started();                       // also when it has not
//     ... until the tree is dead; streams.limit_passed() can be waited for ...
//     report.captured = streams.finish();
class OutputCapture {
 public:
  // Makes the log directory, empty log files in it, and the pipes, and opens the file for stdin. With `discarded`,
  // which must outlive it, the target gets these instead of catcher's own streams. Throws SetupError.
  explicit OutputCapture(const Options& options, const DiscardedStreams* discarded = nullptr);
  OutputCapture(const OutputCapture&) = delete;
  OutputCapture& operator=(const OutputCapture&) = delete;

  // The target's ends; ours, until target_has_started().
  StandardStreams for_target() const;

  // Closes our copies of the target's ends: only then a stream can end.
  void target_has_started() noexcept;

  // Set once the target has written more than Limits::output; null when nothing is captured. Stays ours.
  HANDLE limit_passed() const noexcept { return meter_ ? meter_->limit_passed() : nullptr; }
  bool is_limit_passed() const noexcept { return meter_ && meter_->is_limit_passed(); }
  // Written on both streams until now.
  std::uint64_t bytes() const noexcept { return meter_ ? meter_->bytes() : 0; }

  // What was captured, to the last byte: waits for the ends of the streams, which come at once when the tree is dead,
  // and not for ever when somebody else holds them. Nothing when nothing was captured. Call it once.
  std::optional<CapturedOutput> finish();

  // What could not be done, one line each. To be asked after finish().
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  struct Stream {
    UniqueHandle target_end;
    std::unique_ptr<StreamReader> reader;
    std::string log_path;
  };

  static Stream open_stream(const Options& options, const char* name, UniqueHandle onward,
                            const std::shared_ptr<OutputMeter>& meter);
  CapturedStream finish(Stream& stream, const char* name, StreamReader::Clock::time_point since);

  const DiscardedStreams* discarded_;  // the caller's; null: what is not captured goes to catcher's own streams
  UniqueFile input_;
  std::shared_ptr<OutputMeter> meter_;  // null: nothing is captured
  bool pass_through_;
  Stream out_;
  Stream error_;
  std::vector<std::string> warnings_;
};

// True when the target's stdout and stderr are captured: it was asked for, or something needs it.
bool is_output_captured(const Options& options) noexcept;

}  // namespace catcher
