#include "evidence/unwind_dbghelp.h"

#include "win32/utf.h"

#include <windows.h>

#include <dbghelp.h>

#include <array>
#include <cstddef>
#include <set>
#include <span>

namespace catcher {
namespace {

// Nothing may be asked of the network or of the user, and no path that the debuggee's images name may be opened.
constexpr DWORD kOptions = SYMOPT_DEFERRED_LOADS | SYMOPT_FAIL_CRITICAL_ERRORS | SYMOPT_NO_PROMPTS | SYMOPT_SECURE |
                           SYMOPT_IGNORE_CVREC | SYMOPT_IGNORE_NT_SYMPATH | SYMOPT_DISABLE_SYMSRV_AUTODETECT;

// A dbghelp may copy a whole CONTEXT from where the 32-bit one lies, which is larger: what it reads must be there.
struct RoomyContext {
  WOW64_CONTEXT registers{};
  std::array<std::byte, sizeof(CONTEXT)> room{};
};

struct LibraryCloser {
  void operator()(HMODULE library) const noexcept { FreeLibrary(library); }
};
using UniqueLibrary = std::unique_ptr<std::remove_pointer_t<HMODULE>, LibraryCloser>;

struct Functions {
  decltype(&StackWalk64) stack_walk = nullptr;
  decltype(&SymInitializeW) initialize = nullptr;
  decltype(&SymCleanup) cleanup = nullptr;
  decltype(&SymLoadModuleExW) load_module = nullptr;
  decltype(&SymFunctionTableAccess64) function_table = nullptr;
  decltype(&SymGetOptions) get_options = nullptr;
  decltype(&SymSetOptions) set_options = nullptr;

  bool is_complete() const {
    return stack_walk != nullptr && initialize != nullptr && cleanup != nullptr && load_module != nullptr &&
           function_table != nullptr && get_options != nullptr && set_options != nullptr;
  }
};

template <typename Function>
Function look_up(HMODULE library, const char* name) {
  return reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(library, name)));
}

Functions look_up_all(HMODULE library) {
  return {look_up<decltype(&StackWalk64)>(library, "StackWalk64"),
          look_up<decltype(&SymInitializeW)>(library, "SymInitializeW"),
          look_up<decltype(&SymCleanup)>(library, "SymCleanup"),
          look_up<decltype(&SymLoadModuleExW)>(library, "SymLoadModuleExW"),
          look_up<decltype(&SymFunctionTableAccess64)>(library, "SymFunctionTableAccess64"),
          look_up<decltype(&SymGetOptions)>(library, "SymGetOptions"),
          look_up<decltype(&SymSetOptions)>(library, "SymSetOptions")};
}

// While it lives, this thread alone uses dbghelp, with our options.
class InUse {
 public:
  explicit InUse(const Functions& functions)
      : lock_(dbghelp_mutex()), functions_(functions), old_options_(functions.get_options()) {
    functions_.set_options(kOptions);
  }
  ~InUse() { functions_.set_options(old_options_); }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;

 private:
  std::unique_lock<std::recursive_mutex> lock_;
  const Functions& functions_;
  DWORD old_options_;
};

// dbghelp takes any unique number for a process when memory comes through callbacks, and hands it to them: here it is
// the address of this object, so that the callbacks need nothing global.
class StackWalkSession final : public DbghelpStackWalker {
 public:
  StackWalkSession(UniqueLibrary library, const Functions& functions, const MemoryReader& memory,
                   const std::vector<Module>& modules, const std::wstring& symbol_path)
      : library_(std::move(library)), functions_(functions), memory_(memory), modules_(modules) {
    const InUse in_use(functions_);
    // Without a symbol handler StackWalk64 still follows ebp.
    has_symbols_ = functions_.initialize(token(), symbol_path.c_str(), FALSE) != FALSE;
  }

  StackWalkSession(const StackWalkSession&) = delete;
  StackWalkSession& operator=(const StackWalkSession&) = delete;

  ~StackWalkSession() override {
    if (has_symbols_) {
      const InUse in_use(functions_);
      functions_.cleanup(token());
    }
  }

  void start(std::uint32_t eip, std::uint32_t esp, std::uint32_t ebp) override {
    context_ = {};
    context_.registers.ContextFlags = WOW64_CONTEXT_CONTROL | WOW64_CONTEXT_INTEGER;
    context_.registers.Eip = eip;
    context_.registers.Esp = esp;
    context_.registers.Ebp = ebp;
    frame_ = {};
    frame_.AddrPC = {eip, 0, AddrModeFlat};
    frame_.AddrStack = {esp, 0, AddrModeFlat};
    frame_.AddrFrame = {ebp, 0, AddrModeFlat};
  }

  std::optional<DbghelpFrame> next() override {
    const InUse in_use(functions_);
    if (functions_.stack_walk(IMAGE_FILE_MACHINE_I386, token(), token(), &frame_, &context_.registers, read_memory,
                              function_table_access, module_base, nullptr) == FALSE) {
      return std::nullopt;
    }
    return DbghelpFrame{static_cast<std::uint32_t>(frame_.AddrPC.Offset),
                        static_cast<std::uint32_t>(frame_.AddrStack.Offset),
                        static_cast<std::uint32_t>(frame_.AddrFrame.Offset), frame_.FuncTableEntry != nullptr};
  }

 private:
  HANDLE token() { return this; }
  static StackWalkSession& from(HANDLE token) { return *static_cast<StackWalkSession*>(token); }

  static BOOL CALLBACK read_memory(HANDLE token, DWORD64 address, void* into, DWORD size, DWORD* got) {
    const auto count = from(token).memory_.read({address & UINT32_MAX}, std::span(static_cast<std::byte*>(into), size));
    if (got != nullptr) {
      *got = static_cast<DWORD>(count);
    }
    return count == size ? TRUE : FALSE;
  }

  static void* CALLBACK function_table_access(HANDLE token, DWORD64 address) {
    StackWalkSession& session = from(token);
    return session.has_symbols_ ? session.functions_.function_table(token, address) : nullptr;
  }

  static DWORD64 CALLBACK module_base(HANDLE token, DWORD64 address) {
    StackWalkSession& session = from(token);
    const Module* module = find_module(session.modules_, {address & UINT32_MAX});
    if (module == nullptr) {
      return 0;
    }
    if (session.has_symbols_ && !module->path.empty() && session.loaded_.insert(module->base).second) {
      session.functions_.load_module(token, nullptr, to_utf16(module->path).c_str(), nullptr, module->base.value,
                                     static_cast<DWORD>(module->size), nullptr, 0);
    }
    return module->base.value;
  }

  UniqueLibrary library_;
  Functions functions_;
  const MemoryReader& memory_;
  const std::vector<Module>& modules_;
  std::set<Address> loaded_;
  bool has_symbols_ = false;
  RoomyContext context_;
  STACKFRAME64 frame_{};
};

}  // namespace

std::recursive_mutex& dbghelp_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

std::unique_ptr<DbghelpStackWalker> DbghelpStackWalker::create(const MemoryReader& memory,
                                                               const std::vector<Module>& modules,
                                                               const std::wstring& symbol_path) {
  UniqueLibrary library(LoadLibraryExW(L"dbghelp.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32));
  if (!library) {
    return nullptr;
  }
  const Functions functions = look_up_all(library.get());
  if (!functions.is_complete()) {
    return nullptr;
  }
  return std::make_unique<StackWalkSession>(std::move(library), functions, memory, modules, symbol_path);
}

}  // namespace catcher
