#include "sweep_samples.h"

#include "triage/sha256.h"

namespace catcher::samples {
namespace {

Frame frame(const char* function, const char* file, std::uint32_t line) {
  Frame frame;
  frame.module = "app.exe";
  frame.offset = 0x1000 + line;
  frame.function = function;
  frame.file = file;
  frame.line = line;
  frame.in_bucket = true;
  return frame;
}

SweepEvidence crash(const std::string& bucket, const std::string& input, std::vector<std::string> names) {
  SweepEvidence evidence;
  evidence.bucket = bucket;
  evidence.minor = bucket + ".0123456789abcdef";
  evidence.summary = "app.exe crashed: EXCEPTION_ACCESS_VIOLATION, write to 0x0 in parse<\"]]>&\x1b[31m>()";
  evidence.image = "app.exe";
  evidence.exit_code = 139;
  evidence.severity = "medium";
  evidence.rule = "write-near-null";
  evidence.why = "a write through a null pointer, perhaps with an offset";
  evidence.stack = {frame("parse()", "C:\\src\\parse.cpp", 41), frame("main", "C:\\src\\main.cpp", 7)};
  evidence.names = std::move(names);
  const SweepRecord run = record(input, SweepOutcome::kCrash, bucket);
  evidence.input = input;
  evidence.size = run.size;
  evidence.hash = run.hash;
  return evidence;
}

}  // namespace

SweepRecord record(const std::string& input, SweepOutcome outcome, const std::string& bucket, std::uint64_t size,
                   std::uint32_t round) {
  SweepRecord record;
  record.input = input;
  record.round = round;
  record.size = size;
  record.hash = hex_of(sha256(input), 16);
  record.outcome = outcome;
  record.bucket = bucket;
  record.exit_code = outcome == SweepOutcome::kCrash ? 139 : outcome == SweepOutcome::kHang ? 124 : 0;
  record.at = std::chrono::milliseconds(1'795'000'000'000 + static_cast<std::int64_t>(size));
  record.duration = std::chrono::milliseconds(40);
  return record;
}

SweepIdentity sweep_identity() {
  return {"app.exe --parse @@", {"C:\\corpus"}, {}, {"--timeout=5000ms", "--env=A=\"<&>\""}};
}

std::vector<SweepRecord> sweep_records() {
  std::vector<SweepRecord> records{
      record("plain.txt", SweepOutcome::kPassed),
      record("deep/null.txt", SweepOutcome::kCrash, "h1:00aa", 12),
      record("null \"<&>]]>\xf0\x9f\x92\xa5.txt", SweepOutcome::kCrash, "h1:00aa", 10),
      record("other.txt", SweepOutcome::kCrash, "h1:00bb", 11),
      record("slow.txt", SweepOutcome::kHang, "h1:00cc", 9),
      record("memory.txt", SweepOutcome::kLimit, "limit:memory", 8),
      record("gone.txt", SweepOutcome::kUntested),
  };
  records.back().problem = "file not found (2)";
  return records;
}

std::vector<SweepEvidence> sweep_evidences() {
  return {crash("h1:00aa", "null \"<&>]]>\xf0\x9f\x92\xa5.txt", {"app!parse", "app!read", "app!load", "app!main"}),
          crash("h1:00bb", "other.txt", {"app!scan", "app!read", "app!load", "app!main"})};
}

SweepReport sweep_report(const SweepGate& gate) {
  SweepReport report = summarize_sweep(sweep_identity(), sweep_records(), sweep_evidences(), gate, 5);
  report.catcher_version = "1.0.0";
  report.complete = true;
  return report;
}

}  // namespace catcher::samples
