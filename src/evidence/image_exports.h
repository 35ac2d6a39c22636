#pragma once

#include "evidence/image.h"
#include "evidence/image_bytes.h"

#include <cstdint>
#include <string>
#include <vector>

namespace catcher {

// The exports that the directory at `rva` (`size` bytes long) names, sorted by RVA. Exports that point into the
// directory itself are forwarders and are left out. A hostile directory gives a short list.
std::vector<ImageExport> read_exports(ImageBytes& bytes, std::uint32_t rva, std::uint32_t size);

// The image's own name in that directory; empty when there is none.
std::string read_export_name(ImageBytes& bytes, std::uint32_t rva);

}  // namespace catcher
