// Writes to whatever a debugger may listen to, and says what it finds around itself. It must show that captured streams
// arrive whole and in order, that debug strings of any length and number are coped with, and what --env, --cwd,
// --strict-handles and --run-as-is change. Words are worked off one after the other:
//
//   out N, err N               N bytes, numbered lines of 64
//   say TEXT, say_err TEXT     one line
//   binary                     each of the 256 bytes once, to stdout
//   stdin                      copies stdin to stdout
//   debug_narrow N, debug_wide N   one debug string of N characters
//   debug TEXT, debug_flood N  one debug string; N of them, numbered
//   directory, variable NAME   prints it
//   debugger                   prints what IsDebuggerPresent and CheckRemoteDebuggerPresent say, and how often 1,000
//                              questions were answered with yes
//   bad_handle                 closes a handle that is none; prints "false" when that is refused
//   handler                    from now on a vectored handler prints "handled" for every exception and goes on
//   raise CODE, crash          an exception
//   sleep MS                   does nothing
//   child WORDS...             starts itself with the rest of the words, and does not wait for it

#include <windows.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr int kWrongUsage = 2;

void write(DWORD stream, std::string_view bytes) {
  while (!bytes.empty()) {
    DWORD done = 0;
    const auto chunk = static_cast<DWORD>(std::min<std::size_t>(bytes.size(), 1 << 20));
    if (WriteFile(GetStdHandle(stream), bytes.data(), chunk, &done, nullptr) == 0) {
      ExitProcess(3);
    }
    bytes.remove_prefix(done);
  }
}

std::string to_utf8(std::wstring_view text) {
  std::string result(text.size() * 3, '\0');
  result.resize(
      static_cast<std::size_t>(WideCharToMultiByte(CP_UTF8, 0, text.data(), static_cast<int>(text.size()),
                                                   result.data(), static_cast<int>(result.size()), nullptr, nullptr)));
  return result;
}

void write_lines(DWORD stream, std::uint64_t bytes) {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kBlock = 1024 * kLine;
  for (std::uint64_t at = 0; at < bytes;) {
    std::string block;
    for (std::uint64_t line = at; line < bytes && block.size() < kBlock; line += kLine) {
      std::string text = std::to_string(line);
      text.resize(kLine - 1, '.');
      block += text + '\n';
    }
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), bytes - at)));
    write(stream, block);
    at += block.size();
  }
}

void copy_stdin() {
  std::string buffer(65536, '\0');
  DWORD got = 0;
  while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), buffer.data(), static_cast<DWORD>(buffer.size()), &got, nullptr) !=
             0 &&
         got != 0) {
    write(STD_OUTPUT_HANDLE, std::string_view(buffer).substr(0, got));
  }
}

void write_every_byte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
  }
  write(STD_OUTPUT_HANDLE, bytes);
}

void flood(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    OutputDebugStringW((L"flood " + std::to_wstring(i) + L"\n").c_str());
  }
}

void print_directory() {
  std::wstring directory(32768, L'\0');
  directory.resize(GetCurrentDirectoryW(static_cast<DWORD>(directory.size()), directory.data()));
  write(STD_OUTPUT_HANDLE, to_utf8(directory) + '\n');
}

void print_variable(const wchar_t* name) {
  std::wstring value(32768, L'\0');
  SetLastError(0);
  value.resize(GetEnvironmentVariableW(name, value.data(), static_cast<DWORD>(value.size())));
  write(STD_OUTPUT_HANDLE,
        value.empty() && GetLastError() == ERROR_ENVVAR_NOT_FOUND ? "not set\n" : "'" + to_utf8(value) + "'\n");
}

void print_debugger() {
  BOOL remote = TRUE;
  const BOOL asked = CheckRemoteDebuggerPresent(GetCurrentProcess(), &remote);
  int times = 0;
  for (int i = 0; i < 1000; ++i) {
    times += IsDebuggerPresent() != 0 ? 1 : 0;
  }
  write(STD_OUTPUT_HANDLE, std::string(IsDebuggerPresent() != 0 ? "yes" : "no") + ' ' +
                               (asked == 0    ? "failed"
                                : remote != 0 ? "yes"
                                              : "no") +
                               ' ' + std::to_string(times) + '\n');
}

void start_child(int argc, wchar_t** argv) {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  std::wstring command_line = L"\"" + path + L"\"";
  for (int i = 0; i < argc; ++i) {
    command_line += std::wstring(L" ") + argv[i];
  }
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup, &process) !=
      0) {
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
  }
}

LONG CALLBACK print_and_go_on(EXCEPTION_POINTERS*) {
  write(STD_OUTPUT_HANDLE, "handled\n");
  return EXCEPTION_CONTINUE_EXECUTION;
}

std::uint64_t number(const wchar_t* word) {
  return std::wcstoull(word, nullptr, 0);
}

// A word that stands alone; false when it is none.
bool do_word(std::wstring_view word) {
  if (word == L"binary") {
    write_every_byte();
  } else if (word == L"stdin") {
    copy_stdin();
  } else if (word == L"directory") {
    print_directory();
  } else if (word == L"debugger") {
    print_debugger();
  } else if (word == L"handler") {
    AddVectoredExceptionHandler(1, print_and_go_on);
  } else if (word == L"bad_handle") {
    constexpr std::uintptr_t kNoHandle = 0x7654320;
    write(STD_OUTPUT_HANDLE, CloseHandle(reinterpret_cast<HANDLE>(kNoHandle)) != 0 ? "true\n" : "false\n");
  } else if (word == L"crash") {
    *static_cast<volatile int*>(nullptr) = 1;
  } else {
    return false;
  }
  return true;
}

// A word with another behind it; false when it is none.
bool do_word_with(std::wstring_view word, const wchar_t* argument) {
  if (word == L"out") {
    write_lines(STD_OUTPUT_HANDLE, number(argument));
  } else if (word == L"err") {
    write_lines(STD_ERROR_HANDLE, number(argument));
  } else if (word == L"say") {
    write(STD_OUTPUT_HANDLE, to_utf8(argument) + '\n');
  } else if (word == L"say_err") {
    write(STD_ERROR_HANDLE, to_utf8(argument) + '\n');
  } else if (word == L"debug_narrow") {
    OutputDebugStringA(std::string(static_cast<std::size_t>(number(argument)), 'n').c_str());
  } else if (word == L"debug_wide") {
    OutputDebugStringW(std::wstring(static_cast<std::size_t>(number(argument)), L'w').c_str());
  } else if (word == L"debug") {
    OutputDebugStringW(argument);
  } else if (word == L"debug_flood") {
    flood(number(argument));
  } else if (word == L"variable") {
    print_variable(argument);
  } else if (word == L"raise") {
    RaiseException(static_cast<DWORD>(number(argument)), 0, 0, nullptr);
  } else if (word == L"sleep") {
    Sleep(static_cast<DWORD>(number(argument)));
  } else {
    return false;
  }
  return true;
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::wstring_view(argv[i]) == L"child") {
      start_child(argc - i - 1, argv + i + 1);
      return 0;
    }
    if (do_word(argv[i])) {
      continue;
    }
    if (i + 1 == argc || !do_word_with(argv[i], argv[i + 1])) {
      return kWrongUsage;
    }
    ++i;
  }
  return 0;
}
