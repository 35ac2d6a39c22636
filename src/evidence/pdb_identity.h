#pragma once

#include "evidence/coff_image.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace catcher {

// What tells one build's PDB from another's.
struct PdbIdentity {
  std::array<std::uint8_t, 16> guid{};
  std::uint32_t age = 0;
};

// An image's link to its PDB: the RSDS record of the debug directory.
struct PdbLink {
  PdbIdentity identity;
  std::string path;  // as the linker wrote it: hostile text, never opened as it stands
};

// The link of an image; nothing when it has none.
std::optional<PdbLink> pdb_link(const CoffImage& image);

// The identity in a PDB's own header; nothing when the bytes are not an MSF 7.00 file that hangs together.
std::optional<PdbIdentity> pdb_identity(Bytes pdb);

// Whether a PDB belongs to the image with this link. A PDB that was only added to keeps its GUID and grows older.
bool belongs(const PdbIdentity& pdb, const PdbIdentity& link);

}  // namespace catcher
