#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace catcher {

// Where the debugger is named that the OS starts for a program that crashes (Microsoft Learn, "Configuring Automatic
// Debugging"). `root` is an HKEY, `view` KEY_WOW64_64KEY, KEY_WOW64_32KEY or 0.
struct AedebugKey {
  void* root = nullptr;
  std::wstring path;
  std::uint32_t view = 0;
};

// The OS's own, one for the programs of each kind that this catcher can debug.
std::vector<AedebugKey> system_aedebug_keys();

// The command line that the OS is to start: the process id and the event handle go in for the two "%ld". `program` is a
// whole path. Neither it nor an option may contain a "%".
std::wstring aedebug_command(const std::wstring& program, std::span<const std::wstring> options);

// Names this command in every key, and keeps what was there before; a command of an earlier installation is replaced.
// All keys are opened before one is changed. Throws std::system_error.
void install_aedebug(std::span<const AedebugKey> keys, const std::wstring& command);

// What uninstall_aedebug() found.
enum class AedebugRemoval {
  kRestored,      // what was there before is there again
  kTakenOver,     // another debugger had been named since; it was left alone
  kNotInstalled,  // nothing to do
};

// Takes back what install_aedebug() did. Throws std::system_error.
AedebugRemoval uninstall_aedebug(std::span<const AedebugKey> keys);

}  // namespace catcher
