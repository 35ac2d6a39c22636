// Allocates in ways that a probe may stumble over. catcher --memory=trace must neither hang nor miscount: everything
// ends with 0 but `die`, and nothing is left but what each word says.
//     threads N M  N threads allocate and free M blocks each, at once; each keeps its last one: N blocks of 64 KB
//     huge         asks for more than there is, for all but nothing, with sizes that overflow; keeps 1 TB reserved
//     cross N      N blocks, each freed in another thread than the one that allocated it
//     partial      decommits and releases parts: of 1 MB are left 256 KB
//     late         two views: one is unmapped by an exit handler, one while the DLLs are told of the end
//     odd_stack N  N blocks of 64 KB, allocated on a stack that is none: a block of memory full of addresses
//     remote       64 KB in a child, which waits: allocated there by its parent, which kills it then
//     die N        8 threads allocate until one of them ends the process with 7

#include <windows.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cwchar>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kBlock = 0x10000;

[[gnu::noinline]] void* take(std::size_t bytes) {
  void* volatile block = VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  return block;
}

void give_back(void* block) {
  if (VirtualFree(block, 0, MEM_RELEASE) == FALSE) {
    std::exit(3);
  }
}

void in_threads(int count, int rounds) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([rounds] {
      void* last = take(kBlock);
      for (int round = 1; round < rounds; ++round) {
        void* const next = take(kBlock);
        give_back(last);
        last = next;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

void ask_for_huge_sizes() {
  for (const std::size_t size : {SIZE_MAX, SIZE_MAX - 0xFFF, SIZE_MAX / 2, std::size_t{0}}) {
    take(size);
    VirtualAlloc(reinterpret_cast<void*>(SIZE_MAX - 0xFFFF), size, MEM_RESERVE, PAGE_READWRITE);
  }
  VirtualFree(reinterpret_cast<void*>(SIZE_MAX - 0xFFFF), SIZE_MAX, MEM_DECOMMIT);
  VirtualFree(nullptr, SIZE_MAX, MEM_RELEASE);
  UnmapViewOfFile(reinterpret_cast<void*>(SIZE_MAX));
  VirtualAlloc(nullptr, static_cast<std::size_t>(std::uint64_t{1} << 40), MEM_RESERVE, PAGE_NOACCESS);
}

void free_elsewhere(int count) {
  std::vector<void*> blocks;
  for (int i = 0; i < count; ++i) {
    blocks.push_back(take(kBlock));
  }
  std::thread([&blocks] {
    for (void* const block : blocks) {
      give_back(block);
    }
  }).join();
}

void keep_parts() {
  auto* const block = static_cast<char*>(take(16 * kBlock));
  VirtualFree(block + 4 * kBlock, 4 * kBlock, MEM_DECOMMIT);
  VirtualFree(block, 4 * kBlock, MEM_DECOMMIT);
  VirtualFree(block + 12 * kBlock, 4 * kBlock, MEM_DECOMMIT);
  VirtualFree(block, 0x1000, MEM_RELEASE);  // refused: not the whole
}

void* map_view() {
  const HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, 1u << 20, nullptr);
  void* const view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
  CloseHandle(section);
  return view;
}

void* view_of_handler = nullptr;
void* view_of_destructor = nullptr;

struct UnmapsLate {
  ~UnmapsLate() { UnmapViewOfFile(view_of_destructor); }
};
UnmapsLate unmaps_late;

void unmap_late() {
  view_of_handler = map_view();
  view_of_destructor = map_view();
  std::atexit([] { UnmapViewOfFile(view_of_handler); });
}

[[gnu::noinline, gnu::used]] void take_one() {
  take(kBlock);
}

// Calls take_one with the stack pointer in a block of the process's own memory.
void on_odd_stack(int count) {
#ifdef __x86_64__
  static std::vector<std::uint64_t> words(1u << 15);
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = reinterpret_cast<std::uintptr_t>(i % 3 == 0 ? reinterpret_cast<void*>(&take_one)
                                                           : static_cast<void*>(&words[i % 7 * 100]));
  }
  void* const top =
      reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&words[words.size() / 2]) & ~std::uintptr_t{15});
  for (int i = 0; i < count; ++i) {
    __asm__ volatile(
        "movq %%rsp, %%rbx\n\t"
        "movq %0, %%rsp\n\t"
        "subq $32, %%rsp\n\t"
        "callq *%1\n\t"
        "movq %%rbx, %%rsp\n\t"
        :
        : "r"(top), "r"(&take_one)
        : "rbx", "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
  }
#else
  for (int i = 0; i < count; ++i) {
    take_one();
  }
#endif
}

void allocate_in_child() {
  wchar_t path[MAX_PATH] = L"";
  GetModuleFileNameW(nullptr, path, MAX_PATH);
  std::wstring command = L"\"" + std::wstring(path) + L"\" wait";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION child{};
  if (CreateProcessW(nullptr, command.data(), nullptr, nullptr, FALSE, CREATE_SUSPENDED, nullptr, nullptr, &startup,
                     &child) == 0) {
    std::exit(4);
  }
  VirtualAllocEx(child.hProcess, nullptr, kBlock, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  ResumeThread(child.hThread);
  Sleep(1500);
  VirtualAllocEx(child.hProcess, nullptr, kBlock, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  TerminateProcess(child.hProcess, 0);
  WaitForSingleObject(child.hProcess, INFINITE);
}

void die(int after) {
  static std::atomic<int> left;
  left = after;
  for (int i = 0; i < 8; ++i) {
    std::thread([] {
      for (;;) {
        give_back(take(kBlock));
        if (--left == 0) {
          ExitProcess(7);
        }
      }
    }).detach();
  }
  Sleep(INFINITE);
}

}  // namespace

int wmain(int count, wchar_t** words) {
  const std::wstring word = count > 1 ? words[1] : L"";
  const auto number = [&](int index) {
    return count > index ? static_cast<int>(std::wcstol(words[index], nullptr, 10)) : 1;
  };
  if (word == L"threads") {
    in_threads(number(2), number(3));
  } else if (word == L"huge") {
    ask_for_huge_sizes();
  } else if (word == L"cross") {
    free_elsewhere(number(2));
  } else if (word == L"partial") {
    keep_parts();
  } else if (word == L"late") {
    unmap_late();
  } else if (word == L"odd_stack") {
    on_odd_stack(number(2));
  } else if (word == L"remote") {
    allocate_in_child();
  } else if (word == L"wait") {
    Sleep(INFINITE);
  } else if (word == L"die") {
    die(number(2));
  } else {
    return 2;
  }
  return 0;
}
