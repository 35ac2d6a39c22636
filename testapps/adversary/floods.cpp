// More events than anybody can want, and events with arguments that nobody would send.

#include "behaviors.h"

#include <windows.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace adversary {
namespace {

constexpr DWORD kOwnCode = 0xE0ADBEEF;
constexpr DWORD kThreadName = 0x406D1388;      // MS_VC_EXCEPTION
constexpr DWORD kPrintException = 0x40010006;  // DBG_PRINTEXCEPTION_C
constexpr DWORD kPrintExceptionWide = 0x4001000A;

LONG CALLBACK go_on(EXCEPTION_POINTERS*) {
  return EXCEPTION_CONTINUE_EXECUTION;
}

// While it lives, every exception that is raised is handled.
class HandlesEverything {
 public:
  HandlesEverything() : handler_(AddVectoredExceptionHandler(1, go_on)) {}
  ~HandlesEverything() { RemoveVectoredExceptionHandler(handler_); }
  HandlesEverything(const HandlesEverything&) = delete;
  HandlesEverything& operator=(const HandlesEverything&) = delete;

 private:
  void* handler_;
};

// catcher must count each of them, and call none a crash.
void flood_exceptions(const Call& call) {
  const HandlesEverything handles_everything;
  for (std::uint32_t i = 0; i < call.number; ++i) {
    RaiseException(kOwnCode, 0, 0, nullptr);
  }
}

// catcher must count all of them but not list each: a report does not grow with what the target makes up.
void flood_codes(const Call& call) {
  const HandlesEverything handles_everything;
  for (std::uint32_t i = 0; i < call.number; ++i) {
    RaiseException(0xE0000000 + i, 0, 0, nullptr);
  }
}

// Layout of "How to: Set a Thread Name in Native Code": four fields in as many words as they take.
struct ThreadName {
  DWORD type;
  const char* name;
  DWORD thread_id;
  DWORD flags;
};

void tell_name(const char* name, DWORD thread_id, DWORD type, DWORD words) {
  const ThreadName told{type, name, thread_id, 0};
  std::array<ULONG_PTR, sizeof(ThreadName) / sizeof(ULONG_PTR)> parameters{};
  std::memcpy(parameters.data(), &told, sizeof told);
  RaiseException(kThreadName, 0, words, parameters.data());
}

// A page without a zero byte, and nothing behind it.
const char* unterminated_page() {
  auto* const pages = static_cast<char*>(VirtualAlloc(nullptr, 8192, MEM_RESERVE, PAGE_NOACCESS));
  VirtualAlloc(pages, 4096, MEM_COMMIT, PAGE_READWRITE);
  std::memset(pages, 'n', 4096);
  return pages + 4000;
}

// catcher must show a name that is safe to print, and go on after each that is none.
void flood_thread_names(const Call& call) {
  const HandlesEverything handles_everything;
  static const char* const page = unterminated_page();
  static const std::string all_bytes = [] {
    std::string text;
    for (int byte = 1; byte < 256; ++byte) {
      text += static_cast<char>(byte);
    }
    return text;
  }();
  const std::array names{"\x1b[31mred\x1b]0;title\x07",
                         static_cast<const char*>(nullptr),
                         "line\r\nbreak \xff\xfe\xc0\x80 \xed\xa0\x80 \xe2\x80\xae",
                         reinterpret_cast<const char*>(static_cast<std::uintptr_t>(0x41414141)),
                         reinterpret_cast<const char*>(~std::uintptr_t{0}),
                         reinterpret_cast<const char*>(~(~std::uintptr_t{0} >> 1U)),  // not canonical, or the kernel's
                         page,
                         "",
                         all_bytes.c_str()};
  constexpr std::array<DWORD, 5> kTypes{0x1000, 0x1001, 0x1002, 0x1003, 0xFFFFFFFF};
  constexpr auto kWords = static_cast<DWORD>(sizeof(ThreadName) / sizeof(ULONG_PTR));
  for (std::uint32_t i = 0; i < call.number; ++i) {
    const bool odd = i % 16 == 15;
    tell_name(names[i % names.size()], i % 7 == 3 ? i * 4 : static_cast<DWORD>(-1),
              odd ? kTypes[(i / 16) % kTypes.size()] : 0x1000, odd ? (i / 16) % (kWords + 1) : kWords);
  }
  tell_name(all_bytes.c_str(), static_cast<DWORD>(-1), 0x1000, kWords);
}

// catcher must keep the last of it, count the rest, and let the program go on at nearly its own pace.
void flood_debug_output(const Call& call) {
  const std::string narrow = "\x1b[2J flood \xff\xfe \r\n second line";
  const std::wstring wide = L"\x1b[2J flood \xd800 \x202e \r\n second line";
  const std::string large(1U << 20, 'L');
  for (std::uint32_t i = 0; i < call.number; ++i) {
    if (i % 2 == 0) {
      OutputDebugStringA(narrow.c_str());
    } else {
      OutputDebugStringW(wide.c_str());
    }
    if (i % 10'000 == 0) {
      OutputDebugStringA(large.c_str());
    }
  }
}

// catcher must take no harm from a length and a pointer that have nothing to do with each other.
void hostile_debug_strings(const Call&) {
  const HandlesEverything handles_everything;
  const std::array<ULONG_PTR, 4> pointers{0, 0x41414141, ~ULONG_PTR{0},
                                          reinterpret_cast<ULONG_PTR>(unterminated_page())};
  const std::array<ULONG_PTR, 5> lengths{0, 1, 0xFFFF, 0x7FFFFFFF, ~ULONG_PTR{0}};
  for (const ULONG_PTR pointer : pointers) {
    for (const ULONG_PTR length : lengths) {
      const std::array<ULONG_PTR, 4> both{length, pointer, length, pointer};
      RaiseException(kPrintException, 0, 2, both.data());
      RaiseException(kPrintExceptionWide, 0, 4, both.data());
      RaiseException(kPrintException, 0, 0, nullptr);
    }
  }
}

// Well-known codes whose parameters other tools decode.
// catcher must decode none of them into a read of its own that fails the run.
void hostile_parameters(const Call&) {
  const HandlesEverything handles_everything;
  constexpr std::array<DWORD, 11> kCodes{0xC0000005, 0xC0000006, 0xE06D7363, 0x20474343, 0xC0000409, 0xC0000374,
                                         0xE0434352, 0xC06D007E, 0x04242420, 0x40010005, 0xC00000FD};
  const std::array<ULONG_PTR, 4> values{0, 0x41414141, ~ULONG_PTR{0}, 0x19930520};
  std::vector<ULONG_PTR> parameters(EXCEPTION_MAXIMUM_PARAMETERS);
  for (const DWORD code : kCodes) {
    for (const ULONG_PTR value : values) {
      for (DWORD count = 0; count <= EXCEPTION_MAXIMUM_PARAMETERS; ++count) {
        parameters.assign(EXCEPTION_MAXIMUM_PARAMETERS, value);
        RaiseException(code, 0, count, parameters.data());
      }
    }
  }
}

constexpr std::array kTable{
    Behavior{L"FLOOD_EXCEPTIONS", Takes::kNumber, Origin::kRaised, "N exceptions of one code, each handled",
             flood_exceptions},
    Behavior{L"FLOOD_CODES", Takes::kNumber, Origin::kRaised, "N exceptions of as many codes, each handled",
             flood_codes},
    Behavior{L"FLOOD_THREAD_NAMES", Takes::kNumber, Origin::kRaised,
             "names this thread N times: control characters, wrong pointers, wrong types", flood_thread_names},
    Behavior{L"FLOOD_DEBUG_OUTPUT", Takes::kNumber, Origin::kNoFault, "N debug strings, now and then one of 1 MiB",
             flood_debug_output},
    Behavior{L"HOSTILE_DEBUG_STRINGS", Takes::kNothing, Origin::kRaised,
             "debug strings whose length and address are made up", hostile_debug_strings},
    Behavior{L"HOSTILE_PARAMETERS", Takes::kNothing, Origin::kRaised,
             "well-known exceptions with made-up parameters, each handled", hostile_parameters},
};

}  // namespace

std::span<const Behavior> flood_behaviors() {
  return kTable;
}

}  // namespace adversary
