// A bucket.json and a summary.json, which a sweep, a merge and a replay read again, from whichever machine they come.
#include "fuzz_input.h"
#include "report/sweep_journal.h"
#include "utf8_check.h"

#include <catcher/sweep.h>

namespace catcher::fuzz {
namespace {

void check_evidence(const SweepEvidence& evidence) {
  const std::string text = evidence_json(evidence);
  require(code_points(text).has_value(), "a bucket.json is UTF-8");
  const auto again = read_evidence(text);
  require(again.has_value(), "what is written is read again");
  require(evidence_json(*again) == text, "nothing is lost on the way");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  const std::string_view text = as_text(data, size);
  if (const auto evidence = catcher::read_evidence(text)) {
    check_evidence(*evidence);
  }
  catcher::read_bucket_ids(text);
  return 0;
}
