#pragma once

#include "debugger/memory_reader.h"

#include <catcher/address.h>

#include <string>

namespace catcher {

// The name in an OBJECT_ATTRIBUTES of 64-bit code, in UTF-8; empty when there is none or it cannot be read.
std::string read_object_name(const MemoryReader& memory, Address attributes);

}  // namespace catcher
