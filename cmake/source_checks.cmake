# What the sources must keep to, as tests like any other. They are bash scripts: on Windows the Linux build has to tell.
if(NOT CMAKE_HOST_UNIX)
  return()
endif()
set(upward "${CMAKE_BINARY_DIR}/upward_include")
file(WRITE "${upward}/include/catcher/empty.h" "#include <string>\n")
file(WRITE "${upward}/src/triage/upward.h" "#include \"debugger/session.h\"\n")

add_test(NAME source.includes_go_downwards COMMAND "${PROJECT_SOURCE_DIR}/scripts/check-floors")
add_test(NAME source.an_upward_include_is_refused COMMAND "${PROJECT_SOURCE_DIR}/scripts/check-floors" "${upward}")
set_tests_properties(source.an_upward_include_is_refused PROPERTIES
  PASS_REGULAR_EXPRESSION "src/triage/upward.h:1: floor triage may not include debugger/session.h")
add_test(NAME source.both_lists_of_dependencies_agree COMMAND "${PROJECT_SOURCE_DIR}/scripts/check-dependencies")
