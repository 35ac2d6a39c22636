#include "evidence/demangle_msvc.h"

#include "evidence/pdb_library.h"
#include "win32/utf.h"

#include <array>

namespace catcher {

std::optional<std::string> undecorate_msvc_name(std::string_view symbol) {
  const PdbLibrary* library = PdbLibrary::get();
  if (symbol.empty() || symbol.front() != '?' || library == nullptr || library->undecorate == nullptr) {
    return std::nullopt;
  }
  // As GCC's names are shown: with arguments, without return type, access and calling convention.
  constexpr DWORD kFlags = UNDNAME_NO_MS_KEYWORDS | UNDNAME_NO_FUNCTION_RETURNS | UNDNAME_NO_ACCESS_SPECIFIERS |
                           UNDNAME_NO_THROW_SIGNATURES | UNDNAME_NO_MEMBER_TYPE | UNDNAME_NO_ALLOCATION_MODEL |
                           UNDNAME_NO_ALLOCATION_LANGUAGE;
  std::array<wchar_t, 4096> text{};
  const std::wstring decorated = to_utf16(symbol);
  const std::lock_guard lock(PdbLibrary::mutex());
  const DWORD size = library->undecorate(decorated.c_str(), text.data(), static_cast<DWORD>(text.size()), kFlags);
  if (size == 0 || size >= text.size() || text[0] == L'?') {
    return std::nullopt;
  }
  return to_utf8({text.data(), size});
}

}  // namespace catcher
