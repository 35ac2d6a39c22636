#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "evidence/missing_import.h"

namespace catcher {

// The files of this machine.
class DiskImageFiles final : public ImageFiles {
 public:
  std::unique_ptr<ImageFile> open(const std::string& path) const override;
};

// Where the loader looks for the DLLs of `program` (full path, UTF-8), going by catcher's own current directory and
// PATH, which the root of the tree has inherited.
LoaderSearch loader_search(const std::string& program, bool is_64_bit);

// The sentence that names what was missing when `program` ended with `status`; empty where the status is no such one or
// nothing is found to be missing.
std::string explain_start_failure(const std::string& program, bool is_64_bit, std::uint32_t status);

}  // namespace catcher
