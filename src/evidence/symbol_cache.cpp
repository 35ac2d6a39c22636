#include "evidence/symbol_cache.h"

#include <algorithm>

namespace catcher {
namespace {

constexpr std::chrono::seconds kMoment{1};

}  // namespace

template <typename Condition>
std::shared_ptr<SymbolFile> SymbolCache::find(const Condition& is_meant) {
  const auto known =
      std::ranges::find_if(files_, [&](const std::shared_ptr<SymbolFile>& file) { return is_meant(*file); });
  if (known == files_.end()) {
    return nullptr;
  }
  files_.splice(files_.begin(), files_, known);
  return files_.front();
}

std::shared_ptr<SymbolFile> SymbolCache::file(const std::string& path) {
  const OpenedSymbolFile opened(path);
  const std::lock_guard lock(mutex_);
  if (auto known = find([&](const SymbolFile& file) { return file.is_still(path, opened.stamp()); })) {
    return known;
  }
  SymbolFileMap map = opened.map();
  if (auto known = find([&](const SymbolFile& file) { return file.identity() == map.identity(); })) {
    return known;
  }
  auto added = std::make_shared<SymbolFile>(path, std::move(map), options_);
  bytes_ += added->size();
  files_.push_front(added);
  drop_oldest();
  return added;
}

std::shared_ptr<SymbolFile> SymbolCache::file(const std::string& path, std::uint32_t timestamp, std::uint64_t size) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(seen_, [now](const auto& seen) { return now - seen.second.when > kMoment; });
    const auto seen = seen_.find(path);
    auto known = seen == seen_.end() ? nullptr : seen->second.file.lock();
    if (known != nullptr && known->is_build(timestamp, size)) {
      return known;
    }
  }
  auto found = file(path);
  const std::lock_guard lock(mutex_);
  seen_[path] = {found, now};
  return found;
}

std::size_t SymbolCache::file_count() const {
  const std::lock_guard lock(mutex_);
  return files_.size();
}

void SymbolCache::drop_oldest() {
  while (files_.size() > kMaxFiles || (bytes_ > kMaxBytes && files_.size() > 1)) {
    bytes_ -= files_.back()->size();
    files_.pop_back();
  }
}

}  // namespace catcher
