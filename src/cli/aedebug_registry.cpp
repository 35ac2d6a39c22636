#include "cli/aedebug_registry.h"

#include "win32/dynamic_function.h"
#include "win32/error.h"

#include <windows.h>

#include <cstddef>
#include <optional>
#include <utility>

namespace catcher {
namespace {

constexpr const wchar_t* kAdvapi = L"advapi32.dll";

// What the OS reads.
constexpr const wchar_t* kDebugger = L"Debugger";
constexpr const wchar_t* kAuto = L"Auto";

// Ours, beside them. The first is there exactly while catcher is installed.
constexpr const wchar_t* kInstalled = L"CatcherDebugger";
constexpr const wchar_t* kSavedDebugger = L"CatcherSavedDebugger";
constexpr const wchar_t* kSavedAuto = L"CatcherSavedAuto";

// advapi32, looked up when it is first wanted: importing it would cost every run.
struct Registry {
  HMODULE module = LoadLibraryExW(kAdvapi, nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);  // kept until the process ends
  decltype(RegCreateKeyExW)* create = find<decltype(RegCreateKeyExW)>("RegCreateKeyExW");
  decltype(RegCloseKey)* close = find<decltype(RegCloseKey)>("RegCloseKey");
  decltype(RegQueryValueExW)* query = find<decltype(RegQueryValueExW)>("RegQueryValueExW");
  decltype(RegSetValueExW)* set = find<decltype(RegSetValueExW)>("RegSetValueExW");
  decltype(RegDeleteValueW)* remove = find<decltype(RegDeleteValueW)>("RegDeleteValueW");

 private:
  template <typename Function>
  static Function* find(const char* name) {
    auto* const function = find_function<Function>(kAdvapi, name);
    if (function == nullptr) {
      throw last_win32_error("GetProcAddress");
    }
    return function;
  }
};

// A value as it stands, whatever its type: what is put back must be what was there.
struct Value {
  DWORD type = REG_NONE;
  std::vector<std::byte> bytes;

  friend bool operator==(const Value&, const Value&) = default;
};

Value text_value(const std::wstring& text) {
  const auto bytes = std::as_bytes(std::span(text.c_str(), text.size() + 1));
  return {REG_SZ, {bytes.begin(), bytes.end()}};
}

// One open key.
class Key {
 public:
  Key(const Registry& registry, const AedebugKey& place) : registry_(registry) {
    const LSTATUS status = registry_.create(static_cast<HKEY>(place.root), place.path.c_str(), 0, nullptr, 0,
                                            KEY_QUERY_VALUE | KEY_SET_VALUE | place.view, nullptr, &key_, nullptr);
    check("RegCreateKeyExW", status);
  }
  ~Key() {
    if (key_ != nullptr) {
      registry_.close(key_);
    }
  }
  Key(Key&& other) noexcept : registry_(other.registry_), key_(std::exchange(other.key_, nullptr)) {}
  Key& operator=(Key&&) = delete;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  std::optional<Value> get(const wchar_t* name) const {
    Value value;
    DWORD size = 0;
    LSTATUS status = registry_.query(key_, name, nullptr, &value.type, nullptr, &size);
    if (status == ERROR_FILE_NOT_FOUND) {
      return std::nullopt;
    }
    check("RegQueryValueExW", status);
    value.bytes.resize(size);
    status = registry_.query(key_, name, nullptr, &value.type, reinterpret_cast<BYTE*>(value.bytes.data()), &size);
    check("RegQueryValueExW", status);
    value.bytes.resize(size);
    return value;
  }

  // Nothing: it is not there afterwards.
  void put(const wchar_t* name, const std::optional<Value>& value) const {
    if (value) {
      check("RegSetValueExW",
            registry_.set(key_, name, 0, value->type, reinterpret_cast<const BYTE*>(value->bytes.data()),
                          static_cast<DWORD>(value->bytes.size())));
    } else if (const LSTATUS status = registry_.remove(key_, name); status != ERROR_FILE_NOT_FOUND) {
      check("RegDeleteValueW", status);
    }
  }

 private:
  static void check(const char* api, LSTATUS status) {
    if (status != ERROR_SUCCESS) {
      throw win32_error(api, static_cast<std::uint32_t>(status));
    }
  }

  const Registry& registry_;
  HKEY key_ = nullptr;
};

std::vector<Key> open_all(const Registry& registry, std::span<const AedebugKey> places) {
  std::vector<Key> keys;
  keys.reserve(places.size());
  for (const AedebugKey& place : places) {
    keys.emplace_back(registry, place);
  }
  return keys;
}

// In quotes where the C runtime would cut it; backslashes before a quote are doubled, as it expects them ("Parsing C
// command-line arguments").
std::wstring quoted(const std::wstring& word) {
  if (!word.empty() && word.find_first_of(L" \t\"") == std::wstring::npos) {
    return word;
  }
  std::wstring result = L"\"";
  std::size_t backslashes = 0;
  for (const wchar_t c : word) {
    if (c == L'"') {
      result.append(backslashes + 1, L'\\');
    }
    backslashes = c == L'\\' ? backslashes + 1 : 0;
    result += c;
  }
  result.append(backslashes, L'\\');
  return result + L'"';
}

}  // namespace

std::vector<AedebugKey> system_aedebug_keys() {
  const std::wstring path = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\AeDebug";
  BOOL wow64 = FALSE;
  IsWow64Process(GetCurrentProcess(), &wow64);
  std::vector<AedebugKey> keys{{HKEY_LOCAL_MACHINE, path, KEY_WOW64_32KEY}};
  if (sizeof(void*) == 8) {
    keys.insert(keys.begin(), {HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY});
  } else if (wow64 == FALSE) {
    keys.front().view = 0;  // an OS with one kind of programs only
  }
  return keys;
}

std::wstring aedebug_command(const std::wstring& program, std::span<const std::wstring> options) {
  std::wstring command = L"\"" + program + L"\" attach %ld --ready-event %ld";
  for (const std::wstring& option : options) {
    command += L" " + quoted(option);
  }
  return command;
}

void install_aedebug(std::span<const AedebugKey> places, const std::wstring& command) {
  const Registry registry;
  for (const Key& key : open_all(registry, places)) {
    if (!key.get(kInstalled)) {
      key.put(kSavedDebugger, key.get(kDebugger));
      key.put(kSavedAuto, key.get(kAuto));
    }
    key.put(kInstalled, text_value(command));
    key.put(kDebugger, text_value(command));
    key.put(kAuto, text_value(L"1"));
  }
}

AedebugRemoval uninstall_aedebug(std::span<const AedebugKey> places) {
  const Registry registry;
  AedebugRemoval removal = AedebugRemoval::kNotInstalled;
  for (const Key& key : open_all(registry, places)) {
    const auto installed = key.get(kInstalled);
    if (!installed) {
      continue;
    }
    const bool is_ours = key.get(kDebugger) == installed;
    if (is_ours) {
      key.put(kDebugger, key.get(kSavedDebugger));
      key.put(kAuto, key.get(kSavedAuto));
    }
    for (const wchar_t* name : {kSavedDebugger, kSavedAuto, kInstalled}) {
      key.put(name, std::nullopt);
    }
    if (removal != AedebugRemoval::kTakenOver) {
      removal = is_ours ? AedebugRemoval::kRestored : AedebugRemoval::kTakenOver;
    }
  }
  return removal;
}

}  // namespace catcher
