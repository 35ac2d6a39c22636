#include "cli/sweep_options.h"

#include "cli/number.h"
#include "report/sweep_journal.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <system_error>

namespace catcher {
namespace {

constexpr const char* kGroup = "Sweep";

std::uint32_t count_or_none(std::string_view option, const std::string& word) {
  return word == "0" ? 0 : count_value(option, word);
}

SweepShard shard_value(const std::string& word) {
  const std::size_t slash = word.find('/');
  const std::string_view text = word;
  const std::uint32_t index = parse_number(text.substr(0, slash)).value_or(0);
  const std::uint32_t count = slash == std::string_view::npos ? 0 : parse_number(text.substr(slash + 1)).value_or(0);
  if (index == 0 || index > count || text.starts_with("-")) {
    fail(fmt::format("--shard {}: give I/N, the I-th of N parts: 2/8", shown(word)));
  }
  return {index, count};
}

DumpType dump_type_value(const std::string& word) {
  if (word == "small") {
    return DumpType::kSmall;
  }
  if (word == "full") {
    return DumpType::kFull;
  }
  if (word == "none") {
    return DumpType::kNone;
  }
  fail(fmt::format("--dumps {}: give small, full or none", shown(word)));
}

std::vector<std::string> read_baseline(const std::string& word) {
  try {
    if (const auto ids = read_bucket_ids(read_file(to_utf16(not_empty("--baseline", word))))) {
      return *ids;
    }
  } catch (const std::system_error& error) {
    fail(fmt::format("--baseline {}: {}", shown(word),
                     describe_win32_error(static_cast<std::uint32_t>(error.code().value()))));
  }
  fail(fmt::format("--baseline {}: that is no summary.json of a sweep", shown(word)));
}

}  // namespace

void SweepWords::add_gate(CLI::App& app) {
  add_text(app, {"--baseline", "FILE", "a summary.json: what it has is known already", kGroup}, baseline_);
  add_text(app, {"--fail-on", "WHAT", "any (the default) or new: only what the baseline does not have", kGroup},
           fail_on_);
}

void SweepWords::add_to_sweep(CLI::App& app) {
  add_text(app, {"--corpus", "DIR", "run the target once for each file in it, at any depth", kGroup}, corpus_);
  add_text(app, {"--list", "FILE", "the same for the files that are named in it, one a line; -: on stdin", kGroup},
           list_);
  add_text(app, {"--out", "DIR", "where the results go; a sweep that was stopped is continued", kGroup}, out_);
  add_text(app, {"-j,--jobs", "N", "runs at the same time (default: one for each processor)", kGroup}, workers_);
  add_text(app, {"--repeat", "N", "run each input, or without inputs the command, N times", kGroup}, repeat_);
  add_text(app, {"--keep", "K", "inputs that are kept of each bucket (default: 5)", kGroup}, keep_);
  add_text(app, {"--confirm", "N", "run the input that shows a crash N times more and say how often it comes", kGroup},
           confirm_);
  add_text(app, {"--shard", "I/N", "take the I-th of N parts of the inputs, by their content", kGroup}, shard_);
  add_text(app, {"--dumps", "TYPE", "minidump of each bucket: small (the default), full or none", kGroup}, dumps_);
  add_switch(app, {"--own-cwd", "", "each target starts in a directory of its own, emptied after the run", kGroup},
             own_directory_);
  add_gate(app);
}

void SweepWords::add_to_merge(CLI::App& app) {
  add_text(app, {"-o,--out", "DIR", "where the merged results go; a new directory", kGroup}, out_);
  add_gate(app);
}

SweepGate SweepWords::gate() const {
  SweepGate gate;
  if (baseline_) {
    gate.baseline = read_baseline(*baseline_);
  }
  if (fail_on_ && *fail_on_ != "any" && *fail_on_ != "new") {
    fail(fmt::format("--fail-on {}: give any or new", shown(*fail_on_)));
  }
  gate.only_new = fail_on_ && *fail_on_ == "new";
  if (gate.only_new && !baseline_) {
    fail("--fail-on new: say with --baseline FILE what is known");
  }
  return gate;
}

void SweepWords::interpret_merge(SweepOptions& options) const {
  if (!out_) {
    fail("no output directory; give -o DIR");
  }
  options.out = not_empty("-o", *out_);
  options.gate = gate();
}

void SweepWords::interpret(SweepOptions& options) const {
  if (corpus_ && list_) {
    fail("--corpus and --list contradict each other; give one of them");
  }
  if (!corpus_ && !list_ && !repeat_) {
    fail("nothing to run: give --corpus DIR, --list FILE or --repeat N");
  }
  if (!out_) {
    fail("no output directory; give --out DIR");
  }
  options.corpus = corpus_ ? not_empty("--corpus", *corpus_) : std::string();
  options.list = list_ ? not_empty("--list", *list_) : std::string();
  options.out = not_empty("--out", *out_);
  if (workers_) {
    options.workers = count_value("-j", *workers_);
  }
  options.repeat = repeat_ ? count_value("--repeat", *repeat_) : 1;
  options.keep = keep_ ? count_value("--keep", *keep_) : options.keep;
  options.confirm = confirm_ ? count_or_none("--confirm", *confirm_) : 0;
  options.shard = shard_ ? shard_value(*shard_) : SweepShard();
  options.own_directory = own_directory_;
  options.gate = gate();
  options.run.evidence.dump_type = dumps_ ? dump_type_value(*dumps_) : DumpType::kSmall;
}

void refuse_in_sweep(const Options& run) {
  if (!run.evidence.dump_directory.empty()) {
    fail("--dump: a sweep keeps minidumps in its --out; say with --dumps which");
  }
  if (!run.capture.log_directory.empty()) {
    fail(
        "--log-dir: every run of a sweep would write the same files; with --quiet-target the end of what a target "
        "wrote is in its reports");
  }
  if (run.capture.echo_debug_output) {
    fail("--debug-output: what the targets of a sweep say would be mixed up; it is in their reports");
  }
}

}  // namespace catcher
