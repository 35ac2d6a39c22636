#pragma once

#include <catcher/run_report.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {

// Which bug a crash is: docs/buckets.md.
struct Bucket {
  std::string id;                   // "h1:3f2a….9c01…": version of the algorithm, major, minor
  std::string kind;                 // what the hash says of the fault: "AV-write-null", "fastfail-7"
  std::vector<std::size_t> frames;  // indexes into the stack: the frames that decide the major part
  std::vector<std::string> names;   // of the frames of a crash that count, innermost first: "module!function"
};

// The bucket of a crash, from its exception, its stack and its modules.
Bucket bucket_of(const Crash& crash);

// The crash with its bucket filled in and its frames marked.
Crash with_bucket(Crash crash);

// The bucket of a hang, from the stacks of its threads whatever their order: the same deadlock gives the same bucket.
Bucket bucket_of(const Hang& hang);

// "h1:3f2a…" of "h1:3f2a….9c01…": what the same bug has in common.
std::string_view major_part(std::string_view bucket);

}  // namespace catcher
