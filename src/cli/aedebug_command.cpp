#include "cli/aedebug_command.h"

#include "cli/aedebug_registry.h"
#include "cli/option_values.h"
#include "report/escape.h"
#include "win32/error.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <windows.h>

#include <string_view>
#include <system_error>

namespace catcher {
namespace {

bool is_whole_path(std::wstring_view path) {
  const bool has_drive = path.size() > 2 && path[1] == L':' && (path[2] == L'\\' || path[2] == L'/');
  return has_drive || path.starts_with(L"\\\\");
}

void refuse_relative(std::string_view option, std::wstring_view path) {
  if (!is_whole_path(path)) {
    fail(fmt::format("{} {}: install-aedebug needs a whole path: the directory of the program that crashes would count",
                     option, shown(to_utf8(path))));
  }
}

std::wstring own_path() {
  std::wstring path(32768, L'\0');
  const DWORD length = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
  if (length == 0) {
    throw last_win32_error("GetModuleFileNameW");
  }
  path.resize(length);
  return path;
}

void refuse_percent(const std::wstring& word) {
  if (word.find(L'%') != std::wstring::npos) {
    fail(fmt::format("{}: Windows takes a % for a place to put something; use a path without one",
                     shown(to_utf8(word))));
  }
}

// Who may not write there learns how he may.
template <typename Action>
auto with_rights(std::string_view command, Action action) {
  try {
    return action();
  } catch (const std::system_error& error) {
    if (error.code().value() == ERROR_ACCESS_DENIED) {
      fail(fmt::format("{}: access denied, nothing was changed; run it as an administrator", command));
    }
    throw;
  }
}

}  // namespace

void check_aedebug_options(const Request& request, const std::vector<std::wstring>& words) {
  for (const std::wstring& word : words) {
    refuse_percent(word);
  }
  for (const ReportOrder& order : request.reports) {
    if (order.file) {
      refuse_relative(option_of(order.format), *order.file);
    }
  }
  if (!request.options.evidence.dump_directory.empty()) {
    refuse_relative("--dump", to_utf16(request.options.evidence.dump_directory));
  }
  for (const std::string& directory : request.options.evidence.symbol_directories) {
    refuse_relative("--symbols", to_utf16(directory));
  }
}

std::string run_install_aedebug(const std::vector<std::wstring>& options) {
  const std::wstring program = own_path();
  refuse_percent(program);
  const std::wstring command = aedebug_command(program, options);
  return with_rights("install-aedebug", [&] {
    install_aedebug(system_aedebug_keys(), command);
    return fmt::format("installed for programs that crash: {}\n", escape_for_terminal(to_utf8(command)));
  });
}

std::string run_uninstall_aedebug() {
  switch (with_rights("uninstall-aedebug", [] { return uninstall_aedebug(system_aedebug_keys()); })) {
    case AedebugRemoval::kRestored:
      return "uninstalled; what was there before is there again\n";
    case AedebugRemoval::kTakenOver:
      return "uninstalled; another debugger had been installed since, and stays\n";
    case AedebugRemoval::kNotInstalled:
      break;
  }
  return "catcher was not installed: nothing to do\n";
}

}  // namespace catcher
