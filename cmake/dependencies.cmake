# The one list of dependencies, pinned, used the same way everywhere: FetchContent clones the upstream tag; where there is no
# network, -DCATCHER_DEPS_DIR=DIR (or the environment variable) names a directory with DIR/<name>/ unpacked, as
# scripts/fetch-dependencies makes it. That script keeps the same names and versions; a test compares the two.
include(FetchContent)
set(CATCHER_DEPS_DIR "$ENV{CATCHER_DEPS_DIR}" CACHE PATH "Directory with unpacked dependency sources; empty: clone them")

# SYSTEM: their headers are not ours to warn about.
function(catcher_dependency name repository tag)
  string(TOUPPER "${name}" upper)
  if(CATCHER_DEPS_DIR)
    if(NOT EXISTS "${CATCHER_DEPS_DIR}/${name}/CMakeLists.txt")
      message(FATAL_ERROR "CATCHER_DEPS_DIR is set, but ${CATCHER_DEPS_DIR}/${name} is missing: run scripts/fetch-dependencies")
    endif()
    set(FETCHCONTENT_SOURCE_DIR_${upper} "${CATCHER_DEPS_DIR}/${name}" CACHE PATH "" FORCE)
  endif()
  FetchContent_Declare(${name} GIT_REPOSITORY https://github.com/${repository}.git GIT_TAG ${tag}
    GIT_SHALLOW TRUE GIT_SUBMODULES "" GIT_PROGRESS FALSE SYSTEM ${ARGN})
endfunction()

# A function, so that the options that are set for a dependency do not leak into our own build.
function(catcher_make_dependencies_available)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # our variables win over option() in the dependencies
  set(CMAKE_WARN_DEPRECATED OFF)
  set(CMAKE_DISABLE_FIND_PACKAGE_Doxygen ON)
  set(CMAKE_MESSAGE_LOG_LEVEL NOTICE) # what they say about themselves is noise here
  if(NOT MSVC) # small, because they end up in one static exe; without debug information, which is half of the time to build them
    set(CMAKE_C_FLAGS_RELWITHDEBINFO "-Oz -DNDEBUG -ffunction-sections -fdata-sections")
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
  endif()

  catcher_dependency(fmt fmtlib/fmt 10.1.1)
  catcher_dependency(CLI11 CLIUtils/CLI11 v2.4.1)
  catcher_dependency(json nlohmann/json v3.11.3)
  set(FMT_INSTALL OFF)
  set(JSON_BuildTests OFF)
  set(CLI11_BUILD_TESTS OFF)
  set(CLI11_BUILD_EXAMPLES OFF)
  set(CLI11_BUILD_DOCS OFF)
  FetchContent_MakeAvailable(fmt CLI11 json)
  # 6 KB for numbers in the manner of a locale, which nobody asks for.
  target_compile_definitions(fmt PRIVATE "FMT_STATIC_THOUSANDS_SEPARATOR=','")
  target_compile_definitions(CLI11 INTERFACE CLI11_HAS_FILESYSTEM=0) # 100 KB of std::filesystem for validators that nobody uses

  # Disassembler. Decoder and formatter only: the encoder and KNC (Xeon Phi) are size without use, and AVX-512 is 80 KB of a file that is
  # to stay small: a fault in such an instruction is reported without its text (docs/limits.md).
  catcher_dependency(zycore zyantific/zycore-c v1.5.2 SOURCE_SUBDIR none) # unpacked only; Zydis adds it itself
  catcher_dependency(Zydis zyantific/zydis v4.1.1)
  foreach(part EXAMPLES TOOLS DOXYGEN TESTS)
    set(ZYDIS_BUILD_${part} OFF)
    set(ZYCORE_BUILD_${part} OFF)
  endforeach()
  set(ZYDIS_FEATURE_ENCODER OFF)
  set(ZYDIS_FEATURE_KNC OFF)
  set(ZYDIS_FEATURE_AVX512 OFF)
  FetchContent_MakeAvailable(zycore)
  set(ZYAN_ZYCORE_PATH "${zycore_SOURCE_DIR}" CACHE PATH "" FORCE)
  FetchContent_MakeAvailable(Zydis)
  if(NOT TARGET Zydis::Zydis) # Zydis 4.1 has the namespaced name only when it is installed
    add_library(Zydis::Zydis ALIAS Zydis)
  endif()

  # DWARF reader. Compressed debug sections are an ELF habit; without them it needs neither zlib nor zstd.
  catcher_dependency(libdwarf davea42/libdwarf-code v0.11.1)
  set(ENABLE_DECOMPRESSION OFF)
  set(BUILD_DWARFDUMP OFF)
  set(LIBDWARF_CRT MT)
  FetchContent_MakeAvailable(libdwarf)
  add_library(libdwarf::dwarf ALIAS dwarf)

  if(BUILD_TESTING)
    catcher_dependency(googletest google/googletest v1.16.0)
    set(INSTALL_GTEST OFF)
    set(gtest_force_shared_crt ON) # MSVC: the same C runtime as ours
    FetchContent_MakeAvailable(googletest)

    catcher_dependency(pugixml zeux/pugixml v1.14) # reads the XML that catcher writes by itself
    set(PUGIXML_INSTALL OFF)
    FetchContent_MakeAvailable(pugixml)
  endif()

  if(CATCHER_BENCHMARKS)
    catcher_dependency(benchmark google/benchmark v1.9.1)
    set(BENCHMARK_ENABLE_TESTING OFF)
    set(BENCHMARK_ENABLE_INSTALL OFF)
    set(BENCHMARK_ENABLE_WERROR OFF)
    set(BENCHMARK_ENABLE_GTEST_TESTS OFF)
    if(CMAKE_CROSSCOMPILING) # it cannot run its probes
      set(HAVE_STD_REGEX ON CACHE BOOL "" FORCE)
      set(HAVE_STEADY_CLOCK ON CACHE BOOL "" FORCE)
    endif()
    FetchContent_MakeAvailable(benchmark)
  endif()
endfunction()

catcher_make_dependencies_available()
