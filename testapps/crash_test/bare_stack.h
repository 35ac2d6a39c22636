#pragma once

#include <windows.h>

namespace crash_test {

// Calls a function on a stack of its own, in this thread: a fiber. MinGW's start-up code wraps main() in a handler that
// answers some exceptions (misalignment, array bounds, integer overflow, x87 stack check) by going on, as if nothing
// had happened; a program built with another compiler dies of them.
class BareStack {
 public:
  static void call(void (*fault)()) {
    BareStack errand{fault, ConvertThreadToFiber(nullptr)};
    void* const fiber = CreateFiber(0, run, &errand);
    SwitchToFiber(fiber);
    DeleteFiber(fiber);
    ConvertFiberToThread();
  }

 private:
  BareStack(void (*fault)(), void* back) : fault_(fault), back_(back) {}

  static void CALLBACK run(void* argument) {
    const BareStack& errand = *static_cast<BareStack*>(argument);
    errand.fault_();
    SwitchToFiber(errand.back_);
  }

  void (*fault_)();
  void* back_;
};

}  // namespace crash_test
