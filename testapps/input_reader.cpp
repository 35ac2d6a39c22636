// A parser as a fuzzer meets it: reads one input and does what its first word says. It must show, by the inputs that a
// sweep gives it, each way in which a run can end.
//
//   input_reader.exe FILE      without FILE: reads its standard input
//
//   ok                ends with exit code 0; so does any other word
//   exit N            ends with exit code N
//   null, wild        writes through a null pointer in parse_header(), through a wild one in parse_body()
//   deep N            the same as null, but N frames of parse_level() further down
//   abort             ends itself
//   hang              waits for ever
//   memory            takes 64 MB after 64 MB until there is none left
//   sometimes N       crashes like null in one of N runs: when the clock says so
//   delete            deletes its input; clutter: leaves files where temporary files go, note: one where it stands;
//                     exit code 7 where somebody else's is in the way
//
// With INPUT_READER_LOG it first appends the first line of the input to that file.

#include "crash_test/no_inline.h"

#include <windows.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

int* volatile null_pointer = nullptr;
volatile int depth_reached = 0;

CRASH_TEST_NO_INLINE void parse_header() {
  *null_pointer = 1;
}

CRASH_TEST_NO_INLINE void parse_body() {
  int* volatile wild = reinterpret_cast<int*>(std::uintptr_t{0x123456789000});
  *wild = 1;
}

CRASH_TEST_NO_INLINE void parse_level(int levels) {
  if (levels == 0) {
    parse_header();
  } else {
    parse_level(levels - 1);
  }
  depth_reached = levels;  // so that the call is none of a tail
}

CRASH_TEST_NO_INLINE void take_memory() {
  for (;;) {
    constexpr std::size_t kPiece = std::size_t{64} << 20;
    void* const piece = VirtualAlloc(nullptr, kPiece, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (piece != nullptr) {
      std::memset(piece, 1, kPiece);
    }
    Sleep(20);
  }
}

void write_note(const std::wstring& path) {
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    ExitProcess(7);  // somebody else's is in the way
  }
  CloseHandle(file);
}

void clutter() {
  wchar_t temporary[MAX_PATH + 1];
  GetTempPathW(MAX_PATH + 1, temporary);
  CreateDirectoryW((std::wstring(temporary) + L"left_behind").c_str(), nullptr);
  write_note(std::wstring(temporary) + L"left_behind\\note.txt");
  write_note(std::wstring(temporary) + L"note.txt");
}

void log_input(const std::string& text) {
  wchar_t path[MAX_PATH + 1];
  if (GetEnvironmentVariableW(L"INPUT_READER_LOG", path, MAX_PATH + 1) == 0) {
    return;
  }
  const HANDLE log = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_ALWAYS,
                                 FILE_ATTRIBUTE_NORMAL, nullptr);
  const std::string line = text.substr(0, text.find_first_of("\r\n")) + "\n";
  DWORD done = 0;
  WriteFile(log, line.data(), static_cast<DWORD>(line.size()), &done, nullptr);
  CloseHandle(log);
}

std::string read_all(const wchar_t* path) {
  const HANDLE input = path == nullptr ? GetStdHandle(STD_INPUT_HANDLE)
                                       : CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                                                     OPEN_EXISTING, 0, nullptr);
  if (input == INVALID_HANDLE_VALUE) {
    std::fputs("input_reader: cannot open the input\n", stderr);
    ExitProcess(9);
  }
  std::string text;
  char buffer[4096];
  for (DWORD done = 0; ReadFile(input, buffer, sizeof buffer, &done, nullptr) != 0 && done != 0;) {
    text.append(buffer, done);
  }
  if (path != nullptr) {
    CloseHandle(input);
  }
  return text;
}

void obey(const std::string& word, int number, const wchar_t* path) {
  if (word == "exit") {
    std::exit(number);
  } else if (word == "null") {
    parse_header();
  } else if (word == "wild") {
    parse_body();
  } else if (word == "deep") {
    parse_level(number);
  } else if (word == "abort") {
    std::abort();
  } else if (word == "hang") {
    Sleep(INFINITE);
  } else if (word == "memory") {
    take_memory();
  } else if (word == "sometimes") {
    FILETIME now{};
    GetSystemTimeAsFileTime(&now);
    if (now.dwLowDateTime / 10'000 % static_cast<unsigned>(number) == 0) {
      parse_header();
    }
  } else if (word == "delete" && path != nullptr) {
    DeleteFileW(path);
  } else if (word == "clutter") {
    clutter();
  } else if (word == "note") {
    write_note(L"note.txt");
  }
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const wchar_t* const path = argc > 1 ? argv[1] : nullptr;
  const std::string text = read_all(path);
  log_input(text);
  const std::string word = text.substr(0, text.find_first_of(" \r\n"));
  const std::size_t blank = text.find(' ');
  obey(word, blank == std::string::npos ? 1 : std::atoi(text.c_str() + blank), path);
  return 0;
}
