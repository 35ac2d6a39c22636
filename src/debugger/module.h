#pragma once

#include <catcher/address.h>

#include <cstdint>
#include <string>
#include <vector>

namespace catcher {

// One image mapped into a debuggee, as its load event and its headers in memory describe it.
struct Module {
  Address base;
  std::uint64_t size = 0;       // bytes, SizeOfImage from the headers in memory; 0 where they cannot be read
  std::uint32_t timestamp = 0;  // TimeDateStamp
  bool is_64_bit = true;
  std::string path;  // UTF-8, Win32 form; empty where nothing could tell
  std::string name;  // file name of `path`, or the name in the export directory

  bool contains(Address address) const { return address >= base && address - base < size; }
};

// The module that an address lies in, or null. `modules` may be in any order.
const Module* find_module(const std::vector<Module>& modules, Address address);

}  // namespace catcher
