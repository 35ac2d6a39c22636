# Warnings are errors, in our own code only; dependencies are SYSTEM. Link to catcher_options to get them.
add_library(catcher_options INTERFACE)
target_compile_definitions(catcher_options INTERFACE
  WIN32_LEAN_AND_MEAN NOMINMAX UNICODE _UNICODE _WIN32_WINNT=0x0A00 WINVER=0x0A00)
target_include_directories(catcher_options INTERFACE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
if(MSVC)
  target_compile_options(catcher_options INTERFACE /W4 /WX /permissive- /utf-8 /EHsc)
else()
  target_compile_options(catcher_options INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wundef -Wunused -Wformat=2
    # GetProcAddress returns FARPROC; casting it to the real signature is what it is for.
    -Wno-cast-function-type)
  # Size before speed: one small static file is a promise, and what a run costs is spent in the OS.
  # Not for tests, which are not worth an optimizer: 40 % of the time to compile them. Debug information of both is functions and
  # lines, a fifth of the time less: the optimizer leaves no locals to look at. A Debug build has everything.
  target_compile_options(catcher_options INTERFACE
    "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:CATCHER_IS_TEST>>>:-ffunction-sections;-fdata-sections>"
    "$<$<CONFIG:RelWithDebInfo>:$<IF:$<BOOL:$<TARGET_PROPERTY:CATCHER_IS_TEST>>,-O0;-g1,-Os>>"
    "$<$<AND:$<CONFIG:RelWithDebInfo>,$<BOOL:$<TARGET_PROPERTY:CATCHER_IS_PRODUCT>>>:-Oz;-g1>")
  target_link_options(catcher_options INTERFACE -static -municode -Wl,--gc-sections)
endif()

# The linter runs beside the compiler, so that an unchanged file is not linted again.
set(CATCHER_CLANG_TIDY "" CACHE STRING "clang-tidy to run over src/, for builds by clang; empty: none")
