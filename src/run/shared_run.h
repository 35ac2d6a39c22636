#pragma once

#include "debugger/module_files.h"
#include "evidence/symbol_cache.h"
#include "run/output_capture.h"

#include <catcher/run.h>

namespace catcher {

// Where symbols are looked for with these options.
SymbolOptions symbol_options(const Options& options);

// What the runs of one sweep have in common. Thread-safe.
struct SharedParts {
  explicit SharedParts(const Options& options) : symbols(symbol_options(options)) {}

  SymbolCache symbols;
  ModuleFiles module_files;
  DiscardedStreams discarded;  // in the place of catcher's own streams
};

// The same as run(), with symbol files that were read already, and nothing of the target on catcher's own streams.
RunReport run_sharing(const Options& options, const StopSource& stop, const RunObserver& observer, SharedParts& parts);

}  // namespace catcher
