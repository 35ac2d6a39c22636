#include "cli/parse_options.h"

#include "cli/number.h"
#include "cli/suggest.h"
#include "win32/utf.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace catcher {
namespace {

using namespace std::chrono_literals;

Request parse(const std::wstring& arguments) {
  return parse_options(split_command_line(L"catcher " + arguments));
}

// The message of the error that these words cause; empty when there is none.
std::string complaint(const std::wstring& arguments) {
  try {
    parse(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(ParseDuration, takes_every_unit) {
  EXPECT_EQ(parse_duration("5"), 5s);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("1.5"), 1500ms);
  EXPECT_EQ(parse_duration("0.25s"), 250ms);
}

TEST(ParseDuration, refuses_what_is_no_duration) {
  for (const char* text : {"", "x", "-1", "5x", "5 s", "1.", ".5", "1.2.3", "0", "0ms", "5S", "99999999999999999999",
                           "1e3", "inf", "0.0001ms"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(ParseNumber, takes_decimal_hexadecimal_and_negative) {
  EXPECT_EQ(parse_number("134"), 134u);
  EXPECT_EQ(parse_number("0xC0000005"), 0xC0000005u);
  EXPECT_EQ(parse_number("-1"), 0xFFFFFFFFu);
  EXPECT_EQ(parse_number("4294967295"), 0xFFFFFFFFu);
}

TEST(ParseNumber, refuses_what_does_not_fit) {
  for (const char* text : {"", "0x", "4294967296", "0x1FFFFFFFF", "-2147483649", "12a", " 1", "0x-1", "+1"}) {
    EXPECT_FALSE(parse_number(text).has_value()) << text;
  }
}

TEST(ParseOptions, takes_every_option_of_the_handle_probe) {
  EXPECT_EQ(parse(L"-- a.exe").options.handles.probe, HandleProbe::kOff);
  EXPECT_EQ(parse(L"--handles -- a.exe").options.handles.probe, HandleProbe::kFull);
  EXPECT_EQ(parse(L"--handles=full -- a.exe").options.handles.probe, HandleProbe::kFull);
  EXPECT_EQ(parse(L"--handles=close -- a.exe").options.handles.probe, HandleProbe::kClose);
  EXPECT_EQ(parse(L"--handles=uses -- a.exe").options.handles.probe, HandleProbe::kUses);
  const HandleOptions all = parse(
                                L"--handles --guard-handle Semaphore:_T* --guard-handle x --handle-leaks 3 "
                                L"--probe-rate 0 -- a.exe")
                                .options.handles;
  EXPECT_EQ(all.guards, (std::vector<std::string>{"Semaphore:_T*", "x"}));
  EXPECT_EQ(all.leaks, 3U);
  EXPECT_EQ(all.rate, 0U);
}

// One line that names the thing and what to do.
TEST(ParseOptions, refuses_what_the_handle_probe_cannot_do) {
  const auto expect = [](const wchar_t* words, const char* thing, const char* remedy) {
    const std::string said = complaint(words);
    EXPECT_NE(said.find(thing), std::string::npos) << said;
    EXPECT_NE(said.find(remedy), std::string::npos) << said;
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
  };
  expect(L"--handles=open -- a.exe", "--handles='open'", "close, full or uses");
  expect(L"--handles --guard-handle \"\" -- a.exe", "--guard-handle", "give a name");
  expect(L"--handles --handle-leaks many -- a.exe", "--handle-leaks 'many'", "number");
  expect(L"--handles --handle-leaks -1 -- a.exe", "--handle-leaks '-1'", "number");
  expect(L"--handles --probe-rate 5s -- a.exe", "--probe-rate '5s'", "number");
  expect(L"--guard-handle x -- a.exe", "--guard-handle", "--handles");
  expect(L"--handle-leaks 3 -- a.exe", "--handle-leaks", "--handles");
  expect(L"--probe-rate 3 -- a.exe", "--probe-rate", "--handles");
  expect(L"--handles=close --handle-leaks 3 -- a.exe", "--handles=close", "needs --handles");
}

TEST(NearestWord, finds_a_typing_error_and_nothing_far_off) {
  const std::array<std::string, 3> known{"--timeout", "--report", "--keep-going"};
  EXPECT_EQ(nearest_word("--timeot", known), "--timeout");
  EXPECT_EQ(nearest_word("--keep", known), "--keep-going");
  EXPECT_EQ(nearest_word("--zzzzzzzzzz", known), std::nullopt);
}

TEST(ParseOptions, defaults_are_those_of_the_library) {
  const Request request = parse(L"-- app.exe a  b");
  EXPECT_EQ(request.options.command_line, L"app.exe a  b");
  EXPECT_FALSE(request.options.timeout.has_value());
  EXPECT_FALSE(request.options.keep_going);
  EXPECT_FALSE(request.options.surroundings.debug_heap);
  EXPECT_EQ(request.verbosity, Verbosity::kNormal);
  EXPECT_TRUE(request.reports.empty());
}

TEST(ParseOptions, reads_every_option) {
  const Request request = parse(
      L"--timeout 500ms --report \"r \u00e9.json\" --first-chance --crash-on 0xE06D7363,first --crash-on "
      L"INVALID_HANDLE --ignore "
      L"EXCEPTION_BREAKPOINT --crash-on-exit 134,0xC0000005 --crash-on-exit 3 --crash-exit-code 77 --keep-going "
      L"--debug-heap -q -- x");
  EXPECT_EQ(request.options.timeout, 500ms);
  EXPECT_EQ(request.reports, (std::vector<ReportOrder>{{ReportFormat::kJson, L"r \u00e9.json"}}));
  EXPECT_TRUE(request.options.crash_policy.first_chance);
  EXPECT_EQ(request.options.crash_policy.crash_on, (std::vector<CrashOnRule>{{0xE06D7363, true}, {0xC0000008, false}}));
  EXPECT_EQ(request.options.crash_policy.ignore, (std::vector<std::uint32_t>{0x80000003}));
  EXPECT_EQ(request.options.crash_policy.crash_on_exit, (std::vector<std::uint32_t>{134, 0xC0000005, 3}));
  EXPECT_EQ(request.options.crash_exit_code.mode, CrashExitCode::Mode::kFixed);
  EXPECT_EQ(request.options.crash_exit_code.fixed, 77u);
  EXPECT_TRUE(request.options.keep_going);
  EXPECT_TRUE(request.options.surroundings.debug_heap);
  EXPECT_EQ(request.verbosity, Verbosity::kQuiet);
}

TEST(ParseOptions, switches_may_stand_before_the_name_of_a_command) {
  const Request request = parse(L"-q sweep --corpus in --out out -- app.exe @@");
  EXPECT_EQ(request.command, Command::kSweep);
  EXPECT_EQ(request.verbosity, Verbosity::kQuiet);
  EXPECT_EQ(request.sweep.corpus, "in");
  EXPECT_EQ(parse(L"-q -- sweep in").command, Command::kRun);
  EXPECT_EQ(complaint(L"--timeout sweep -- app.exe"), complaint(L"--timeout=sweep -- app.exe"));
}

TEST(ParseOptions, the_last_of_a_repeated_option_wins) {
  EXPECT_EQ(parse(L"--timeout 1 --timeout 2 -- x").options.timeout, 2s);
}

TEST(ParseOptions, help_and_version_answer_without_a_target) {
  EXPECT_NE(parse(L"--help").answer.find("--timeout"), std::string::npos);
  EXPECT_EQ(parse(L"--version").answer.substr(0, 8), "catcher ");
}

TEST(ParseOptions, unknown_option_gets_the_nearest_name) {
  EXPECT_EQ(complaint(L"--timeot 5 -- x"), "unknown option '--timeot'; did you mean '--timeout'?");
}

TEST(ParseOptions, missing_dashes_are_named) {
  EXPECT_NE(complaint(L"--timeout 5 app.exe arg").find("'app.exe' is not an option; put '--' before the target"),
            std::string::npos);
}

TEST(ParseOptions, missing_target_is_named) {
  EXPECT_NE(complaint(L"--timeout 5").find("no target"), std::string::npos);
  EXPECT_NE(complaint(L"--").find("no target"), std::string::npos);
  EXPECT_NE(complaint(L"--   ").find("no target"), std::string::npos);
}

TEST(ParseOptions, bad_values_are_named_with_the_remedy) {
  EXPECT_EQ(complaint(L"--timeout soon -- x"), "--timeout 'soon': not a duration; give 5, 5s, 500ms, 2m or 1h");
  EXPECT_NE(complaint(L"--timeout \"\" -- x").find("--timeout"), std::string::npos);
  EXPECT_NE(complaint(L"--crash-on NONSENSE -- x").find("'NONSENSE'"), std::string::npos);
  EXPECT_NE(complaint(L"--crash-on 0xC0000005,second -- x").find("CODE,first"), std::string::npos);
  EXPECT_NE(complaint(L"--ignore 0xZ -- x").find("--ignore '0xZ'"), std::string::npos);
  EXPECT_NE(complaint(L"--crash-on-exit 1,,2 -- x").find("--crash-on-exit ''"), std::string::npos);
  EXPECT_NE(complaint(L"--crash-exit-code many -- x").find("'status'"), std::string::npos);
}

TEST(ParseOptions, memory_is_looked_at_only_when_asked_for) {
  EXPECT_EQ(parse(L"-- a.exe").options.memory.probe, MemoryProbe::kOff);
  EXPECT_EQ(parse(L"--memory -- a.exe").options.memory.probe, MemoryProbe::kSummary);
  EXPECT_EQ(parse(L"--memory --memory-interval 20ms -- a.exe").options.memory.interval, 20ms);
  const MemoryOptions traced = parse(L"--memory=trace --leak-limit 100M -- a.exe").options.memory;
  EXPECT_EQ(traced.probe, MemoryProbe::kTrace);
  EXPECT_EQ(traced.leak_limit, 100U << 20U);
  EXPECT_EQ(parse(L"attach 4 --memory").options.memory.probe, MemoryProbe::kSummary);
}

TEST(ParseOptions, what_only_refines_memory_wants_memory_too) {
  EXPECT_EQ(complaint(L"--memory=all -- a.exe"), "--memory='all': give summary or trace");
  EXPECT_EQ(complaint(L"--memory-interval 1s -- a.exe"), "--memory-interval says what --memory does; give that too");
  EXPECT_EQ(complaint(L"--memory --leak-limit 1M -- a.exe"),
            "--leak-limit needs to know who allocates: give --memory=trace too");
}

TEST(ParseOptions, an_equals_sign_with_nothing_behind_it_is_refused) {
  for (const std::wstring name : {L"--memory", L"--handles", L"--dump", L"--timeout", L"--quiet", L"--report"}) {
    EXPECT_EQ(complaint(name + L"= -- a.exe"), to_utf8(name) + "= has no value behind its '='");
    EXPECT_EQ(complaint(name + L"= 5 -- a.exe"), to_utf8(name) + "= has no value behind its '='");
  }
  EXPECT_NE(complaint(L"--memry= -- a.exe").find("did you mean '--memory'?"), std::string::npos);
  EXPECT_EQ(parse(L"--timeout 5 -- a.exe --memory=").options.memory.probe, MemoryProbe::kOff);
}

TEST(ParseOptions, quiet_and_verbose_contradict_each_other) {
  EXPECT_NE(complaint(L"-q -v -- x").find("contradict"), std::string::npos);
  EXPECT_EQ(parse(L"-v -- x").verbosity, Verbosity::kEvents);
}

TEST(ParseOptions, option_without_its_value_is_named) {
  EXPECT_NE(complaint(L"--timeout").find("--timeout"), std::string::npos);
}

TEST(ParseOptions, complaint_is_one_line_and_harmless_on_a_terminal) {
  const std::string text = complaint(L"\x1b[31m\n-- x");
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace catcher
