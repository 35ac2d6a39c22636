// What names cost: symbol_bench IMAGE [PLACES]. Takes PLACES (30) addresses spread over the code of IMAGE, as one
// crash's stack would be, and gives them names: cold (nothing read before, except that the file is in the system's
// cache), with a warm symbol cache, and again in the same report. Prints one line each, and the frames with a third
// argument.

#include "evidence/symbolizer.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "win32/utf.h"

#include <windows.h>

namespace {

using namespace std::chrono;

constexpr std::uint64_t kBase = 0x7FF612340000;

class NoMemory : public catcher::MemoryReader {
 public:
  std::size_t read(catcher::Address, std::span<std::byte>) const noexcept override { return 0; }
};

std::vector<catcher::CodeAddress> spread_over(const catcher::CoffImage& image, std::uint64_t count) {
  std::vector<catcher::CodeAddress> places;
  for (const catcher::CoffSection& section : image.sections()) {
    if (section.is_code) {
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t offset = section.virtual_size * (2 * i + 1) / (2 * count);
        places.push_back({catcher::Address{kBase + section.rva + offset}, true, catcher::FrameSource::kUnwindData});
      }
      break;
    }
  }
  return places;
}

// Processor time of this thread so far: what counts on a machine that others use, too.
double cpu_ms() {
  FILETIME created{};
  FILETIME ended{};
  FILETIME kernel{};
  FILETIME user{};
  GetThreadTimes(GetCurrentThread(), &created, &ended, &kernel, &user);
  const auto ms = [](const FILETIME& time) {
    return static_cast<double>((std::uint64_t{time.dwHighDateTime} << 32) | time.dwLowDateTime) / 1e4;
  };
  return ms(kernel) + ms(user);
}

std::vector<catcher::Frame> timed(const char* what, catcher::Symbolizer& symbolizer,
                                  const std::vector<catcher::CodeAddress>& places) {
  const double cpu_start = cpu_ms();
  const auto start = steady_clock::now();
  std::vector<catcher::Frame> frames = symbolizer.frames(places);
  const double ms = duration<double, std::milli>(steady_clock::now() - start).count();
  const double cpu = cpu_ms() - cpu_start;
  std::size_t named = 0;
  std::size_t with_line = 0;
  for (const catcher::Frame& frame : frames) {
    named += frame.function.empty() ? 0u : 1u;
    with_line += frame.line == 0 ? 0u : 1u;
  }
  std::printf("%-12s %9.2f ms (%.0f ms of processor)  %zu places, %zu frames, %zu named, %zu with a line\n", what, ms,
              cpu, places.size(), frames.size(), named, with_line);
  return frames;
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  if (argc < 2) {
    std::printf("usage: symbol_bench IMAGE [PLACES [show]]\n");
    return 125;
  }
  const std::string path = catcher::to_utf8(argv[1]);
  const catcher::SymbolFileMap map = catcher::SymbolFileMap::open(path);
  const auto image = catcher::CoffImage::parse(map.bytes());
  if (!image) {
    std::printf("no PE image\n");
    return 125;
  }
  catcher::Module module;
  module.base = {kBase};
  module.size = image->size_of_image();
  module.path = path;
  module.name = path;
  const auto places = spread_over(*image, argc > 2 ? std::strtoul(catcher::to_utf8(argv[2]).c_str(), nullptr, 10) : 30);
  const NoMemory memory;
  catcher::SymbolCache cache;
  catcher::Symbolizer cold(cache, {module}, memory);
  const auto frames = timed("cold", cold, places);
  timed("same report", cold, places);
  catcher::Symbolizer warm(cache, {module}, memory);
  timed("warm cache", warm, places);
  std::printf("symbols: %s\n", cold.module_records().front().symbols.c_str());
  if (argc > 3) {
    for (const catcher::Frame& frame : frames) {
      std::printf("+%llx %s+%llx %s:%u%s\n", static_cast<unsigned long long>(frame.offset), frame.function.c_str(),
                  static_cast<unsigned long long>(frame.function_offset), frame.file.c_str(), frame.line,
                  frame.is_inline ? " (inline)" : "");
    }
  }
  return 0;
}
