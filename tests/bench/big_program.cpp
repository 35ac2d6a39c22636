// A program with much debug information that dies of a null pointer in the middle of it: all of catcher's libraries are
// in it, and what it calls when it crashes is called by one of them.

#include "report/json_report.h"
#include "report/text_report.h"

#include <catcher/run.h>

#include <cstdio>

namespace {

int* volatile null_pointer = nullptr;

std::optional<std::string> crash(const std::string&, std::uint32_t) {
  *null_pointer = 1;
  return std::nullopt;
}

}  // namespace

int wmain(int argc, wchar_t**) {
  if (argc > 1) {  // never: so that the rest is linked
    std::puts(catcher::to_json(catcher::run({})).c_str());
  }
  catcher::RunReport report;
  report.verdict = catcher::Verdict::kCrashed;
  catcher::Frame frame;
  frame.function = "f";
  frame.file = "f.cpp";
  frame.line = 1;
  report.crashes.emplace_back().stack.frames.push_back(frame);
  catcher::TextOptions options;
  options.source_line = crash;
  std::puts(catcher::to_text(report, options).c_str());
  return 0;
}
