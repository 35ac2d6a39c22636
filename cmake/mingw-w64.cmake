# Cross-compiles for Windows from Linux. CATCHER_COMPILER is gcc or clang; both use MinGW-w64's headers and GCC's C++ library in its
# POSIX thread flavour, because the other flavour of GCC 12 has no std::mutex.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_VERSION 10.0)
set(CATCHER_MINGW_ARCH x86_64 CACHE STRING "x86_64 or i686")
set(CATCHER_COMPILER gcc CACHE STRING "gcc or clang")
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CATCHER_MINGW_ARCH CATCHER_COMPILER)
set(CMAKE_SYSTEM_PROCESSOR ${CATCHER_MINGW_ARCH})
set(_triple ${CATCHER_MINGW_ARCH}-w64-mingw32)

if(CATCHER_COMPILER STREQUAL "clang")
  set(CMAKE_C_COMPILER clang)
  set(CMAKE_CXX_COMPILER clang++)
  set(CMAKE_C_COMPILER_TARGET ${CATCHER_MINGW_ARCH}-w64-windows-gnu)
  set(CMAKE_CXX_COMPILER_TARGET ${CATCHER_MINGW_ARCH}-w64-windows-gnu)
  # clang does not recognise Debian's directory "12-posix" as a GCC installation: ask GCC where its things are. The sysroot keeps
  # clang from the host's /usr/include.
  execute_process(COMMAND ${_triple}-g++-posix -print-libgcc-file-name OUTPUT_VARIABLE _libgcc OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  get_filename_component(_gcc "${_libgcc}" DIRECTORY)
  set(_flags "--sysroot=/usr/${_triple}")
  set(CMAKE_C_FLAGS_INIT "${_flags}")
  set(CMAKE_CXX_FLAGS_INIT "${_flags} -nostdinc++ -isystem ${_gcc}/include/c++ -isystem ${_gcc}/include/c++/${_triple}")
  foreach(_kind EXE SHARED MODULE)
    # g++ of the POSIX flavour adds -lpthread by itself; lld does not mind where it stands.
    set(CMAKE_${_kind}_LINKER_FLAGS_INIT "-fuse-ld=lld -L${_gcc} -lpthread")
  endforeach()
else()
  set(CMAKE_C_COMPILER ${_triple}-gcc-posix)
  set(CMAKE_CXX_COMPILER ${_triple}-g++-posix)
endif()
set(CMAKE_RC_COMPILER ${_triple}-windres)

set(CMAKE_FIND_ROOT_PATH /usr/${_triple})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Tests run under Wine, in a prefix of this build directory's own.
if(NOT CMAKE_CROSSCOMPILING_EMULATOR)
  get_filename_component(_wine_run "${CMAKE_CURRENT_LIST_DIR}/../scripts/wine-run" ABSOLUTE)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${_wine_run};--prefix;${CMAKE_BINARY_DIR}/wineprefix")
endif()
