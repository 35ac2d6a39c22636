#include "triage/fault_description.h"

#include <gtest/gtest.h>

#include <vector>

namespace catcher {
namespace {

constexpr Address kCode{0x140001530};

FaultDescription describe(std::uint32_t code, std::vector<std::uint64_t> parameters) {
  return describe_fault(code, kCode, parameters);
}

TEST(FaultDescription, tells_the_direction_of_an_access_violation) {
  EXPECT_EQ(describe(0xC0000005, {0, 0x10}).detail, "read from 0x10");
  EXPECT_EQ(describe(0xC0000005, {1, 0}).detail, "write to 0x0");
  EXPECT_EQ(describe(0xC0000005, {8, 0}).detail, "execute at 0x0 (data execution prevention)");
  EXPECT_EQ(describe(0xC0000005, {0, 0x10}).operation, AccessOperation::kRead);
  EXPECT_EQ(describe(0xC0000005, {1, 0}).operation, AccessOperation::kWrite);
  EXPECT_EQ(describe(0xC0000005, {8, 0}).operation, AccessOperation::kExecute);
  EXPECT_EQ(describe(0xC0000005, {1, 0x20}).target, Address{0x20});
}

TEST(FaultDescription, a_read_at_the_instruction_pointer_is_an_instruction_fetch) {
  const FaultDescription fault = describe_fault(0xC0000005, Address{0}, std::vector<std::uint64_t>{0, 0});
  EXPECT_EQ(fault.operation, AccessOperation::kExecute);
  EXPECT_EQ(fault.detail, "execute at 0x0");
}

TEST(FaultDescription, a_non_canonical_address_is_not_passed_off_as_the_real_one) {
  EXPECT_EQ(describe(0xC0000005, {0, ~std::uint64_t{0}}).detail,
            "access to a non-canonical address (the processor does not tell which)");
}

TEST(FaultDescription, an_unknown_kind_of_access_is_said_to_be_unknown) {
  const FaultDescription fault = describe(0xC0000005, {2, 0x10});
  EXPECT_EQ(fault.operation, std::nullopt);
  EXPECT_EQ(fault.detail, "access of unknown kind 2 to 0x10");
}

TEST(FaultDescription, an_in_page_error_names_the_status_of_the_read) {
  EXPECT_EQ(describe(0xC0000006, {0, 0x7000, 0xC0000185}).detail,
            "read from 0x7000, the page could not be read: STATUS_IO_DEVICE_ERROR");
  // A 32-bit debuggee's status may arrive sign-extended.
  EXPECT_EQ(describe(0xC0000006, {0, 0x7000, 0xFFFFFFFFC0000185}).detail,
            "read from 0x7000, the page could not be read: STATUS_IO_DEVICE_ERROR");
  EXPECT_EQ(describe(0xC0000006, {0, 0x7000, 0xC0123456}).detail,
            "read from 0x7000, the page could not be read: 0xC0123456");
}

TEST(FaultDescription, a_fail_fast_names_its_subcode) {
  EXPECT_EQ(describe(0xC0000409, {7}).detail, "FAST_FAIL_FATAL_APP_EXIT (abort() or std::terminate())");
  EXPECT_EQ(describe(0xC0000409, {20}).detail, "FAST_FAIL_CERTIFICATION_FAILURE");
  EXPECT_EQ(describe(0xC0000409, {4711}).detail, "unknown fail-fast code 4711");
}

TEST(FaultDescription, other_codes_tell_what_their_parameters_hold) {
  EXPECT_EQ(describe(0xC0000374, {0x7ff812345678}).detail, "heap failure information at 0x7ff812345678");
  EXPECT_EQ(describe(0xC0000194, {0x5000}).detail, "critical section 0x5000");
  EXPECT_EQ(describe(0xE0434352, {0xFFFFFFFF80131500}).detail, "HRESULT 0x80131500");
  EXPECT_EQ(describe(0xE06D7363, {0x19930520, 0x1000, 0x2000, 0x140000000}).detail, "C++ exception object at 0x1000");
  EXPECT_EQ(describe(0xE06D7363, {0x19930520, 0, 0, 0}).detail, "C++ exception, thrown again");
  EXPECT_EQ(describe(0x20474343, {0x3000}).detail, "C++ exception object at 0x3000");
  EXPECT_EQ(describe(0xC00000FD, {1, 0x9000}).detail, "write to 0x9000");
}

TEST(FaultDescription, missing_parameters_leave_the_detail_empty) {
  for (const std::uint32_t code :
       {0xC0000005U, 0xC0000409U, 0xC0000374U, 0xC0000194U, 0xE0434352U, 0xC0000006U, 0xC0000421U}) {
    const FaultDescription fault = describe(code, {});
    EXPECT_EQ(fault.detail, "") << std::hex << code;
    EXPECT_EQ(fault.operation, std::nullopt);
  }
  EXPECT_EQ(describe(0xC0000005, {1}).detail, "");
  EXPECT_EQ(describe(0xE1234567, {1, 2, 3}).detail, "");
}

TEST(FaultDescription, fills_in_the_exception) {
  ExceptionInfo exception;
  exception.code = 0xC0000005;
  exception.address = kCode;
  exception.parameters = {1, 0};
  const ExceptionInfo described = with_description(exception);
  EXPECT_EQ(described.name, "EXCEPTION_ACCESS_VIOLATION");
  EXPECT_EQ(described.operation, AccessOperation::kWrite);
  EXPECT_EQ(described.target, Address{0});
  EXPECT_EQ(described.detail, "write to 0x0");
}

TEST(FaultDescription, a_place_is_the_module_and_offset_or_the_bare_address) {
  ExceptionInfo exception;
  exception.address = kCode;
  EXPECT_EQ(describe_place(exception), "0x140001530");
  exception.module = "crash_test.exe";
  exception.offset = 0x1530;
  EXPECT_EQ(describe_place(exception), "crash_test.exe+0x1530");
}

}  // namespace
}  // namespace catcher
