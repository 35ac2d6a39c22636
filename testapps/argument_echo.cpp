// Writes its whole command line, GetCommandLineW() byte for byte as UTF-16 without a terminator, to the file that the
// environment variable ARGUMENT_ECHO_FILE names, else to stdout. It must show that catcher passes a command line on as
// it is. With the single argument --standard-handles it prints what its standard handles are instead: one GetFileType()
// number each.

#include <windows.h>

#include <cstdio>
#include <cwchar>
#include <string_view>

namespace {

constexpr int kCannotWrite = 3;

int print_standard_handles() {
  for (const DWORD which : {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) {
    std::printf("%lu\n", GetFileType(GetStdHandle(which)));
  }
  return 0;
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  if (argc == 2 && std::wcscmp(argv[1], L"--standard-handles") == 0) {
    return print_standard_handles();
  }
  wchar_t path[32767] = {};
  const bool to_file = GetEnvironmentVariableW(L"ARGUMENT_ECHO_FILE", path, 32767) != 0;
  // Not closed: it may be the standard handle, and the process ends here.
  const HANDLE out = to_file
                         ? CreateFileW(path, GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr)
                         : GetStdHandle(STD_OUTPUT_HANDLE);
  const std::wstring_view text = GetCommandLineW();
  DWORD written = 0;
  const BOOL done = WriteFile(out, text.data(), static_cast<DWORD>(text.size() * sizeof(wchar_t)), &written, nullptr);
  return done != 0 ? 0 : kCannotWrite;
}
