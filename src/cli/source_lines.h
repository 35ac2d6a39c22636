#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace catcher {

// Reads single lines out of source files on this machine, for the text report. The file's name comes from debug
// information, so it is a stranger's word: only plain files on local drives are opened, and only so much of them.
class SourceLines {
 public:
  // The text of a line, 1-based; nothing where the file is not there or has no such line.
  std::optional<std::string> operator()(const std::string& file, std::uint32_t line) const;
};

}  // namespace catcher
