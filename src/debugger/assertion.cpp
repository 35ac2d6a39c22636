#include "debugger/assertion.h"

#include "win32/utf.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <span>

namespace catcher {
namespace {

constexpr std::size_t kLongestText = 512;

struct Arguments {
  Address expression;
  Address file;
  std::uint32_t line = 0;
};

Arguments read_arguments(const MemoryReader& memory, const ThreadContext& context, bool wow64_code) {
  if (!wow64_code) {
    return {
        {context.first_argument()}, {context.second_argument()}, static_cast<std::uint32_t>(context.third_argument())};
  }
  // 32-bit cdecl: behind the return address on the stack.
  using Slots = std::array<std::uint32_t, 3>;
  const Slots slots = read_value<Slots>(memory, context.stack_pointer() + 4).value_or(Slots{});
  return {{slots[0]}, {slots[1]}, slots[2]};
}

template <typename Character>
std::basic_string<Character> read_text(const MemoryReader& memory, Address from) {
  std::basic_string<Character> text(kLongestText, Character{});
  const std::size_t got = memory.read(from, std::as_writable_bytes(std::span(text)));
  text.resize(got / sizeof(Character));
  text.resize(std::min(text.find(Character{}), text.size()));
  return text;
}

std::string read_utf8(const MemoryReader& memory, Address from, bool wide) {
  return wide ? to_utf8(read_text<wchar_t>(memory, from)) : read_text<char>(memory, from);
}

}  // namespace

std::string read_assertion(const MemoryReader& memory, WatchPurpose purpose, const ThreadContext& context,
                           bool wow64_code) {
  if (purpose != WatchPurpose::kAssert && purpose != WatchPurpose::kWideAssert) {
    return {};
  }
  const bool wide = purpose == WatchPurpose::kWideAssert;
  const Arguments arguments = read_arguments(memory, context, wow64_code);
  const std::string expression = read_utf8(memory, arguments.expression, wide);
  const std::string file = read_utf8(memory, arguments.file, wide);
  return expression.empty() && file.empty() ? std::string()
                                            : fmt::format("{}, {}:{}", expression, file, arguments.line);
}

}  // namespace catcher
