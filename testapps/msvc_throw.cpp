// Throws a class derived from std::exception in the binary interface of Microsoft's compiler, and nobody catches it.
// catcher must name it app::ParseError and show what it says, "line 3: unexpected end".
//
// Built with clang where no such compiler is at hand, hence without its headers and its library: what is here of
// namespace std is laid out as there.

namespace std {

class exception {
 public:
  explicit exception(const char* text) : text_(text) {}
  virtual ~exception() {}
  virtual const char* what() const { return text_; }

 private:
  const char* text_;  // there a flag follows, which says whose it is
};

}  // namespace std

namespace app {

class ParseError : public std::exception {
 public:
  explicit ParseError(const char* text) : std::exception(text) {}
};

__declspec(noinline) void parse() {
  throw ParseError("line 3: unexpected end");
}

}  // namespace app

// What the compiler wants and the library would have.
void operator delete(void*) noexcept {}
void operator delete(void*, unsigned long long) noexcept {}
extern "C" int _fltused = 1;

extern "C" int entry() {
  app::parse();
  return 0;
}
