#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace catcher {

// One NTSTATUS that a process may end with, or that stands in the parameters of an exception.
struct StatusRow {
  std::uint32_t status;
  std::string_view name;     // as ntstatus.h has it
  std::string_view meaning;  // a few words for a person
  bool loader_failure;       // the loader says with it that the program could never start
};

// Every row, in no particular order. The functions that look something up in it are declared in exception_catalogue.h.
std::span<const StatusRow> status_rows();

// The row of a status; null where there is none.
const StatusRow* find_status(std::uint32_t status);

}  // namespace catcher
