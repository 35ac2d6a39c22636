// Uses handles in every way that is right, and must make catcher --handles say nothing: four threads with APCs, files,
// pipes, sockets, the registry, processes, mappings, tokens, timers, duplicated and inherited handles, handles that
// another process closes (DUPLICATE_CLOSE_SOURCE), protected handles, RPC, the thread pool, handles given away between
// modules. Prints "mixed N" where N counts what went wrong, and exits with it.
//
//   handle_mix               all of it
//   handle_mix take HANDLE   the child: takes HANDLE away from its parent and ends

#include "handle_engine.h"

#include <winsock2.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string>

namespace {

std::atomic<int> wrong{0};

void expect(bool right) {
  wrong += right ? 0 : 1;
}

HANDLE some_file() {
  return CreateFileW(L"C:\\windows\\system32\\kernel32.dll", GENERIC_READ,
                     FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, 0, nullptr);
}

void CALLBACK on_apc(ULONG_PTR) {
  const HANDLE semaphore = CreateSemaphoreW(nullptr, 0, 1, nullptr);
  expect(semaphore != nullptr && CloseHandle(semaphore) != FALSE);
}

DWORD WINAPI work(void*) {
  for (int i = 0; i < 25; ++i) {
    const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    const HANDLE mutex = CreateMutexW(nullptr, FALSE, nullptr);
    const HANDLE file = some_file();
    HANDLE copy = nullptr;
    expect(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS) !=
           FALSE);
    if (i % 5 == 0) {
      QueueUserAPC(on_apc, GetCurrentThread(), 0);
      SleepEx(0, TRUE);
    }
    SetEvent(copy);
    expect(WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    HANDLE moved = nullptr;
    expect(DuplicateHandle(GetCurrentProcess(), mutex, GetCurrentProcess(), &moved, 0, FALSE,
                           DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE) != FALSE);
    expect(CloseHandle(moved) != FALSE && CloseHandle(copy) != FALSE && CloseHandle(event) != FALSE &&
           CloseHandle(file) != FALSE);
  }
  return 0;
}

void use_threads() {
  HANDLE threads[4];
  for (HANDLE& thread : threads) {
    thread = CreateThread(nullptr, 0, work, nullptr, 0, nullptr);
  }
  WaitForMultipleObjects(4, threads, TRUE, INFINITE);
  for (const HANDLE thread : threads) {
    expect(CloseHandle(thread) != FALSE);
  }
}

void use_pipe() {
  HANDLE reader = nullptr;
  HANDLE writer = nullptr;
  expect(CreatePipe(&reader, &writer, nullptr, 0) != FALSE);
  DWORD done = 0;
  char byte = 'x';
  expect(WriteFile(writer, &byte, 1, &done, nullptr) != FALSE && ReadFile(reader, &byte, 1, &done, nullptr) != FALSE);
  expect(CloseHandle(reader) != FALSE && CloseHandle(writer) != FALSE);
}

void use_sockets() {
  WSADATA data{};
  expect(WSAStartup(MAKEWORD(2, 2), &data) == 0);
  for (int i = 0; i < 3; ++i) {
    const SOCKET one = socket(AF_INET, SOCK_STREAM, 0);
    expect(one != INVALID_SOCKET && closesocket(one) == 0);
  }
  WSACleanup();
}

void use_registry() {
  HKEY key = nullptr;
  expect(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software", 0, KEY_READ, &key) == ERROR_SUCCESS);
  expect(RegCloseKey(key) == ERROR_SUCCESS);
}

void use_objects() {
  const HANDLE mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, 65536, L"handle_mix_map");
  void* view = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
  expect(view != nullptr && UnmapViewOfFile(view) != FALSE && CloseHandle(mapping) != FALSE);
  const HANDLE timer = CreateWaitableTimerW(nullptr, FALSE, nullptr);
  expect(CloseHandle(timer) != FALSE);
  HANDLE token = nullptr;
  expect(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) != FALSE && CloseHandle(token) != FALSE);
  WIN32_FIND_DATAW found{};
  const HANDLE search = FindFirstFileW(L"C:\\windows\\*", &found);
  expect(search != INVALID_HANDLE_VALUE && FindClose(search) != FALSE);
  CloseHandle(GetCurrentProcess());  // pseudo handles may be closed as often as anybody likes
  CloseHandle(GetCurrentThread());
  CloseHandle(GetCurrentProcess());
}

