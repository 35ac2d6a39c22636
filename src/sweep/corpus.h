#pragma once

#include <catcher/sweep.h>

#include <cstddef>
#include <string>
#include <vector>

namespace catcher {

// The inputs of a sweep, by name: their files are opened when it is their turn.
struct Corpus {
  std::wstring root;                  // what every name is preceded by: a directory with its backslash, or nothing
  std::vector<std::wstring> names;    // no two the same
  std::vector<std::string> warnings;  // what could not be listed

  // The file, in the form without a limit of its length.
  std::wstring path(std::size_t index) const;
  // What the file is called in the journal and in reports: UTF-8, with '/' below a corpus directory, different for
  // different files also where a name is no valid UTF-16.
  std::string key(std::size_t index) const;
};

// The files that the options name; none where they name no inputs. The output directory is no part of a corpus that it
// lies in. Throws SetupError: a directory or list that cannot be read, or that has no file.
Corpus list_corpus(const SweepOptions& options, const std::wstring& out);

}  // namespace catcher
