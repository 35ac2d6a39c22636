#pragma once

#include "evidence/symbol_options.h"

#include <string>
#include <string_view>
#include <vector>

namespace catcher {

// Whether a path from somebody else's record may be opened as it stands: "C:\…" and nothing that leads to the network,
// to a device or to a stream. A drive letter can still be a network drive: see is_local_drive().
bool is_local_absolute(std::string_view path);

// Whether the drive of a "C:\…" path is a disk of this machine.
bool is_local_drive(std::string_view path);

// Where the file that a `.gnu_debuglink` names may be, as GNU tools look for it, in order.
std::vector<std::string> debug_link_candidates(std::string_view image_path, std::string_view file_name,
                                               const SymbolOptions& options);

// Where the PDB that an image's record names may be, in order: by its file name next to the image and in the given
// directories, then the recorded path itself when it is local.
std::vector<std::string> pdb_candidates(std::string_view image_path, std::string_view recorded_path,
                                        const SymbolOptions& options);

}  // namespace catcher
