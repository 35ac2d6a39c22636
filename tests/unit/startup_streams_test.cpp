#include "debugger/startup_streams.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace catcher {
namespace {

using Bytes = std::vector<std::byte>;

// What a C runtime passes on: count, flags, handles.
Bytes descriptors(std::int32_t count, std::size_t present) {
  Bytes bytes(sizeof count + present * (1 + sizeof(HANDLE)), std::byte{0x41});
  std::memcpy(bytes.data(), &count, sizeof count);
  return bytes;
}

StandardStreams only_out() {
  StandardStreams streams;
  streams.out = GetCurrentProcess();
  return streams;
}

TEST(StartupStreams, a_replaced_stream_has_no_inherited_descriptor) {
  Bytes expected = descriptors(5, 5);
  expected[sizeof(std::int32_t) + 1] = std::byte{0};
  EXPECT_EQ(without_descriptors(descriptors(5, 5), only_out()), expected);
}

TEST(StartupStreams, descriptors_of_streams_that_are_not_replaced_stay) {
  EXPECT_EQ(without_descriptors(descriptors(5, 5), {}), descriptors(5, 5));
}

TEST(StartupStreams, what_is_no_list_of_descriptors_stays_as_it_is) {
  for (const Bytes& other : {Bytes{}, Bytes(3, std::byte{1}), descriptors(0, 4), descriptors(-1, 4), descriptors(5, 4),
                             descriptors(0x7FFFFFFF, 4), descriptors(1, 4)}) {
    EXPECT_EQ(without_descriptors(other, only_out()), other);
  }
}

TEST(StartupStreams, a_handle_is_inheritable_only_while_a_process_is_created) {
  HANDLE read = nullptr;
  HANDLE write = nullptr;
  ASSERT_NE(CreatePipe(&read, &write, nullptr, 0), 0);
  StandardStreams streams;
  streams.out = write;
  DWORD flags = 0;
  {
    const InheritanceScope scope(streams);
    ASSERT_NE(GetHandleInformation(write, &flags), 0);
    EXPECT_EQ(flags & HANDLE_FLAG_INHERIT, DWORD{HANDLE_FLAG_INHERIT});
  }
  ASSERT_NE(GetHandleInformation(write, &flags), 0);
  EXPECT_EQ(flags & HANDLE_FLAG_INHERIT, 0U);
  CloseHandle(read);
  CloseHandle(write);
}

}  // namespace
}  // namespace catcher
