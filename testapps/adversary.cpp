// The adversary of catcher.exe: does what a hostile or badly damaged program can do to whoever debugs it.
//
//   adversary.exe [behavior ...]       everything that crash_test.exe can do, and more; --help lists it
//
// Whatever it does, catcher must end with a verdict, a report that keeps to its schema, and no process left behind.
// What it must say beyond that stands above each behavior.

#include "adversary/behaviors.h"
#include "crash_test/words.h"

namespace crash_test {

std::vector<std::span<const Behavior>> all_behaviors() {
  return {adversary::corruption_behaviors(),
          adversary::flood_behaviors(),
          adversary::debugging_behaviors(),
          adversary::lifetime_behaviors(),
          adversary::moment_behaviors(),
          memory_behaviors(),
          instruction_behaviors(),
          floating_point_behaviors(),
          stack_behaviors(),
          ending_behaviors(),
          handled_behaviors(),
          process_behaviors()};
}

}  // namespace crash_test

int wmain(int argc, wchar_t** argv) {
  return crash_test::run_command_line("adversary", argc, argv);
}
