#include "debugger/syscall_probe.h"

#include "debugger/remote_exports.h"
#include "debugger/syscall_stub.h"
#include "debugger/watched_functions.h"
#include "win32/dynamic_function.h"

#include <algorithm>
#include <optional>

namespace catcher {
namespace {

// The stubs of a system lie together; more than this is no ntdll that was ever made.
constexpr std::uint32_t kMostStubBytes = 256u << 10;

// A thread with a shadow stack cannot be moved past a `ret`: its next own return would fault.
bool has_shadow_stack(HANDLE process) {
  constexpr int kUserShadowStackPolicy = 15;  // PROCESS_MITIGATION_POLICY::ProcessUserShadowStackPolicy
  using Query = BOOL WINAPI(HANDLE, int, void*, SIZE_T);
  const auto query = find_function<Query>(L"kernel32.dll", "GetProcessMitigationPolicy");
  DWORD flags = 0;  // PROCESS_MITIGATION_USER_SHADOW_STACK_POLICY: bit 0 is EnableUserShadowStack
  return query != nullptr && query(process, kUserShadowStackPolicy, &flags, sizeof flags) != 0 && (flags & 1) != 0;
}

}  // namespace

std::uint64_t syscall_argument(const ThreadContext& context, const MemoryReader& memory, std::uint8_t number) {
  constexpr std::uint64_t kWord = 8;
  switch (number) {
    case 0:
      return context.first_argument();
    case 1:
      return context.second_argument();
    case 2:
      return context.third_argument();
    case 3:
      return context.fourth_argument();
    default:
      return read_value<std::uint64_t>(memory, context.stack_pointer() + kWord + number * kWord).value_or(0);
  }
}

bool SyscallProbe::is_wanted(Process& process, const Module& module) {
  if (!module.name.empty() && !is_ntdll(module.name)) {
    return false;
  }
  const auto headers = read_image_headers(process.memory, module.base);
  return headers && headers->is_64_bit && find_export(process.memory, module.base, "NtClose").has_value();
}

const std::vector<std::uint32_t>& SyscallProbe::places_in(Process& process, const Module& module, const Image& image) {
  const auto known = places_.find(image);
  if (known != places_.end()) {
    return known->second;
  }
  std::vector<std::string_view> names;
  names.reserve(sites_.size());
  std::transform(sites_.begin(), sites_.end(), std::back_inserter(names),
                 [](const SyscallSite& site) { return site.function; });
  std::vector<std::uint32_t> places;
  for (const auto& at : find_exports(process.memory, module.base, names)) {
    places.push_back(at ? static_cast<std::uint32_t>(*at - module.base) : 0);
  }
  return places_[image] = std::move(places);
}

ArmedProbe SyscallProbe::arm(Process& process, const Module& module) {
  ArmedProbe result;
  const auto headers = read_image_headers(process.memory, module.base);
  if (!headers) {
    result.problem = "the headers of its ntdll cannot be read";
    return result;
  }
  const auto& places = places_in(process, module, {headers->timestamp, headers->size});
  std::uint32_t first = UINT32_MAX;
  std::uint32_t last = 0;
  for (const std::uint32_t rva : places) {
    first = rva != 0 ? std::min(first, rva) : first;
    last = std::max(last, rva);
  }
  if (last == 0 || last - first > kMostStubBytes) {
    result.problem = "its ntdll has no system calls where they are expected";
    return result;
  }
  std::vector<std::byte> code(last - first + SyscallStub::kLongest);
  code.resize(process.memory.read(module.base + first, code));
  if (has_shadow_stack(process.handle)) {
    result.has_exits = false;
    result.problem = "it has a user shadow stack, so what calls give back cannot be seen";
  }
  std::vector<PlannedBreakpoint> planned;
  for (std::size_t site = 0; site < places.size(); ++site) {
    if (places[site] == 0) {
      continue;
    }
    const std::size_t at = places[site] - first;
    const auto stub = at < code.size() ? decode_syscall_stub(std::span(code).subspan(at)) : std::nullopt;
    if (!stub) {
      result.refused.emplace_back(sites_[site].function);
      continue;
    }
    if (sites_[site].wants_exit && !result.has_exits) {
      continue;
    }
    planned.push_back({module.base + places[site], probe_id(site, false)});
    for (std::size_t i = 0; sites_[site].wants_exit && i < stub->exit_count; ++i) {
      planned.push_back({module.base + places[site] + stub->exits.at(i), probe_id(site, true)});
    }
    ++result.stubs;
  }
  if (!process.breakpoints.set_all(process.memory, planned, owner_, module.base)) {
    result.stubs = 0;
    result.problem = "its code cannot be written";
  }
  return result;
}

}  // namespace catcher
