#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace catcher {

// SHA-256 (FIPS 180-4), piece by piece. For telling contents apart, not for secrets.
class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  void update(std::string_view bytes);
  // The digest of all that was given. Call it once.
  Digest finish();

 private:
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};  // 5.3.3: square roots of primes
  std::string rest_;                                                                    // less than a block
  std::uint64_t size_ = 0;
};

// The same for a text's bytes at once.
Sha256::Digest sha256(std::string_view bytes);

// The first bytes of a digest as lower-case hexadecimal digits.
std::string hex_of(const Sha256::Digest& digest, std::size_t bytes);

}  // namespace catcher
