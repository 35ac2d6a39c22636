#pragma once

#include "win32/unique_handle.h"

#include <catcher/run.h>

#include <atomic>

namespace catcher {

// A manual-reset event, so that a stop that was asked for before the run has begun still counts.
struct StopSource::State {
  State();

  UniqueHandle event;
  std::atomic<bool> asked = false;  // the same, for who only looks: no system call
};

}  // namespace catcher
