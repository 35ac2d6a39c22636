#include "evidence/symbolizer.h"

#include "evidence/symbol_text.h"
#include "win32/error.h"

#include <algorithm>
#include <system_error>

namespace catcher {
namespace {

constexpr std::uint64_t kMaxImageInMemory = std::uint64_t{64} << 20;
constexpr std::size_t kMaxKnown = 100'000;
constexpr std::uint64_t kNotAnRva = std::uint64_t{1} << 32;

// An image as it lies in a debuggee; what cannot be read stays zero.
std::vector<std::byte> image_in_memory(const Module& module, const MemoryReader& memory) {
  constexpr std::size_t kPiece = std::size_t{64} << 10;
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(module.size, kMaxImageInMemory)));
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    memory.read(module.base + at, std::span(bytes).subspan(at, std::min(kPiece, bytes.size() - at)));
  }
  return bytes;
}

}  // namespace

Symbolizer::Symbolizer(SymbolCache& cache, std::vector<Module> modules, const MemoryReader& memory)
    : cache_(cache), memory_(memory) {
  states_.reserve(modules.size());
  for (Module& module : modules) {
    states_.push_back({std::move(module), false, nullptr, {}});
  }
  std::ranges::sort(states_, {}, [](const State& state) { return state.module.base; });
}

SymbolBudget& Symbolizer::budget() {
  if (budget_ == nullptr) {
    budget_ = std::make_unique<SymbolBudget>(cache_.options().time);
  }
  return *budget_;
}

Symbolizer::State* Symbolizer::state_of(Address address) {
  const auto after =
      std::ranges::upper_bound(states_, address, {}, [](const State& state) { return state.module.base; });
  if (after == states_.begin() || !std::prev(after)->module.contains(address)) {
    return nullptr;
  }
  return &*std::prev(after);
}

void Symbolizer::open(State& state) {
  if (state.is_open) {
    return;
  }
  state.is_open = true;
  if (state.module.path.empty()) {
    state.problem = "path not known";
  } else {
    try {
      auto file = cache_.file(state.module.path, state.module.timestamp, state.module.size);
      if (file->is_build(state.module.timestamp, state.module.size)) {
        state.file = std::move(file);
        return;
      }
      state.problem = "the file on disk is another build";
    } catch (const std::system_error& error) {
      state.problem = describe_win32_error(static_cast<std::uint32_t>(error.code().value()));
    }
  }
  open_from_memory(state);
}

void Symbolizer::open_from_memory(State& state) {
  try {
    state.file = std::make_shared<SymbolFile>(image_in_memory(state.module, memory_));
  } catch (const std::system_error&) {
    state.problem += "; no PE image in memory";  // the problem is already told
  }
}

std::vector<SymbolFrame> Symbolizer::names_of(State& state, std::uint64_t rva) {
  open(state);
  if (state.file == nullptr || rva >= kNotAnRva) {
    return {};
  }
  return state.file->frames_at(static_cast<std::uint32_t>(rva), budget());
}

std::vector<Frame> Symbolizer::frames(std::span<const CodeAddress> stack) {
  std::vector<Frame> all;
  for (const CodeAddress& place : stack) {
    std::vector<Frame> some = frames(place);
    std::ranges::move(some, std::back_inserter(all));
  }
  return all;
}

std::vector<Frame> Symbolizer::frames(const CodeAddress& place) {
  Frame frame;
  frame.pc = place.pc;
  frame.source = place.source;
  const Address asked = place.is_return_address && place.pc ? place.pc - 1 : place.pc;
  State* state = state_of(asked);
  if (state == nullptr) {
    return {frame};
  }
  frame.module = printable(state->module.name);
  frame.offset = place.pc - state->module.base;
  auto known = known_.find(asked.value);
  if (known == known_.end()) {
    if (known_.size() >= kMaxKnown) {
      known_.clear();
    }
    known = known_.emplace(asked.value, names_of(*state, asked - state->module.base)).first;
  }
  if (known->second.empty()) {
    return {frame};
  }
  std::vector<Frame> frames;
  for (const SymbolFrame& name : known->second) {
    Frame named = frame;
    named.function = name.function;
    named.function_offset = frame.offset - name.function_rva;
    named.file = name.file;
    named.line = name.line;
    named.is_inline = name.is_inline;
    named.source = name.is_inline ? FrameSource::kInline : place.source;
    frames.push_back(std::move(named));
  }
  return frames;
}

std::vector<ModuleRecord> Symbolizer::module_records() {
  std::vector<ModuleRecord> records;
  for (State& state : states_) {
    ModuleRecord record;
    record.base = state.module.base;
    record.size = state.module.size;
    record.path = state.module.path;
    record.timestamp = state.module.timestamp;
    if (state.is_open) {
      record.symbols = state.file != nullptr ? state.file->description(budget()) : "none";
      if (!state.problem.empty()) {
        record.symbols += (state.file != nullptr ? "; " : ": ") + state.problem;
      }
      if (budget_ != nullptr && budget_->is_spent()) {
        record.symbols += "; the time for names ran out";
      }
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace catcher
