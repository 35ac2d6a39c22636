#include "debugger/module.h"

#include <algorithm>

namespace catcher {

const Module* find_module(const std::vector<Module>& modules, Address address) {
  const auto found = std::find_if(modules.begin(), modules.end(),
                                  [address](const Module& module) { return module.contains(address); });
  return found == modules.end() ? nullptr : &*found;
}

}  // namespace catcher
