# The one list of dependencies, pinned, used the same way everywhere: FetchContent clones the upstream tag; where there is no
# network, -DCATCHER_DEPS_DIR=DIR (or the environment variable) names a directory with DIR/<name>/ unpacked, as
# scripts/fetch-dependencies makes it.
include(FetchContent)
set(CATCHER_DEPS_DIR "$ENV{CATCHER_DEPS_DIR}" CACHE PATH "Directory with unpacked dependency sources; empty: clone them")
set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # our variables win over option() in the dependencies
set(CMAKE_WARN_DEPRECATED OFF)

function(catcher_dependency name repository tag)
  string(TOUPPER "${name}" upper)
  if(CATCHER_DEPS_DIR)
    if(NOT EXISTS "${CATCHER_DEPS_DIR}/${name}")
      message(FATAL_ERROR "CATCHER_DEPS_DIR is set, but ${CATCHER_DEPS_DIR}/${name} is missing: run scripts/fetch-dependencies")
    endif()
    set(FETCHCONTENT_SOURCE_DIR_${upper} "${CATCHER_DEPS_DIR}/${name}" CACHE PATH "" FORCE)
  endif()
  FetchContent_Declare(${name} GIT_REPOSITORY https://github.com/${repository}.git GIT_TAG ${tag}
    GIT_SHALLOW TRUE GIT_SUBMODULES "" GIT_PROGRESS FALSE SYSTEM ${ARGN})
endfunction()

# CMake 3.25 honours SYSTEM of FetchContent_Declare for cloned sources only through add_subdirectory: mark the targets too.
function(catcher_system_includes target)
  get_target_property(directories ${target} INTERFACE_INCLUDE_DIRECTORIES)
  set_target_properties(${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${directories}")
endfunction()

catcher_dependency(CLI11 CLIUtils/CLI11 v2.4.1)
catcher_dependency(fmt fmtlib/fmt 10.1.1)
catcher_dependency(spdlog gabime/spdlog v1.15.2)
catcher_dependency(json nlohmann/json v3.11.3)

set(FMT_INSTALL OFF)
set(SPDLOG_FMT_EXTERNAL ON)
set(SPDLOG_INSTALL OFF)
set(JSON_BuildTests OFF)
set(CLI11_BUILD_TESTS OFF)
set(CLI11_BUILD_EXAMPLES OFF)
set(CLI11_BUILD_DOCS OFF)
FetchContent_MakeAvailable(fmt spdlog CLI11 json)

if(BUILD_TESTING)
  catcher_dependency(googletest google/googletest v1.16.0)
  set(INSTALL_GTEST OFF)
  set(gtest_force_shared_crt ON) # MSVC: the same C runtime as ours
  FetchContent_MakeAvailable(googletest)
endif()
