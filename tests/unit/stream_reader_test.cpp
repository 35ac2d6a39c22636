#include "run/stream_reader.h"

#include "run/output_meter.h"
#include "win32/error.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace catcher {
namespace {

using namespace std::chrono_literals;

struct Pipe {
  UniqueHandle read;
  UniqueHandle write;
};

Pipe make_pipe(DWORD size = 0) {
  HANDLE read = nullptr;
  HANDLE write = nullptr;
  if (CreatePipe(&read, &write, nullptr, size) == 0) {
    throw last_win32_error("CreatePipe");
  }
  return {UniqueHandle(read), UniqueHandle(write)};
}

void write(const UniqueHandle& to, std::string_view text) {
  DWORD done = 0;
  ASSERT_NE(WriteFile(to.get(), text.data(), static_cast<DWORD>(text.size()), &done, nullptr), 0);
}

std::string read_some(const UniqueHandle& from) {
  std::array<char, 65536> bytes{};
  DWORD got = 0;
  return ReadFile(from.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &got, nullptr) != 0
             ? std::string(bytes.data(), got)
             : std::string();
}

std::filesystem::path scratch_file() {
  const testing::TestInfo* const test = testing::UnitTest::GetInstance()->current_test_info();
  return std::filesystem::temp_directory_path() /
         (std::string(test->name()) + "." + std::to_string(GetCurrentProcessId()));
}

UniqueFile open(const std::filesystem::path& path, DWORD access) {
  return UniqueFile(CreateFileW(path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                access == GENERIC_WRITE ? CREATE_ALWAYS : OPEN_EXISTING, 0, nullptr));
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<OutputMeter> meter(std::optional<std::uint64_t> limit = {}) {
  return std::make_shared<OutputMeter>(limit);
}

CapturedStream finish(StreamReader& reader, const DrainLimits& limits = {}) {
  return reader.finish(StreamReader::Clock::now(), limits);
}

TEST(StreamReader, reads_to_the_end_and_keeps_the_last) {
  Pipe pipe = make_pipe();
  StreamReader reader(std::move(pipe.read), {}, meter());
  const std::string big(100'000, 'x');
  write(pipe.write, big);
  write(pipe.write, std::string("end\0of it", 9));
  pipe.write.reset();
  const CapturedStream captured = finish(reader);
  EXPECT_EQ(captured.bytes, big.size() + 9);
  EXPECT_EQ(captured.tail.size(), CapturedStream::kTail);
  EXPECT_TRUE(captured.tail.ends_with(std::string("xend\0of it", 10)));
  EXPECT_EQ(captured.problem, "");
}

TEST(StreamReader, passes_a_line_on_when_it_comes) {
  Pipe pipe = make_pipe();
  Pipe onward = make_pipe();
  StreamDestinations to;
  to.onward = std::move(onward.write);
  StreamReader reader(std::move(pipe.read), std::move(to), meter());
  write(pipe.write, "first\n");
  EXPECT_EQ(read_some(onward.read), "first\n");  // with the stream still open
  write(pipe.write, "second\n");
  EXPECT_EQ(read_some(onward.read), "second\n");
  pipe.write.reset();
  EXPECT_EQ(finish(reader).tail, "first\nsecond\n");
}

TEST(StreamReader, a_write_of_no_bytes_is_no_end) {
  Pipe pipe = make_pipe();
  StreamReader reader(std::move(pipe.read), {}, meter());
  DWORD done = 0;
  WriteFile(pipe.write.get(), "", 0, &done, nullptr);
  write(pipe.write, "more");
  pipe.write.reset();
  EXPECT_EQ(finish(reader).tail, "more");
}

TEST(StreamReader, writes_the_log_file_byte_for_byte) {
  const auto path = scratch_file();
  Pipe pipe = make_pipe();
  {
    StreamDestinations to;
    to.log = open(path, GENERIC_WRITE);
    ASSERT_TRUE(to.log);
    StreamReader reader(std::move(pipe.read), std::move(to), meter());
    write(pipe.write, std::string("a\r\n\0\xFF", 5));
    pipe.write.reset();
    EXPECT_EQ(finish(reader).problem, "");
  }
  EXPECT_EQ(content(path), std::string("a\r\n\0\xFF", 5));
  std::filesystem::remove(path);
}

TEST(StreamReader, a_log_that_cannot_be_written_is_said_and_reading_goes_on) {
  const auto path = scratch_file();
  std::ofstream(path) << "old";
  Pipe pipe = make_pipe();
  {
    StreamDestinations to;
    to.log = open(path, GENERIC_READ);  // every write to it fails, as on a full disk
    ASSERT_TRUE(to.log);
    StreamReader reader(std::move(pipe.read), std::move(to), meter());
    write(pipe.write, std::string(200'000, 'y'));
    pipe.write.reset();
    const CapturedStream captured = finish(reader);
    EXPECT_EQ(captured.bytes, 200'000U);
    EXPECT_NE(captured.problem.find("the log file is not complete: "), std::string::npos) << captured.problem;
  }
  std::filesystem::remove(path);
}

TEST(StreamReader, a_reader_that_has_gone_is_said_and_reading_goes_on) {
  Pipe pipe = make_pipe();
  Pipe onward = make_pipe();
  StreamDestinations to;
  to.onward = std::move(onward.write);
  to.onward_name = "stdout";
  onward.read.reset();
  StreamReader reader(std::move(pipe.read), std::move(to), meter());
  write(pipe.write, std::string(300'000, 'z'));
  pipe.write.reset();
  const CapturedStream captured = finish(reader);
  EXPECT_EQ(captured.bytes, 300'000U);
  EXPECT_EQ(captured.problem, "");
  EXPECT_TRUE(reader.onward_problem().starts_with("the rest of the target's stdout was not passed on: "))
      << reader.onward_problem();
}

TEST(StreamReader, somebody_who_holds_the_pipe_does_not_hang_it) {
  Pipe pipe = make_pipe();
  StreamReader reader(std::move(pipe.read), {}, meter());
  write(pipe.write, "before");
  const CapturedStream captured = finish(reader, {100ms, 100ms, 10s});
  EXPECT_EQ(captured.tail, "before");
  EXPECT_EQ(captured.problem, "its end was not awaited: a process outside the tree still holds the pipe");
}

TEST(StreamReader, somebody_who_writes_for_ever_does_not_hang_it) {
  Pipe pipe = make_pipe();
  std::thread writer([to = pipe.write.get()] {
    DWORD done = 0;
    while (WriteFile(to, "x", 1, &done, nullptr) != 0) {
    }
  });
  {
    StreamReader reader(std::move(pipe.read), {}, meter());
    EXPECT_NE(finish(reader, {60s, 60s, 200ms}).problem, "");
  }
  writer.join();  // its pipe is closed
}

TEST(StreamReader, a_reader_that_takes_nothing_does_not_hang_it_and_costs_nothing_but_what_it_did_not_take) {
  Pipe pipe = make_pipe();
  Pipe onward = make_pipe(4096);
  StreamDestinations to;
  to.onward = std::move(onward.write);
  to.onward_name = "stderr";
  StreamReader reader(std::move(pipe.read), std::move(to), meter());
  std::thread writer([&pipe] {
    write(pipe.write, std::string(1'000'000, 'w'));
    pipe.write.reset();
  });
  const CapturedStream captured = finish(reader, {1s, 100ms, 60s});
  writer.join();
  EXPECT_EQ(captured.bytes, 1'000'000U);
  EXPECT_EQ(captured.problem, "");
  EXPECT_EQ(reader.onward_problem(), "the rest of the target's stderr was not passed on: nobody took it");
}

TEST(StreamReader, counts_but_does_not_keep_what_lies_beyond_the_limit) {
  const auto path = scratch_file();
  Pipe pipe = make_pipe();
  const auto counter = meter(10);
  {
    StreamDestinations to;
    to.log = open(path, GENERIC_WRITE);
    StreamReader reader(std::move(pipe.read), std::move(to), counter);
    write(pipe.write, "0123456");
    write(pipe.write, "789abcdef");
    write(pipe.write, "more");
    pipe.write.reset();
    const CapturedStream captured = finish(reader);
    EXPECT_EQ(captured.bytes, 20U);
    EXPECT_EQ(captured.tail, "0123456789");
    EXPECT_EQ(captured.problem, "it is cut where the limit of output was passed");
  }
  EXPECT_EQ(content(path), "0123456789");
  std::filesystem::remove(path);
  EXPECT_EQ(counter->bytes(), 20U);
}

TEST(OutputMeter, says_when_the_limit_was_passed_and_not_when_it_was_reached) {
  OutputMeter counter(10);
  EXPECT_EQ(counter.add(10), 10U);
  EXPECT_FALSE(counter.is_limit_passed());
  EXPECT_EQ(WaitForSingleObject(counter.limit_passed(), 0), DWORD{WAIT_TIMEOUT});
  EXPECT_EQ(counter.add(1), 0U);
  EXPECT_TRUE(counter.is_limit_passed());
  EXPECT_EQ(WaitForSingleObject(counter.limit_passed(), 0), DWORD{WAIT_OBJECT_0});
}

TEST(OutputMeter, without_a_limit_never_says_anything) {
  OutputMeter counter({});
  EXPECT_EQ(counter.add(1'000'000), 1'000'000U);
  EXPECT_FALSE(counter.is_limit_passed());
}

}  // namespace
}  // namespace catcher
