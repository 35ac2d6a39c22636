#pragma once

#include <string_view>

namespace catcher {

// Where text goes to. Never closed by us: the standard handles belong to the process.
enum class Stream { kOutput, kError };

// Writes UTF-8: as Unicode where the stream is a console, byte for byte elsewhere. What cannot be written is lost in
// silence: there is nowhere else to say so.
void write_text(Stream stream, std::string_view text) noexcept;

// True where a person reads along.
bool is_terminal(Stream stream) noexcept;

// True when block characters come out as such: on a console, or where its output is UTF-8.
bool draws_blocks(Stream stream) noexcept;

// True where a person reads along and colour is wanted (the stream is a console, NO_COLOR is not set;
// https://no-color.org).
bool wants_colour(Stream stream) noexcept;

}  // namespace catcher
