#include "evidence/missing_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string_view>

#include "evidence/symbol_text.h"
#include "triage/path_name.h"

namespace catcher {
namespace {

constexpr std::size_t kMostModules = 400;
constexpr int kLongestForwarding = 8;

// DLLs that Windows maps from its system directory wherever else a file of their name lies ("KnownDLLs"). The
// registry's list differs a little from version to version; these are on all of them.
constexpr std::array<std::string_view, 24> kKnownDlls{
    "advapi32.dll", "clbcatq.dll",  "combase.dll", "comdlg32.dll", "difxapi.dll",    "gdi32.dll",
    "gdiplus.dll",  "imagehlp.dll", "imm32.dll",   "kernel32.dll", "kernelbase.dll", "msctf.dll",
    "msvcrt.dll",   "normaliz.dll", "nsi.dll",     "ntdll.dll",    "ole32.dll",      "oleaut32.dll",
    "psapi.dll",    "rpcrt4.dll",   "sechost.dll", "shell32.dll",  "user32.dll",     "ws2_32.dll"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

bool is_api_set(std::string_view name) {
  return name.substr(0, 4) == "api-" || name.substr(0, 4) == "ext-";
}

std::string join(std::string_view directory, std::string_view name) {
  const bool ends = !directory.empty() && (directory.back() == '\\' || directory.back() == '/');
  return fmt::format("{}{}{}", directory, ends ? "" : "\\", name);
}

struct LoadedImage {
  std::string name;  // as it was asked for
  std::string path;
  std::optional<PeFile> file;  // nothing: not found, or no PE image
};

class ImportWalk {
 public:
  ImportWalk(const ImageFiles& files, const LoaderSearch& search, MissingImport::Kind kind)
      : files_(files), search_(search), kind_(kind) {}

  // Breadth first: what the program itself needs comes before what its DLLs need.
  std::optional<MissingImport> run(const std::string& program) {
    const std::string name(file_name_of(program));
    auto file = PeFile::open(files_.open(program));
    if (!file) {
      return std::nullopt;
    }
    machine_ = file->machine();
    LoadedImage& root = loaded_[lower(name)] = {name, program, std::move(file)};
    queue_.push_back(&root);
    while (!queue_.empty()) {
      LoadedImage* const image = queue_.front();
      queue_.pop_front();
      if (auto missing = check_imports(*image)) {
        return missing;
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<MissingImport> check_imports(LoadedImage& image) {
    for (const ImportedDll& import : image.file->imports()) {
      const std::string name = lower(with_extension(import.dll));
      if (is_api_set(name) || name.find_first_of("\\/:") != std::string::npos) {
        continue;
      }
      LoadedImage* const dll = load(name, import.dll);
      if (dll == nullptr) {
        return std::nullopt;  // too many modules: nothing more can be said
      }
      if (auto missing = check_dll(*dll, image)) {
        return missing;
      }
      if (kind_ == MissingImport::Kind::kEntryPoint && dll->file) {
        if (auto missing = check_functions(import, *dll, image)) {
          return missing;
        }
      }
    }
    return std::nullopt;
  }

  std::optional<MissingImport> check_dll(const LoadedImage& dll, const LoadedImage& user) const {
    if (kind_ == MissingImport::Kind::kDll && dll.path.empty()) {
      return MissingImport{kind_, dll.name, "", user.name, ""};
    }
    const bool wrong = !dll.path.empty() && (!dll.file || dll.file->machine() != machine_);
    if (kind_ == MissingImport::Kind::kWrongMachine && wrong) {
      return MissingImport{kind_, dll.name, "", user.name, dll.path};
    }
    return std::nullopt;
  }

  std::optional<MissingImport> check_functions(const ImportedDll& import, LoadedImage& dll, const LoadedImage& user) {
    for (const ImportedFunction& function : import.functions) {
      if (!exports(dll, function, 0)) {
        return MissingImport{kind_, dll.name, function.label(), user.name, dll.path};
      }
    }
    return std::nullopt;
  }

  bool exports(LoadedImage& dll, const ImportedFunction& function, int depth) {
    if (!dll.file) {
      return true;  // not found: that is another kind of failure
    }
    const auto exported = dll.file->find_export(function);
    if (!exported || exported->forwarder.empty() || depth >= kLongestForwarding) {
      return exported.has_value();
    }
    const std::size_t dot = exported->forwarder.rfind('.');
    if (dot == std::string::npos) {
      return false;
    }
    const std::string target = with_extension(exported->forwarder.substr(0, dot) + ".");
    if (is_api_set(lower(target))) {
      return true;
    }
    LoadedImage* const next = load(lower(target), target);
    return next == nullptr || exports(*next, forwarded(exported->forwarder.substr(dot + 1)), depth + 1);
  }

  // "Name", or "#12" for an ordinal.
  static ImportedFunction forwarded(const std::string& text) {
    ImportedFunction function;
    if (text.empty() || text.front() != '#') {
      function.name = text;
      return function;
    }
    for (const char c : std::string_view(text).substr(1)) {
      if (c < '0' || c > '9') {
        break;
      }
      function.ordinal = static_cast<std::uint16_t>(function.ordinal * 10 + (c - '0'));
    }
    return function;
  }

  // A name without an extension means a DLL; one that ends in a dot means just that name.
  static std::string with_extension(std::string name) {
    if (!name.empty() && name.back() == '.') {
      name.pop_back();
      return name.find('.') == std::string::npos ? name + ".dll" : name;
    }
    return name.find('.') == std::string::npos ? name + ".dll" : name;
  }

  // The module of that name, loaded once as the loader does; null when there are too many.
  LoadedImage* load(const std::string& key, const std::string& asked_for) {
    const auto known = loaded_.find(key);
    if (known != loaded_.end()) {
      return &known->second;
    }
    if (loaded_.size() >= kMostModules) {
      return nullptr;
    }
    LoadedImage& image = loaded_[key] = find(key, asked_for);
    if (image.file && image.file->machine() == machine_) {
      queue_.push_back(&image);
    }
    return &image;
  }

  LoadedImage find(const std::string& key, const std::string& asked_for) const {
    std::vector<std::string_view> directories{search_.application_directory, search_.system_directory,
                                              search_.windows_directory, search_.current_directory};
    if (std::find(kKnownDlls.begin(), kKnownDlls.end(), key) != kKnownDlls.end()) {
      directories = {search_.system_directory};
    } else {
      directories.insert(directories.end(), search_.path.begin(), search_.path.end());
    }
    for (const std::string_view directory : directories) {
      const std::string path = join(directory, asked_for);
      if (auto file = directory.empty() ? nullptr : files_.open(path)) {
        return {asked_for, path, PeFile::open(std::move(file))};
      }
    }
    return {asked_for, "", std::nullopt};
  }

  const ImageFiles& files_;
  const LoaderSearch& search_;
  MissingImport::Kind kind_;
  std::uint16_t machine_ = 0;
  std::map<std::string, LoadedImage> loaded_;  // by file name in lower case; references into it stay valid
  std::deque<LoadedImage*> queue_;
};

}  // namespace

std::optional<MissingImport::Kind> missing_kind(std::uint32_t status) {
  switch (status) {
    case 0xC0000135:  // STATUS_DLL_NOT_FOUND
      return MissingImport::Kind::kDll;
    case 0xC0000138:  // STATUS_ORDINAL_NOT_FOUND
    case 0xC0000139:  // STATUS_ENTRYPOINT_NOT_FOUND
      return MissingImport::Kind::kEntryPoint;
    case 0xC000007B:  // STATUS_INVALID_IMAGE_FORMAT
      return MissingImport::Kind::kWrongMachine;
    default:
      return std::nullopt;
  }
}

std::optional<MissingImport> find_missing_import(const ImageFiles& files, const LoaderSearch& search,
                                                 const std::string& program, MissingImport::Kind kind) {
  return ImportWalk(files, search, kind).run(program);
}

std::string describe(const MissingImport& missing) {
  const std::string dll = printable(missing.dll);
  const std::string user = printable(missing.needed_by);
  switch (missing.kind) {
    case MissingImport::Kind::kDll:
      return fmt::format("{} was not found (needed by {})", dll, user);
    case MissingImport::Kind::kEntryPoint:
      return fmt::format("{} does not export {} (needed by {}; found as {})", dll, printable(missing.function), user,
                         printable(missing.path));
    case MissingImport::Kind::kWrongMachine:
      break;
  }
  return fmt::format("{} is damaged or for another processor (needed by {}; found as {})", dll, user,
                     printable(missing.path));
}

}  // namespace catcher
