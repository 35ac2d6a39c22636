// Why a program could not start, told from files that may be anything.
#include "evidence/missing_import.h"
#include "fuzz_input.h"
#include "utf8_check.h"

#include <map>

namespace catcher::fuzz {
namespace {

using FileBytes = std::vector<std::byte>;

class File final : public ImageFile {
 public:
  explicit File(const FileBytes& bytes) : bytes_(bytes) {}

  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const noexcept override {
    if (offset >= bytes_.size()) {
      return 0;
    }
    const std::size_t count = std::min<std::size_t>(into.size(), bytes_.size() - offset);
    std::memcpy(into.data(), bytes_.data() + offset, count);
    return count;
  }

 private:
  const FileBytes& bytes_;
};

class Files final : public ImageFiles {
 public:
  std::map<std::string, FileBytes> files;

  std::unique_ptr<ImageFile> open(const std::string& path) const override {
    const auto found = files.find(path);
    return found == files.end() ? nullptr : std::make_unique<File>(found->second);
  }
};

void check_text(std::string_view text) {
  const auto points = code_points(text);
  require(points.has_value(), "a sentence about an import is UTF-8");
  require(std::none_of(points->begin(), points->end(), is_control), "a sentence about an import is one line");
}

void check_file(const Files& files, const std::string& path) {
  auto pe = PeFile::open(files.open(path));
  if (!pe) {
    return;
  }
  std::size_t functions = 0;
  for (const ImportedDll& dll : pe->imports()) {
    functions += dll.functions.size();
    if (!dll.functions.empty()) {
      pe->find_export(dll.functions.front());
    }
  }
  require(functions <= std::size_t{1} << 20, "imports are bounded");
  pe->find_export({"f", 0});
  pe->find_export({"", 1});
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher;
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  Files files;
  for (const char* name : {"c:\\a.dll", "c:\\b.dll"}) {
    const auto length = input.take<std::uint16_t>();
    files.files[name] = input.bytes(length);
  }
  files.files["c:\\app.exe"] = input.bytes(input.rest().size());
  for (const auto& [name, bytes] : files.files) {
    check_file(files, name);
  }
  const LoaderSearch search{"c:", "c:\\sys", "c:\\win", "c:\\cwd", {"c:\\path"}};
  for (const auto kind :
       {MissingImport::Kind::kDll, MissingImport::Kind::kEntryPoint, MissingImport::Kind::kWrongMachine}) {
    if (const auto missing = find_missing_import(files, search, "c:\\app.exe", kind)) {
      require(missing->kind == kind, "what is missing is of the kind that was asked for");
      check_text(describe(*missing));
    }
  }
  return 0;
}
