#include "triage/exception_catalogue.h"
#include "triage/fast_fail_catalogue.h"
#include "triage/status_catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace catcher {
namespace {

TEST(ExceptionCatalogue, exit_codes_follow_the_posix_signals) {
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> expected = {
      {0xC000001D, 132}, {0xC0000096, 132}, {0x80000003, 133}, {0xC0000420, 133}, {0x4000001F, 133}, {0xC0000409, 134},
      {0xC0000374, 134}, {0xC0000602, 134}, {0xE06D7363, 134}, {0x20474343, 134}, {0xE0434352, 134}, {0xC0000417, 134},
      {0x40000015, 134}, {0x80000002, 135}, {0xC0000006, 135}, {0xC0000094, 136}, {0xC0000095, 136}, {0xC000008D, 136},
      {0xC000008E, 136}, {0xC000008F, 136}, {0xC0000090, 136}, {0xC0000091, 136}, {0xC0000092, 136}, {0xC0000093, 136},
      {0xC0000005, 139}, {0x80000001, 139}, {0xC00000FD, 139}, {0xC000008C, 139}, {0xC0000025, 128}, {0xC0000008, 128},
      {0xDEADBEEF, 128}};
  for (const auto& [code, exit] : expected) {
    EXPECT_EQ(to_number(exit_code_of_exception(code)), exit) << std::hex << code;
  }
}

TEST(ExceptionCatalogue, first_chance_list_is_the_seven_codes_of_the_design) {
  std::set<std::uint32_t> interesting;
  for (const ExceptionRow& row : exception_rows()) {
    if (row.interesting) {
      interesting.insert(row.code);
    }
  }
  EXPECT_EQ(interesting, (std::set<std::uint32_t>{0xC0000005, 0xC000008C, 0x80000002, 0xC000001D, 0xC0000006,
                                                  0xC0000096, 0xC00000FD}));
}

TEST(ExceptionCatalogue, every_interesting_row_is_a_processor_fault) {
  for (const ExceptionRow& row : exception_rows()) {
    EXPECT_TRUE(!row.interesting || row.hardware) << row.name;
  }
}

TEST(ExceptionCatalogue, software_exceptions_are_no_processor_faults) {
  for (const std::uint32_t code : {0xE06D7363U, 0x20474343U, 0x406D1388U, 0xC0000008U, 0xC0000374U, 0xC0000409U}) {
    ASSERT_NE(find_exception(code), nullptr);
    EXPECT_FALSE(find_exception(code)->hardware) << std::hex << code;
  }
}

TEST(ExceptionCatalogue, names_a_code_by_its_own_table_then_as_a_status_then_as_a_number) {
  EXPECT_EQ(exception_name(0xC0000005), "EXCEPTION_ACCESS_VIOLATION");
  EXPECT_EQ(exception_name(0xC0000374), "STATUS_HEAP_CORRUPTION");
  EXPECT_EQ(exception_name(0xC0000135), "STATUS_DLL_NOT_FOUND");
  EXPECT_EQ(exception_name(0x00000001), "0x00000001");
  EXPECT_EQ(exception_name(0xE1234567), "0xE1234567");
}

TEST(ExceptionCatalogue, reads_numbers_in_every_form_that_a_shell_shows) {
  EXPECT_EQ(parse_exception_code("0xC0000005"), 0xC0000005U);
  EXPECT_EQ(parse_exception_code("0Xc0000005"), 0xC0000005U);
  EXPECT_EQ(parse_exception_code("3221225477"), 0xC0000005U);
  EXPECT_EQ(parse_exception_code("-1073741819"), 0xC0000005U);
  EXPECT_EQ(parse_exception_code("-1"), 0xFFFFFFFFU);
  EXPECT_EQ(parse_exception_code("3"), 3U);
}

TEST(ExceptionCatalogue, reads_names_with_either_prefix_or_none_in_any_case) {
  for (const char* name : {"EXCEPTION_ACCESS_VIOLATION", "STATUS_ACCESS_VIOLATION", "ACCESS_VIOLATION",
                           "access_violation", "Exception_Access_Violation"}) {
    EXPECT_EQ(parse_exception_code(name), 0xC0000005U) << name;
  }
  EXPECT_EQ(parse_exception_code("CONTROL_C"), 0x40010005U);
  EXPECT_EQ(parse_exception_code("dll_not_found"), 0xC0000135U);
  EXPECT_EQ(parse_exception_code("STATUS_INTEGER_DIVIDE_BY_ZERO"), 0xC0000094U);
  EXPECT_EQ(parse_exception_code("cdelphiexception"), 0x0EEDFADEU);
}

TEST(ExceptionCatalogue, every_name_reads_back_as_its_code) {
  for (const ExceptionRow& row : exception_rows()) {
    EXPECT_EQ(parse_exception_code(row.name), row.code) << row.name;
  }
}

TEST(ExceptionCatalogue, refuses_what_is_no_code) {
  for (const char* text : {"", "-", "0x", "0x1FFFFFFFF", "4294967296", "12 ", " 12", "--5", "-0x5", "-2147483649",
                           "C0000005", "EXCEPTION_", "NO_SUCH_THING", "0xC0000005x"}) {
    EXPECT_EQ(parse_exception_code(text), std::nullopt) << text;
  }
}

TEST(StatusCatalogue, knows_the_exit_statuses_that_ci_users_meet) {
  EXPECT_EQ(status_name(0xC0000135), "STATUS_DLL_NOT_FOUND");
  EXPECT_EQ(status_name(0xC0000139), "STATUS_ENTRYPOINT_NOT_FOUND");
  EXPECT_EQ(status_name(0xC0000138), "STATUS_ORDINAL_NOT_FOUND");
  EXPECT_EQ(status_name(0xC0000142), "STATUS_DLL_INIT_FAILED");
  EXPECT_EQ(status_name(0xC000007B), "STATUS_INVALID_IMAGE_FORMAT");
  EXPECT_EQ(status_name(0xC000013A), "STATUS_CONTROL_C_EXIT");
  EXPECT_EQ(status_name(0x40010004), "DBG_TERMINATE_PROCESS");
  EXPECT_EQ(status_name(0xC0000017), "STATUS_NO_MEMORY");
  EXPECT_EQ(status_name(0xC000012D), "STATUS_COMMITMENT_LIMIT");
  EXPECT_EQ(status_name(0xC0000005), "STATUS_ACCESS_VIOLATION");
  EXPECT_EQ(status_name(0xC0000409), "STATUS_STACK_BUFFER_OVERRUN");
}

TEST(StatusCatalogue, ordinary_exit_codes_have_no_name) {
  for (const std::uint32_t code : {0U, 1U, 3U, 255U, 0x6BAU, 0xFFFFFFFFU}) {
    EXPECT_EQ(status_name(code), std::nullopt) << code;
  }
}

TEST(StatusCatalogue, only_the_loader_s_own_statuses_mean_that_a_program_never_started) {
  for (const std::uint32_t status : {0xC0000135U, 0xC0000139U, 0xC0000138U, 0xC0000142U, 0xC000007BU}) {
    EXPECT_TRUE(is_loader_failure(status)) << std::hex << status;
  }
  for (const std::uint32_t status : {0U, 1U, 0xC0000005U, 0xC000013AU, 0xC0000017U, 0xC0000022U}) {
    EXPECT_FALSE(is_loader_failure(status)) << std::hex << status;
  }
}

TEST(StatusCatalogue, an_error_status_is_an_ntstatus_of_severity_3_but_not_that_of_control_c) {
  for (const std::uint32_t status : {0xC0000005U, 0xC0000135U, 0xC0000602U, 0xCFFFFFFFU}) {
    EXPECT_TRUE(is_error_status(status)) << std::hex << status;
  }
  for (const std::uint32_t status : {0U, 1U, 0x80000003U, 0xC000013AU, 0xE06D7363U, 0xFFFFFFFFU}) {
    EXPECT_FALSE(is_error_status(status)) << std::hex << status;
  }
}

TEST(StatusCatalogue, statuses_are_unique_and_the_names_agree_with_the_exception_table) {
  std::set<std::uint32_t> seen;
  for (const StatusRow& row : status_rows()) {
    EXPECT_TRUE(seen.insert(row.status).second) << row.name;
    EXPECT_EQ(parse_exception_code(row.name), row.status) << row.name;
  }
}

TEST(FastFailCatalogue, names_known_subcodes_and_numbers_unknown_ones) {
  EXPECT_EQ(fast_fail_name(0), "FAST_FAIL_LEGACY_GS_VIOLATION");
  EXPECT_EQ(fast_fail_name(7), "FAST_FAIL_FATAL_APP_EXIT");
  EXPECT_EQ(fast_fail_name(10), "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE");
  EXPECT_EQ(fast_fail_name(57), "FAST_FAIL_CONTROL_INVALID_RETURN_ADDRESS");
  EXPECT_EQ(fast_fail_name(70), "FAST_FAIL_INVALID_FLS_DATA");
  EXPECT_EQ(fast_fail_name(16), "unknown fail-fast code 16");
  EXPECT_EQ(fast_fail_name(0x100000007), "unknown fail-fast code 4294967303");
}

TEST(FastFailCatalogue, subcodes_are_in_order_and_unique) {
  EXPECT_EQ(std::ranges::adjacent_find(fast_fail_rows(), std::ranges::greater_equal{}, &FastFailRow::subcode),
            fast_fail_rows().end());
}

}  // namespace
}  // namespace catcher
