// The program that the memory report exists for. An image processing program grew to 13 GB: every image that it grabbed
// cost one block of 0x1000040 bytes, allocated by its library (halcon.cpp) behind a wrapper that nobody gave it back
// to. catcher --memory must say that the heaps hold nearly all of it, in how many big blocks of which size;
// --memory=trace also that they came from HXmalloc <- HXAllocRLTmp <- HXAllocTmp <- HCancelWait <- CCallHProc <-
// grab_image. Nothing is written into the blocks: they cost address space and commit charge only.
//
// The words are done one after another; SIZE is in bytes, hexadecimal with 0x. Without words: leak 189 0x1000040.
//   leak N SIZE       N images are grabbed and never freed
//   balanced N SIZE   N images are grabbed, and each is freed: nothing to find
//   virtual N SIZE    N blocks of VirtualAlloc are never freed
//   reserve N SIZE    the same, reserved only
//   view N SIZE       N views of a section of the paging file are never unmapped
//   file N            N views of the program's own file are never unmapped
//   small N SIZE      N small blocks of the process's heap are never freed
//   heaps N           N heaps are created and never destroyed
//   fragments N SIZE  2 N blocks of VirtualAlloc, of which every other one is freed: N holes
//   stacks N KIB      N threads each use so much of their stacks, and wait there
//   slowly N SIZE MS  N images, with so many milliseconds after each
//   child             does the rest in a child process, and ends as that ends
//   threads           does the rest in another thread
//   touch             from here on, every page of an image is written to: not every system counts the others
//   mark              says "mark" on stdout
//   regions N         N reservations of which one page is committed: 2 N regions
//   corrupt           what the heap of the library writes about itself is overwritten with 0x41
//   garbage           the system's list of heaps in the PEB is overwritten with nonsense
//   churn MS          two threads allocate and free VirtualAlloc blocks, until the program ends after so long
//   crash, hang       and what it ends with; else it ends with 0
//   kill_child        does the rest in a child process, and kills that when it says "mark"

#include "halcon.h"

#include <windows.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>
#include <string_view>
#include <vector>

namespace {

// The words that are still to be done.
class Program {
 public:
  Program(int count, wchar_t** words) : left_(count), words_(words) {}

  bool at_end() const { return left_ == 0; }

  std::wstring_view next_word() {
    if (left_ == 0) {
      std::exit(2);
    }
    --left_;
    return *words_++;
  }

  std::size_t next_number() { return std::wcstoull(next_word().data(), nullptr, 0); }

  std::wstring rest() {
    std::wstring text;
    while (left_ > 0) {
      text += L" " + std::wstring(next_word());
    }
    return text;
  }

 private:
  int left_;
  wchar_t** words_;
};

void must(const void* memory) {
  if (memory == nullptr) {
    std::fprintf(stderr, "no memory: error %lu\n", GetLastError());
    std::exit(3);
  }
}

// The memory of an image, as the program wants it.
void fill(void* image, std::size_t bytes, bool wanted) {
  constexpr std::size_t kPage = 4096;
  for (std::size_t at = 0; wanted && at < bytes; at += kPage) {
    static_cast<volatile char*>(image)[at] = 1;
  }
}

bool fills_images = false;

[[gnu::noinline]] void grab_image(std::size_t bytes) {
  void* const image = CCallHProc(bytes);
  must(image);
  fill(image, bytes, fills_images);
  keep_frame();
}

[[gnu::noinline]] void grab_and_free_image(std::size_t bytes) {
  void* const image = CCallHProc(bytes);
  must(image);
  HXfree(image);
  keep_frame();
}

[[gnu::noinline]] void* allocate_address_space(std::size_t bytes, DWORD how) {
  void* const block = VirtualAlloc(nullptr, bytes, how, PAGE_READWRITE);
  must(block);
  keep_frame();
  return block;
}

[[gnu::noinline]] void map_section(std::size_t bytes) {
  const HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE,
                                            static_cast<DWORD>(static_cast<std::uint64_t>(bytes) >> 32U),
                                            static_cast<DWORD>(bytes), nullptr);
  must(section);
  must(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, bytes));
  CloseHandle(section);  // the view keeps the memory
  keep_frame();
}

