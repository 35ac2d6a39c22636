// Damages what a debugger reads: the process's own books, its headers, its stack, its handles. Each goes on with the
// next word where it can, so that CRASH after it shows what is left of a report.

#include "behaviors.h"
#include "own_blocks.h"

#include <windows.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <cwchar>

namespace adversary {
namespace {

constexpr unsigned char kJunk = 0x41;

// Any pointer that leads nowhere.
template <typename T = void>
T* nowhere() {
  return reinterpret_cast<T*>(static_cast<std::uintptr_t>(0x41414140));
}

void make_writable(void* begin, std::size_t size) {
  DWORD before = 0;
  VirtualProtect(begin, size, PAGE_READWRITE, &before);
}

PEB* own_peb() {
  return own_teb()->ProcessEnvironmentBlock;
}

// catcher must report the crash after it as any other; modules and names come from debug events and files, not from
// here.
void corrupt_peb(const Call&) {
  PEB* const peb = own_peb();
  peb->Ldr = nowhere<PEB_LDR_DATA>();
  peb->ProcessParameters = nowhere<RTL_USER_PROCESS_PARAMETERS>();
  // ImageBaseAddress follows Mutant; the header keeps both in its reserved fields.
  peb->Reserved3[1] = nowhere();
}

// catcher must follow none of these: a list that bites its own tail, and one that leads out of memory.
void corrupt_loader_list(const Call&) {
  LIST_ENTRY& modules = own_peb()->Ldr->InMemoryOrderModuleList;
  LIST_ENTRY* const first = modules.Flink;
  LIST_ENTRY* const second = first->Flink;
  second->Flink = second;
  second->Blink = second;
  first->Blink = nowhere<LIST_ENTRY>();
}

// catcher must report the crash after it; what the image in memory says of itself is junk.
void erase_headers(const Call&) {
  void* const image = GetModuleHandleW(nullptr);
  make_writable(image, 4096);
  std::memset(image, 0, 4096);
}

IMAGE_NT_HEADERS& headers_of(HMODULE module) {
  auto* const bytes = reinterpret_cast<unsigned char*>(module);
  return *reinterpret_cast<IMAGE_NT_HEADERS*>(bytes + reinterpret_cast<IMAGE_DOS_HEADER*>(bytes)->e_lfanew);
}

// catcher must report the crash after it, without reading 4 GiB of anything: headers that are well-formed but lie.
void hostile_headers(const Call&) {
  for (const wchar_t* const name : {static_cast<const wchar_t*>(nullptr), L"msvcrt.dll", L"kernel32.dll"}) {
    const HMODULE module = GetModuleHandleW(name);
    make_writable(module, 4096);
    IMAGE_NT_HEADERS& headers = headers_of(module);
    headers.FileHeader.NumberOfSections = 0xFFFF;
    headers.OptionalHeader.SizeOfImage = 0xFFFFFFFF;
    headers.OptionalHeader.SizeOfHeaders = 0xFFFFFFF0;
    for (IMAGE_DATA_DIRECTORY& directory : headers.OptionalHeader.DataDirectory) {
      directory = {0xFFFFFF00, 0xFFFFFFFF};
    }
  }
}

// catcher must report the crash after it, and end when the header says that another begins in itself.
void header_beyond_the_image(const Call&) {
  void* const image = GetModuleHandleW(nullptr);
  make_writable(image, 4096);
  static_cast<IMAGE_DOS_HEADER*>(image)->e_lfanew = static_cast<LONG>(0x7FFFFFFC);
}

// Everything above this frame, up to the stack's end.
CRASH_TEST_NO_INLINE void overwrite_stack(unsigned char with) {
  volatile unsigned char here = 0;
  const auto base = reinterpret_cast<std::uintptr_t>(reinterpret_cast<NT_TIB*>(own_teb())->StackBase);
  const auto from = reinterpret_cast<std::uintptr_t>(&here) + 256;
  for (std::uintptr_t at = from; at < base; ++at) {
    *reinterpret_cast<volatile unsigned char*>(at) = with;
  }
  *crash_test::null_pointer = here;
}

// catcher must say: access violation, 139, with a stack that says where it ends and why.
void corrupt_stack(const Call&) {
  overwrite_stack(kJunk);
}

// catcher must say: access violation, 139, and not walk in circles: each word of the stack points at itself.
CRASH_TEST_NO_INLINE void stack_of_circles(const Call&) {
  volatile unsigned char here = 0;
  const auto base = reinterpret_cast<std::uintptr_t>(reinterpret_cast<NT_TIB*>(own_teb())->StackBase);
  const auto from = (reinterpret_cast<std::uintptr_t>(&here) + 256) & ~(sizeof(void*) - 1);
  for (std::uintptr_t at = from; at < base; at += sizeof(void*)) {
    *reinterpret_cast<volatile std::uintptr_t*>(at) = at;
  }
  *crash_test::null_pointer = here;
}

// catcher must say: a crash, 139, whatever the thread says of its own stack.
void corrupt_stack_bounds(const Call&) {
  auto* const tib = reinterpret_cast<NT_TIB*>(own_teb());
  tib->StackBase = reinterpret_cast<void*>(~std::uintptr_t{0xFFF});
  tib->StackLimit = nullptr;
}

// catcher must count an invalid handle for each value that is none, and end as the words after it say.
void close_all_handles(const Call& call) {
  for (std::uintptr_t value = 4; value < std::uintptr_t{call.number} * 4; value += 4) {
    CloseHandle(reinterpret_cast<HANDLE>(value));
  }
}

constexpr std::array kTable{
    Behavior{L"CORRUPT_PEB", Takes::kNothing, Origin::kNoFault,
             "PEB: loader data, parameters and image base lead nowhere; goes on", corrupt_peb},
    Behavior{L"CORRUPT_LOADER_LIST", Takes::kNothing, Origin::kNoFault,
             "the list of modules runs in a circle and out of memory; goes on", corrupt_loader_list},
    Behavior{L"ERASE_HEADERS", Takes::kNothing, Origin::kNoFault, "the image's own headers are zero; goes on",
             erase_headers},
    Behavior{L"HOSTILE_HEADERS", Takes::kNothing, Origin::kNoFault,
             "headers of three modules with sizes and directories of 4 GiB; goes on", hostile_headers},
    Behavior{L"HEADER_BEYOND_THE_IMAGE", Takes::kNothing, Origin::kNoFault, "e_lfanew leads 2 GiB away; goes on",
             header_beyond_the_image},
    Behavior{L"CORRUPT_STACK", Takes::kNothing, Origin::kReal, "overwrites its stack to the end, then writes to null",
             corrupt_stack},
    Behavior{L"STACK_OF_CIRCLES", Takes::kNothing, Origin::kReal,
             "a stack in which each word points at itself, then writes to null", stack_of_circles},
    Behavior{L"CORRUPT_STACK_BOUNDS", Takes::kNothing, Origin::kNoFault,
             "the TEB says that all memory is stack; goes on", corrupt_stack_bounds},
    Behavior{L"CLOSE_ALL_HANDLES", Takes::kNumber, Origin::kReal, "closes the handle values below 4 * N, one by one",
             close_all_handles},
};

}  // namespace

std::span<const Behavior> corruption_behaviors() {
  return kTable;
}

}  // namespace adversary
