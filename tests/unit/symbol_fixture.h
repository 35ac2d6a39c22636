#pragma once

#include "evidence/coff_image.h"
#include "evidence/symbol_file_map.h"
#include "evidence/symbolizer.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace catcher::fixture {

// Where the images of tests/fixtures/symbols are, as an absolute path.
inline std::filesystem::path directory() {
#ifdef CATCHER_SYMBOL_FIXTURES
  return std::filesystem::absolute(CATCHER_SYMBOL_FIXTURES);
#else
  return {};
#endif
}

inline std::string path(const std::string& name) {
  std::filesystem::path path = directory() / name;
  return path.make_preferred().string();
}

inline bool exists(const std::string& name) {
  return std::filesystem::exists(path(name));
}

// No debuggee: nothing in it can be read.
class NoMemory : public MemoryReader {
 public:
  std::size_t read(Address, std::span<std::byte>) const noexcept override { return 0; }
};

// An image file, taken apart.
struct LoadedImage {
  explicit LoadedImage(const std::string& image_path)
      : map(SymbolFileMap::open(image_path)), image(*CoffImage::parse(map.bytes())) {}
  SymbolFileMap map;
  CoffImage image;
};

// A module as if the image had been loaded at `base`.
inline Module module_of(const std::string& image_path, std::uint64_t base) {
  const LoadedImage loaded(image_path);
  Module module;
  module.base = {base};
  module.size = loaded.image.size_of_image();
  module.timestamp = loaded.image.timestamp();
  module.is_64_bit = loaded.image.is_64_bit();
  module.path = image_path;
  module.name = std::filesystem::path(image_path).filename().string();
  return module;
}

// The line of the fixture's source that a mark names.
inline std::uint32_t line_of(const std::string& mark) {
  static const std::map<std::string, std::uint32_t> lines = [] {
    std::map<std::string, std::uint32_t> marks;
    std::ifstream source(std::filesystem::path(CATCHER_SYMBOL_FIXTURE_SOURCE));
    std::string text;
    for (std::uint32_t line = 1; std::getline(source, text); ++line) {
      const std::size_t at = text.find("// mark: ");
      if (at != std::string::npos) {
        marks[text.substr(at + 9)] = line;
      }
    }
    return marks;
  }();
  return lines.at(mark);
}

// The name of a function without its scopes and arguments: what all the sources agree on.
inline std::string bare(std::string name) {
  int depth = 0;  // of template arguments
  std::size_t begin = 0;
  std::size_t end = name.size();
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.compare(i, 21, "(anonymous namespace)") == 0) {
      i += 20;
    } else if (name[i] == '<' || name[i] == '{') {
      ++depth;
    } else if (name[i] == '>' || name[i] == '}') {
      --depth;
    } else if (depth == 0 && name[i] == ':') {
      begin = i + 1;
    } else if (depth == 0 && name[i] == '(' && end == name.size()) {
      const std::size_t close = name.find(')', i);
      if (close != std::string::npos && name.compare(close, 3, ")::") == 0) {
        i = close;  // of a function around a local class
      } else {
        end = i;
      }
    }
  }
  name = name.substr(begin, end - begin);
  return name.substr(0, name.find('<'));
}

inline std::string file_name(const std::string& file) {
  return file.substr(file.find_last_of("\\/") + 1);
}

}  // namespace catcher::fixture
