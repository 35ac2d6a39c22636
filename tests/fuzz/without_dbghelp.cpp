// A machine whose system has no usable dbghelp: what the product then falls back to is what runs here.
#include "evidence/demangle_msvc.h"
#include "evidence/unwind_dbghelp.h"

namespace catcher {

std::optional<std::string> undecorate_msvc_name(std::string_view /*symbol*/) {
  return std::nullopt;
}

std::unique_ptr<DbghelpStackWalker> DbghelpStackWalker::create(const MemoryReader& /*memory*/,
                                                               const std::vector<Module>& /*modules*/,
                                                               const std::wstring& /*symbol_path*/) {
  return nullptr;
}

}  // namespace catcher
