# GNU ld keeps every .pdata, and with it every function that nobody calls: lld makes catcher.exe a seventh smaller and links it
# in a second. GCC for MinGW has its linker's path built in and minds -fuse-ld only in its specs. The test apps keep the linker
# that most programs are linked with.
set(catcher_linker "")
find_program(CATCHER_LLD ld.lld)
if(MINGW AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CATCHER_LLD)
  set(catcher_linker "-specs=${PROJECT_SOURCE_DIR}/cmake/lld.specs" -fno-use-linker-plugin)
endif()
