#pragma once

#include <catcher/run_report.h>

#include <span>
#include <string_view>

namespace catcher {

// How much a crash looks like damage that somebody could make use of. Never a proof, in neither direction.
enum class SeverityRank { kHigh, kMedium, kLow, kUnknown };

// What the rules look at: facts of one crash, worked out once.
struct SeverityFacts;

// One rule. The first of the table that applies decides.
struct SeverityRule {
  std::string_view id;
  SeverityRank rank;
  std::string_view reason;  // one line
  bool (*applies)(const SeverityFacts& facts);
};

// The table, in the order in which it is tried; the last rule always applies.
std::span<const SeverityRule> severity_rules();

// The rule that decides for a crash.
const SeverityRule& rank_severity(const Crash& crash);

// "high", "medium", "low", "unknown".
std::string_view severity_name(SeverityRank rank);

// The crash with severity, rule and reason filled in.
Crash with_severity(Crash crash);

}  // namespace catcher
