#include "run/output_capture.h"

#include "win32/error.h"
#include "win32/files.h"
#include "win32/full_path.h"
#include "win32/utf.h"

#include <catcher/setup_error.h>

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace catcher {
namespace {

constexpr DWORD kPipeSize = 64 << 10;

[[noreturn]] void refuse(std::string_view option, std::string_view word, std::uint32_t error, std::string_view remedy) {
  throw SetupError(fmt::format("{} {}: {}; {}", option, word, describe_win32_error(error), remedy));
}

UniqueFile create_log(const std::string& directory, const std::wstring& path) {
  // Others may read along while it grows, and move it away.
  UniqueFile file(CreateFileW(openable_path(path).c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                              CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) {
    throw SetupError(fmt::format("--log-dir {}: cannot write {}: {}; name a directory in which files can be written",
                                 directory, to_utf8(path), describe_win32_error(last_error())));
  }
  return file;
}

// A handle of our own to what a standard handle stands for, so that nobody else's closing can make it mean something
// else; none when there is nothing behind it, as in a program without a console.
UniqueHandle duplicate_of(DWORD standard_handle) {
  const HANDLE own = GetStdHandle(standard_handle);
  HANDLE duplicate = nullptr;
  if (own == nullptr || own == INVALID_HANDLE_VALUE ||
      DuplicateHandle(GetCurrentProcess(), own, GetCurrentProcess(), &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS) ==
          0) {
    return nullptr;
  }
  return UniqueHandle(duplicate);
}

UniqueFile open_input(const std::string& name, bool inheritable) {
  SECURITY_ATTRIBUTES security{sizeof security, nullptr, inheritable ? TRUE : FALSE};
  UniqueFile file(CreateFileW(openable_path(to_utf16(name)).c_str(), GENERIC_READ,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, &security, OPEN_EXISTING,
                              FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) {
    const std::uint32_t error = last_error();
    if (is_directory(to_utf16(name))) {
      throw SetupError(fmt::format("--stdin {}: it is a directory; name a file", name));
    }
    refuse("--stdin", name, error, "name a file that can be read");
  }
  return file;
}

}  // namespace

bool is_output_captured(const Options& options) noexcept {
  return !options.capture.log_directory.empty() || !options.capture.pass_through || options.limits.output;
}

DiscardedStreams::DiscardedStreams() {
  SECURITY_ATTRIBUTES inheritable{sizeof inheritable, nullptr, TRUE};
  null_.reset(CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
                          OPEN_EXISTING, 0, nullptr));
  if (!null_) {
    throw last_win32_error("CreateFileW");
  }
}

OutputCapture::OutputCapture(const Options& options, const DiscardedStreams* discarded)
    : discarded_(discarded), pass_through_(options.capture.pass_through && discarded == nullptr) {
  // Before anything is opened: a standard handle with nothing behind it may have the value of the next handle.
  UniqueHandle own_out = pass_through_ ? duplicate_of(STD_OUTPUT_HANDLE) : nullptr;
  UniqueHandle own_error = pass_through_ ? duplicate_of(STD_ERROR_HANDLE) : nullptr;
  if (!options.capture.stdin_file.empty()) {
    input_ = open_input(options.capture.stdin_file, discarded != nullptr);
  }
  if (!is_output_captured(options)) {
    return;
  }
  if (const std::string& directory = options.capture.log_directory; !directory.empty()) {
    if (const std::uint32_t error = make_directories(openable_path(full_path(to_utf16(directory))));
        error != ERROR_SUCCESS) {
      refuse("--log-dir", directory, error, "name a directory that is there or can be made");
    }
  }
  meter_ = std::make_shared<OutputMeter>(options.limits.output);
  out_ = open_stream(options, "stdout", std::move(own_out), meter_);
  error_ = open_stream(options, "stderr", std::move(own_error), meter_);
}

OutputCapture::Stream OutputCapture::open_stream(const Options& options, const char* name, UniqueHandle onward,
                                                 const std::shared_ptr<OutputMeter>& meter) {
  StreamDestinations to;
  to.onward = std::move(onward);
  to.onward_name = name;
  Stream stream;
  if (const std::string& directory = options.capture.log_directory; !directory.empty()) {
    const std::wstring path = full_path(to_utf16(directory)) + L'\\' + to_utf16(name) + L".txt";
    to.log = create_log(directory, path);
    stream.log_path = to_utf8(path);
  }
  HANDLE read_end = nullptr;
  HANDLE write_end = nullptr;
  if (CreatePipe(&read_end, &write_end, nullptr, kPipeSize) == 0) {
    throw last_win32_error("CreatePipe");
  }
  UniqueHandle from(read_end);
  stream.target_end.reset(write_end);
  stream.reader = std::make_unique<StreamReader>(std::move(from), std::move(to), meter);
  return stream;
}

StandardStreams OutputCapture::for_target() const {
  StandardStreams streams;
  if (discarded_ != nullptr) {
    streams = discarded_->for_target();
  }
  if (input_) {
    streams.in = input_.get();
  }
  if (out_.target_end) {
    streams.out = out_.target_end.get();
    streams.error = error_.target_end.get();
    streams.inheritable = false;
  }
  return streams;
}

void OutputCapture::target_has_started() noexcept {
  input_.reset();
  out_.target_end.reset();
  error_.target_end.reset();
}

CapturedStream OutputCapture::finish(Stream& stream, const char* name, StreamReader::Clock::time_point since) {
  CapturedStream captured = stream.reader->finish(since, {});
  captured.path = stream.log_path;
  if (!captured.problem.empty()) {
    warnings_.push_back(fmt::format("captured {}: {}", name, captured.problem));
  }
  if (std::string problem = stream.reader->onward_problem(); !problem.empty()) {
    warnings_.push_back(std::move(problem));
  }
  stream.reader.reset();  // closes the log file
  return captured;
}

std::optional<CapturedOutput> OutputCapture::finish() {
  if (!meter_) {
    return std::nullopt;
  }
  target_has_started();
  CapturedOutput captured;
  captured.passed_through = pass_through_;
  const auto since = StreamReader::Clock::now();
  captured.out = finish(out_, "stdout", since);
  captured.error = finish(error_, "stderr", since);
  return captured;
}

}  // namespace catcher
