#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "debugger/memory_reader.h"
#include "evidence/minidump.h"
#include "evidence/minidump_capture.h"

namespace catcher {

enum class MinidumpType { kSmall, kFull };

// What became of a minidump. Losing one never loses the report: errors are text.
struct WrittenMinidump {
  std::string path;   // full path; empty: none was written
  std::string error;  // one line; empty: it was written
  std::uint64_t size = 0;
};

// Captures `dumped` and writes `file_name` (a plain name) into `directory`, which is made when only its last part is
// missing. Written under a temporary name and renamed, so that a dump that is there is whole. Both UTF-8. Never throws.
WrittenMinidump write_minidump(const std::string& directory, const std::string& file_name, const DumpedProcess& dumped,
                               MinidumpType type, const MemoryMap& map) noexcept;

}  // namespace catcher
