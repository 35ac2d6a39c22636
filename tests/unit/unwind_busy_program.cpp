#include "unwind_busy_program.h"

#include <malloc.h>

#include <array>
#include <cstdlib>
#include <cstring>

#if defined(_MSC_VER)
#define CATCHER_NOINLINE __declspec(noinline)  // an attribute without a standard spelling
#else
#define CATCHER_NOINLINE __attribute__((noinline))
#endif

namespace catcher {
namespace {

CATCHER_NOINLINE std::uint64_t leaf(std::uint64_t x) {
  return (x ^ (x >> 7U)) * 0x9e3779b97f4a7c15ULL;
}

CATCHER_NOINLINE std::uint64_t tail_call(std::uint64_t x) {
  return x % 3 == 0 ? leaf(x + 1) : leaf(x * 5);
}

// Live over calls in more registers than are volatile: they are saved in the prologue.
CATCHER_NOINLINE double with_saved_xmm(std::uint64_t x) {
  std::array<double, 10> values{};
  double a = 1.0, b = 2.0, c = 3.0, d = 4.0, e = 5.0, f = 6.0, g = 7.0;
  for (unsigned i = 0; i < values.size(); ++i) {
    const auto step = static_cast<double>(tail_call(x + i) & 0xffU);
    a += step;
    b = b * 1.0001 + a;
    c += b;
    d = d * 0.5 + c;
    e += d;
    f = f * 0.25 + e;
    g += f;
    values.at(i) = g;
  }
  return a + b + c + d + e + f + g + values[x % values.size()];
}

CATCHER_NOINLINE std::uint64_t with_alloca(std::uint64_t x) {
  const std::size_t size = 16 + x % 300;
  auto* bytes = static_cast<unsigned char*>(_alloca(size));
  std::memset(bytes, static_cast<int>(x & 0x7fU), size);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < size; i += 17) {
    sum += leaf(bytes[i] + sum);
  }
  return sum;
}

CATCHER_NOINLINE std::uint64_t with_big_frame(std::uint64_t x) {
  std::array<volatile unsigned char, 9000> bytes;
  bytes[x % bytes.size()] = static_cast<unsigned char>(x);
  return leaf(x) + bytes[x % bytes.size()];
}

int compare(const void* left, const void* right) {
  const auto a = leaf(*static_cast<const std::uint64_t*>(left));
  const auto b = leaf(*static_cast<const std::uint64_t*>(right));
  return a < b ? -1 : a > b ? 1 : 0;
}

CATCHER_NOINLINE std::uint64_t with_callback(std::uint64_t x) {
  std::array<std::uint64_t, 12> numbers{};
  for (auto& number : numbers) {
    number = x = leaf(x);
  }
  std::qsort(numbers.data(), numbers.size(), sizeof numbers[0], compare);
  return numbers[x % numbers.size()];
}

// Many arguments and locals: pushes of every nonvolatile register.
CATCHER_NOINLINE std::uint64_t recurse(std::uint64_t x, unsigned depth, std::uint64_t a, std::uint64_t b,
                                       std::uint64_t c, std::uint64_t d) {
  if (depth == 0) {
    return a ^ b ^ c ^ d ^ with_callback(x);
  }
  const std::uint64_t e = leaf(x + a);
  const std::uint64_t f = depth % 3 == 0 ? with_alloca(x) : with_big_frame(x + b);
  const auto g = static_cast<std::uint64_t>(with_saved_xmm(x & 0xffffU));
  const std::uint64_t h = recurse(x + e, depth - 1, a + f, b ^ g, c + d, d + 1);
  return e + f + g + h + recurse(leaf(h), depth / 3, d, c, b, a) + a * b;
}

}  // namespace

std::uint64_t be_busy(std::uint64_t seed, unsigned depth) {
  return recurse(seed, depth, seed, seed * 3, seed * 5, seed * 7);
}

}  // namespace catcher
