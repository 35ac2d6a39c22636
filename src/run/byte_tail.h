#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace catcher {

// The last bytes of a stream, however long it is. Pure.
class ByteTail {
 public:
  explicit ByteTail(std::size_t most) : most_(most) {}

  void append(std::string_view bytes);

  // Oldest first.
  std::string text() const;

 private:
  std::size_t most_;
  std::string ring_;        // grows to most_, then turns
  std::size_t oldest_ = 0;  // where the ring begins
};

}  // namespace catcher
