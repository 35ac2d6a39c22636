#pragma once

#include "cli/command_line.h"
#include "cli/report_order.h"
#include "cli/usage_error.h"

#include <catcher/options.h>
#include <catcher/sweep.h>

#include <string>
#include <vector>

namespace catcher {

// How much catcher says on stderr.
enum class Verbosity { kQuiet, kNormal, kEvents };

// What catcher is to do.
enum class Command { kRun, kAttach, kSweep, kReport, kReplay, kInstallAedebug, kUninstallAedebug, kDiff };

// What a command line asks for.
struct Request {
  Command command = Command::kRun;
  Options options;
  std::vector<ReportOrder> reports;
  bool annotate_github = false;  // the findings as workflow commands on stdout
  bool full_text = false;
  Verbosity verbosity = Verbosity::kNormal;
  SweepOptions sweep;                         // for kSweep; for kReport only `out` and `gate`
  std::vector<std::string> merged;            // the directories that kReport merges
  std::string replayed;                       // the directory of kReplay
  std::vector<std::wstring> aedebug_options;  // as they were typed, for attach to be started with
  std::vector<std::wstring> diff_files;       // two reports
  std::string answer;                         // --help or --version: print this and be done
};

// Throws UsageError.
Request parse_options(const CommandLine& command_line);

}  // namespace catcher
