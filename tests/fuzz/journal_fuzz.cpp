// A sweep's journal, as a killed process, a power cut or somebody's editor has left it.
#include "fuzz_input.h"
#include "report/sweep_journal.h"
#include "utf8_check.h"

namespace catcher::fuzz {
namespace {

std::string journal_text(const Journal& journal) {
  std::string text = journal.identity ? identity_line(*journal.identity) : std::string();
  for (const SweepRecord& record : journal.records) {
    text += record_line(record);
  }
  return journal.complete ? text + complete_line() : text;
}

void check_written_again(const Journal& journal) {
  const std::string text = journal_text(journal);
  require(code_points(text).has_value(), "a journal is UTF-8");
  const Journal again = read_journal(text);
  require(again.torn == 0, "what is written is whole");
  require(again.identity == journal.identity, "the identity is read again");
  require(again.records == journal.records, "every record is read again");
  require(again.complete == journal.complete, "the end is read again");
}

// What a sweep that was killed at that byte would find: nothing is made up, nothing before the torn line is lost.
void check_cut(std::string_view text, const Journal& whole, std::size_t size) {
  const Journal cut = read_journal(text.substr(0, size));
  require(cut.records.size() <= whole.records.size(), "a part has no more records");
  require(std::equal(cut.records.begin(), cut.records.end(), whole.records.begin()), "a part has the same records");
  require(!cut.identity || cut.identity == whole.identity, "a part has the same identity");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  const std::string_view text = as_text(data, size);
  const catcher::Journal journal = catcher::read_journal(text);
  check_written_again(journal);
  check_cut(text, journal, size / 2);
  check_cut(text, journal, text.rfind('\n') + 1);
  catcher::read_bucket_ids(text);
  return 0;
}