void use_protection() {
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE);
  HANDLE other = some_file();
  expect(CloseHandle(event) == FALSE && CloseHandle(event) == FALSE);  // refused, and no double close
  expect(SetEvent(event) != FALSE && WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
  SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0);
  expect(SetEvent(event) != FALSE && CloseHandle(event) != FALSE && CloseHandle(other) != FALSE);
}

// Service control goes by RPC where the system has its services.
void use_rpc() {
  const SC_HANDLE services = OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ENUMERATE_SERVICE);
  if (services != nullptr) {
    const SC_HANDLE one = OpenServiceW(services, L"RpcSs", SERVICE_QUERY_STATUS);
    SERVICE_STATUS status{};
    expect(one == nullptr || (QueryServiceStatus(one, &status) != FALSE && CloseServiceHandle(one) != FALSE));
    expect(CloseServiceHandle(services) != FALSE);
  }
}

void CALLBACK on_pool(PTP_CALLBACK_INSTANCE, void* context, PTP_WORK) {
  const HANDLE file = some_file();
  CloseHandle(file);
  SetEvent(*static_cast<HANDLE*>(context));
}

void use_pool() {
  HANDLE done = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  const PTP_WORK pool_work = CreateThreadpoolWork(on_pool, &done, nullptr);
  for (int i = 0; i < 8; ++i) {
    SubmitThreadpoolWork(pool_work);
    expect(WaitForSingleObject(done, 5000) == WAIT_OBJECT_0);
  }
  WaitForThreadpoolWorkCallbacks(pool_work, FALSE);
  CloseThreadpoolWork(pool_work);
  CloseHandle(done);
}

void give_away() {
  for (int i = 0; i < 3; ++i) {
    expect(engine_close_handle(CreateEventW(nullptr, TRUE, FALSE, nullptr)));
  }
}

// The child closes a handle of ours; its value is then given to the next object, which is ours to close.
void lose_one_to_a_child() {
  SECURITY_ATTRIBUTES inheritable{sizeof inheritable, nullptr, TRUE};
  const HANDLE inherited = CreateEventW(&inheritable, TRUE, FALSE, nullptr);
  const HANDLE lost = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  wchar_t program[MAX_PATH] = L"";
  GetModuleFileNameW(nullptr, program, MAX_PATH);
  std::wstring command_line =
      L"\"" + std::wstring(program) + L"\" take " + std::to_wstring(reinterpret_cast<std::uintptr_t>(lost)) + L" " +
      std::to_wstring(reinterpret_cast<std::uintptr_t>(inherited)) + L" " + std::to_wstring(GetCurrentProcessId());
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  expect(CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup,
                        &process) != FALSE);
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD status = 1;
  GetExitCodeProcess(process.hProcess, &status);
  expect(status == 0);
  expect(CloseHandle(process.hThread) != FALSE && CloseHandle(process.hProcess) != FALSE);
  for (int i = 0; i < 4; ++i) {
    const HANDLE next = some_file();
    expect(CloseHandle(next) != FALSE);
  }
  expect(CloseHandle(inherited) != FALSE);
}

int take(std::uintptr_t lost, std::uintptr_t inherited, DWORD parent_id) {
  const HANDLE parent = OpenProcess(PROCESS_DUP_HANDLE, FALSE, parent_id);
  HANDLE taken = nullptr;
  const bool took = DuplicateHandle(parent, reinterpret_cast<HANDLE>(lost), GetCurrentProcess(), &taken, 0, FALSE,
                                    DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE) != FALSE;
  const bool closed = CloseHandle(taken) != FALSE && CloseHandle(reinterpret_cast<HANDLE>(inherited)) != FALSE;
  CloseHandle(parent);
  return took && closed ? 0 : 1;
}

}  // namespace

int wmain(int count, wchar_t** words) {
  if (count > 4) {
    return take(std::wcstoull(words[2], nullptr, 10), std::wcstoull(words[3], nullptr, 10),
                std::wcstoul(words[4], nullptr, 10));
  }
  use_threads();
  use_pipe();
  use_sockets();
  use_registry();
  use_objects();
  use_protection();
  use_rpc();
  use_pool();
  give_away();
  lose_one_to_a_child();
  std::printf("mixed %d\n", wrong.load());
  return wrong.load();
}