[[gnu::noinline]] void map_own_file() {
  wchar_t path[MAX_PATH] = L"";
  GetModuleFileNameW(nullptr, path, MAX_PATH);
  const HANDLE file =
      CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, 0, nullptr);
  const HANDLE section = CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
  must(section);
  must(MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0));
  CloseHandle(section);
  CloseHandle(file);
  keep_frame();
}

void leave_holes(std::size_t count, std::size_t bytes) {
  std::vector<void*> holes;
  for (std::size_t i = 0; i < count; ++i) {
    holes.push_back(allocate_address_space(bytes, MEM_RESERVE | MEM_COMMIT));
    allocate_address_space(bytes, MEM_RESERVE | MEM_COMMIT);
  }
  for (void* const hole : holes) {
    VirtualFree(hole, 0, MEM_RELEASE);
  }
}

struct Dive {
  std::size_t bytes;
  HANDLE down;
};

[[gnu::noinline]] void go_down(const Dive& dive, std::size_t bytes) {
  volatile char page[1024];
  page[0] = 1;
  if (bytes > sizeof page) {
    go_down(dive, bytes - sizeof page);
  } else {
    SetEvent(dive.down);
    Sleep(INFINITE);
  }
  page[1] = page[0];
}

DWORD WINAPI dive(void* parameter) {
  go_down(*static_cast<const Dive*>(parameter), static_cast<const Dive*>(parameter)->bytes);
  return 0;
}

void use_stacks(std::size_t count, std::size_t kibibytes) {
  for (std::size_t i = 0; i < count; ++i) {
    auto* const what = new Dive{kibibytes * 1024, CreateEventW(nullptr, TRUE, FALSE, nullptr)};
    CreateThread(nullptr, 0, &dive, what, 0, nullptr);
    WaitForSingleObject(what->down, INFINITE);
  }
}

std::wstring own_command(const std::wstring& words) {
  wchar_t path[MAX_PATH] = L"";
  GetModuleFileNameW(nullptr, path, MAX_PATH);
  return L"\"" + std::wstring(path) + L"\"" + words;
}

HANDLE start_child(const std::wstring& words, HANDLE output) {
  std::wstring command = own_command(words);
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  if (output != nullptr) {
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdOutput = output;
  }
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command.data(), nullptr, nullptr, output != nullptr, 0, nullptr, nullptr, &startup,
                     &process) == 0) {
    std::exit(4);
  }
  CloseHandle(process.hThread);
  return process.hProcess;
}

int run_child(const std::wstring& words) {
  const HANDLE child = start_child(words, nullptr);
  WaitForSingleObject(child, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(child, &code);
  return static_cast<int>(code);
}

int kill_child(const std::wstring& words) {
  SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
  HANDLE from = nullptr;
  HANDLE to = nullptr;
  CreatePipe(&from, &to, &inherited, 0);
  SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0);
  const HANDLE child = start_child(words, to);
  char mark = 0;
  DWORD read = 0;
  ReadFile(from, &mark, 1, &read, nullptr);
  TerminateProcess(child, 7);
  WaitForSingleObject(child, INFINITE);
  return 0;
}

int perform(Program& program);

DWORD WINAPI perform_in_thread(void* program) {
  return static_cast<DWORD>(perform(*static_cast<Program*>(program)));
}

int run_thread(Program& program) {
  const HANDLE thread = CreateThread(nullptr, 0, &perform_in_thread, &program, 0, nullptr);
  WaitForSingleObject(thread, INFINITE);
  DWORD code = 0;
  GetExitCodeThread(thread, &code);
  return static_cast<int>(code);
}

[[gnu::noinline]] void write_null() {
  volatile int* volatile const nowhere = nullptr;
  *nowhere = 1;
}

void repeat(Program& program, void (*what)(std::size_t bytes)) {
  const std::size_t count = program.next_number();
  const std::size_t bytes = program.next_number();
  for (std::size_t i = 0; i < count; ++i) {
    what(bytes);
  }
}

void reserve_regions(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    char* const block = static_cast<char*>(allocate_address_space(0x10000, MEM_RESERVE));
    must(VirtualAlloc(block, 0x1000, MEM_COMMIT, PAGE_READWRITE));
  }
}

// From the lists behind the signature on, as a program does that writes past its blocks.
void corrupt_heap() {
  void* const block = CCallHProc(0x200000);
  must(block);
  HANDLE heaps[64] = {};
  const DWORD count = GetProcessHeaps(64, heaps);
  for (DWORD i = 0; i < count && i < 64; ++i) {
    std::memset(static_cast<char*>(heaps[i]) + 0x60, 0x41, 0x300);
  }
}

