#include "triage/path_name.h"

namespace catcher {

std::string_view file_name_of(std::string_view path) {
  return path.substr(path.find_last_of("\\/") + 1);  // npos + 1 is 0
}

std::string_view directory_of(std::string_view path) {
  const std::size_t separator = path.find_last_of("\\/");
  return separator == std::string_view::npos ? std::string_view() : path.substr(0, separator);
}

}  // namespace catcher
