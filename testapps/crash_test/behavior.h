#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crash_test {

// How a behavior comes to be: what `--help` says of it.
enum class Origin {
  kReal,    // the processor or the operating system does it
  kRaised,  // RaiseException with the parameters that the real thing would have
  kMixed,   // real where the system lets it happen, else raised; the description says when
  kNoFault  // no fault at all
};

// What a behavior is given.
struct Call {
  std::wstring text;               // the behavior's own argument, where it takes one
  std::uint32_t number = 0;        // the same as a number, where it takes a number
  std::span<wchar_t* const> rest;  // the words after it, verbatim: for those that hand them on
};

enum class Takes { kNothing, kNumber, kText, kRest };

// One row of the table of behaviors.
struct Behavior {
  std::wstring_view name;
  Takes takes;
  Origin origin;
  std::string_view description;
  void (*run)(const Call&);
};

// The tables, one a file.
std::span<const Behavior> memory_behaviors();
std::span<const Behavior> instruction_behaviors();
std::span<const Behavior> floating_point_behaviors();
std::span<const Behavior> stack_behaviors();
std::span<const Behavior> ending_behaviors();
std::span<const Behavior> handled_behaviors();
std::span<const Behavior> process_behaviors();

// All tables of a program, in the order of its help; each program defines its own.
std::vector<std::span<const Behavior>> all_behaviors();

// Runs the words as behaviors, left to right; an unknown word has been refused before.
void run_words(std::span<wchar_t* const> words);

}  // namespace crash_test
