#pragma once

namespace catcher {

// From now on no process without the privilege to debug everything may open this one in order to debug it, to suspend
// it or to change it: a target that attaches to whoever started it (a well-known trick) would otherwise stop catcher
// for ever, since each waits for the other. Ending it stays allowed. Where the OS refuses, everything stays as it was.
void forbid_debugging_this_process() noexcept;

}  // namespace catcher
