#include "evidence/thread_name.h"

#include "win32/dynamic_function.h"
#include "win32/utf.h"

#include <windows.h>

#include <memory>

namespace catcher {
namespace {

struct LocalFreeDeleter {
  void operator()(wchar_t* text) const noexcept { LocalFree(text); }
};

}  // namespace

std::string thread_description(void* thread) {
  using GetDescription = HRESULT WINAPI(HANDLE, PWSTR*);
  auto* get = find_function<GetDescription>(L"kernelbase.dll", "GetThreadDescription");
  PWSTR text = nullptr;
  if (get == nullptr || get(thread, &text) < 0 || text == nullptr) {
    return {};
  }
  const std::unique_ptr<wchar_t, LocalFreeDeleter> owned(text);
  return to_utf8(owned.get());
}

}  // namespace catcher
