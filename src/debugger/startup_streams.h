#pragma once

#include <windows.h>

#include <cstddef>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

namespace catcher {

// What a target gets as its standard streams. Each handle stays the caller's and need not be inheritable; nothing: the
// target gets catcher's own.
struct StandardStreams {
  std::optional<HANDLE> in;
  std::optional<HANDLE> out;
  std::optional<HANDLE> error;
  bool inheritable = false;  // those that are replaced are so for good: nobody need ask

  bool any() const noexcept { return in || out || error; }
};

// A copy of a STARTUPINFO's lpReserved2 in which the streams that are replaced have no open descriptor. It carries the
// descriptors that a C runtime passes on to its children, as an int count, `count` flag bytes and `count` handles; a
// runtime that finds descriptors 0 to 2 open there does not look at the standard handles any more. Anything that does
// not look like that (other runtimes pass on other things) is copied as it is. Pure.
std::vector<std::byte> without_descriptors(std::span<const std::byte> reserved, const StandardStreams& replaced);

// What a target is started with: everything that we were started with, but for the streams that are replaced.
class StartupStreams {
 public:
  explicit StartupStreams(const StandardStreams& streams);

  // Refers to this object.
  STARTUPINFOW startup_info() noexcept;

 private:
  StandardStreams streams_;
  STARTUPINFOW ours_{};
  std::vector<std::byte> reserved_;
};

// Makes the replaced streams inheritable for as long as it lives: while one process is created. Every child of a
// process inherits all handles that are inheritable at that moment, so that another run on another thread would hand
// them to its target too, and their readers would never see an end. Hence all launches of this process go through here:
// one with streams of its own alone, the others beside each other. Streams that are inheritable already stay so:
// whoever made them does not mind.
class InheritanceScope {
 public:
  explicit InheritanceScope(const StandardStreams& streams);
  InheritanceScope(const InheritanceScope&) = delete;
  InheritanceScope& operator=(const InheritanceScope&) = delete;
  ~InheritanceScope();

 private:
  void set_inheritable(DWORD flag) const noexcept;

  std::vector<HANDLE> streams_;  // the caller's, those that are not inheritable
  std::shared_lock<std::shared_mutex> shared_;
  std::unique_lock<std::shared_mutex> alone_;
};

}  // namespace catcher
