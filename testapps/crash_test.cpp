// The companion of catcher.exe: does, on request, one thing after the other that a process can do or die of.
//
//   crash_test.exe [behavior ...]      case does not matter, left to right; --help lists them
//
// It must show each fault exactly as a real program would: made by the processor or the operating system wherever that
// is possible, and raised with the genuine parameters only where it is not. Without a fatal behavior it ends with exit
// code 0; an unknown word is one line on stderr and exit code 2, before anything has been done.

#include "crash_test/behavior.h"
#include "crash_test/words.h"

namespace crash_test {

std::vector<std::span<const Behavior>> all_behaviors() {
  return {memory_behaviors(), instruction_behaviors(), floating_point_behaviors(), stack_behaviors(),
          ending_behaviors(), handled_behaviors(),     process_behaviors()};
}

}  // namespace crash_test

int wmain(int argc, wchar_t** argv) {
  return crash_test::run_command_line("crash_test", argc, argv);
}