// The PEB's NumberOfHeaps and ProcessHeaps (Microsoft's public symbols).
void garble_list_of_heaps() {
  constexpr bool kIs64Bit = sizeof(void*) == 8;
#ifdef _WIN64
  volatile unsigned long place = 0x60;  // a constant makes the compiler see an array without elements
  char* const peb = reinterpret_cast<char*>(__readgsqword(place));
#else
  volatile unsigned long place = 0x30;
  char* const peb = reinterpret_cast<char*>(__readfsdword(place));
#endif
  *reinterpret_cast<DWORD*>(peb + (kIs64Bit ? 0xE8 : 0x88)) = 0xFFFFFFFF;
  *reinterpret_cast<std::uintptr_t*>(peb + (kIs64Bit ? 0xF0 : 0x90)) = reinterpret_cast<std::uintptr_t>(peb);
}

DWORD WINAPI churn(void*) {
  for (;;) {
    VirtualFree(allocate_address_space(0x10000, MEM_RESERVE | MEM_COMMIT), 0, MEM_RELEASE);
  }
}

// False: not one of the words that take memory.
bool take_memory(std::wstring_view word, Program& program) {
  if (word == L"leak") {
    repeat(program, grab_image);
  } else if (word == L"balanced") {
    repeat(program, grab_and_free_image);
  } else if (word == L"virtual") {
    repeat(program, [](std::size_t bytes) { allocate_address_space(bytes, MEM_RESERVE | MEM_COMMIT); });
  } else if (word == L"reserve") {
    repeat(program, [](std::size_t bytes) { allocate_address_space(bytes, MEM_RESERVE); });
  } else if (word == L"view") {
    repeat(program, map_section);
  } else if (word == L"small") {
    repeat(program, [](std::size_t bytes) { must(HeapAlloc(GetProcessHeap(), 0, bytes)); });
  } else if (word == L"file") {
    for (std::size_t left = program.next_number(); left > 0; --left) {
      map_own_file();
    }
  } else if (word == L"heaps") {
    for (std::size_t left = program.next_number(); left > 0; --left) {
      must(HeapAlloc(HeapCreate(0, 0, 0), 0, 1000));
    }
  } else if (word == L"fragments") {
    const std::size_t count = program.next_number();
    leave_holes(count, program.next_number());
  } else if (word == L"stacks") {
    const std::size_t count = program.next_number();
    use_stacks(count, program.next_number());
  } else if (word == L"regions") {
    reserve_regions(program.next_number());
  } else if (word == L"corrupt") {
    corrupt_heap();
  } else if (word == L"garbage") {
    garble_list_of_heaps();
  } else if (word == L"churn") {
    for (int i = 0; i < 2; ++i) {
      CreateThread(nullptr, 0, &churn, nullptr, 0, nullptr);
    }
    Sleep(static_cast<DWORD>(program.next_number()));
  } else if (word == L"slowly") {
    const std::size_t count = program.next_number();
    const std::size_t bytes = program.next_number();
    const auto pause = static_cast<DWORD>(program.next_number());
    for (std::size_t i = 0; i < count; ++i) {
      grab_image(bytes);
      Sleep(pause);
    }
  } else {
    return false;
  }
  return true;
}

int perform(Program& program) {
  while (!program.at_end()) {
    const std::wstring_view word = program.next_word();
    if (take_memory(word, program)) {
      continue;
    }
    if (word == L"child") {
      return run_child(program.rest());
    }
    if (word == L"kill_child") {
      return kill_child(program.rest());
    }
    if (word == L"threads") {
      return run_thread(program);
    }
    if (word == L"crash") {
      write_null();
    } else if (word == L"hang") {
      Sleep(INFINITE);
    } else if (word == L"touch") {
      fills_images = true;
    } else if (word == L"mark") {
      std::puts("mark");
      std::fflush(stdout);
    } else {
      return 2;
    }
  }
  return 0;
}

}  // namespace

int wmain(int count, wchar_t** words) {
  if (count == 1) {
    for (int i = 0; i < 189; ++i) {
      grab_image(0x1000040);
    }
    return 0;
  }
  Program program(count - 1, words + 1);
  return perform(program);
}
