#pragma once

#include <catcher/memory_report.h>

#include <map>
#include <string>
#include <vector>

#include "evidence/address_regions.h"

namespace catcher {

// What is known about an address space beyond its regions. Bases of allocations, where not said otherwise.
struct AddressFacts {
  std::vector<Address> heaps;              // in order of address
  std::vector<Address> stacks;             // in order of address
  std::vector<Address> tebs;               // addresses of the TEBs themselves
  std::vector<Address> pebs;               // of the PEBs; a 32-bit process has two
  std::map<Address, std::string> modules;  // the images' names
  std::map<Address, std::string> files;    // of what is mapped and has a file: its name
};

// Says for every region what it is used for, and adds up.
AddressSummary summarize(const AddressRegions& regions, const AddressFacts& facts);

// The images and the mapped files, the largest first, at most `most` of each.
std::vector<MappedSize> image_sizes(const Allocations& allocations, const AddressFacts& facts, std::size_t most);
std::vector<MappedSize> file_sizes(const Allocations& allocations, const AddressFacts& facts, std::size_t most);

}  // namespace catcher
