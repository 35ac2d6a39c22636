#pragma once

#include "report/sweep_journal.h"

#include <catcher/sweep.h>

#include <cstddef>

namespace catcher {

// What a sweep with these options is of: everything that decides which runs there are and what becomes of them, but not
// how many go on at the same time. Options of the default value are left out.
SweepIdentity identity_of(const SweepOptions& options);

// How many inputs such a sweep keeps of each bucket.
std::size_t kept_examples(const SweepIdentity& identity);

}  // namespace catcher
