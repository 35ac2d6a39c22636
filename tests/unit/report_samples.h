#pragma once

#include <catcher/run_report.h>

namespace catcher::samples {

// Reports as the rest of catcher fills them in, made by hand: the same bytes on every machine.

RunReport normal_end();         // the root ended with 0 and there is nothing to say
RunReport crash_of_a_child();   // every field of a crash is filled in
RunReport deep_recursion();     // a stack overflow, 5,000 frames of which 256 were kept
RunReport timeout_of_a_tree();  // three processes, one of which has 12 threads that wait alike
RunReport hostile_text();  // escapes, controls, wrong UTF-8 and reading-direction tricks in every text of the debuggee
RunReport exit_with_stack();       // ended with 3, and the stack of the exit call was asked for
RunReport quiet_failure();         // ended with 3; what it wrote was kept and nobody has seen it
RunReport failed_start();          // the target was not found
RunReport memory_of_a_leak();      // 189 big blocks, looked at when the limit of memory was hit; a curve of 40 samples
RunReport leak_above_its_limit();  // the same blocks at the end of the program: a defect, asked for with --leak-limit
RunReport handle_story();          // every kind of finding about handles, and a leak that grows

}  // namespace catcher::samples
