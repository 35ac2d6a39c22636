# With CATCHER_UNITY our own files are compiled eight at a time, which halves the time of a build from nothing: most of it is headers, the
# same ones in every file. It is speed and nothing else. Each file includes what it uses and stands alone: scripts/lint and the builds
# without the option compile them one by one; where files that others named alike get into one group, scripts/build does, too.
option(CATCHER_UNITY "Compile our own files in groups: quicker from nothing, slower after a change" OFF)

# Names in unnamed namespaces that another file of the group has too.
set(catcher_compiled_alone
  src/triage/fast_fail_catalogue.cpp
  src/debugger/process_tree.cpp
  src/evidence/cxx_exception_msvc.cpp
  src/evidence/dwarf_unit.cpp
  src/evidence/heap_walk.cpp
  src/evidence/pe_imports.cpp
  src/evidence/unwind_x86.cpp
  src/monitors/exit_meaning.cpp
  src/run/stream_reader.cpp
  src/report/handles_text.cpp
  src/report/html_sweep.cpp
  src/report/memory_json.cpp
  src/report/stack_text.cpp
  src/report/sweep_journal.cpp
  src/cli/crash_options.cpp
  src/cli/report_options.cpp
  src/cli/report_order.cpp
  src/cli/source_lines.cpp
  src/cli/suggest.cpp
  src/cli/target_options.cpp
  tests/unit/debug_strings_test.cpp
  tests/unit/exit_meaning_test.cpp
  tests/unit/html_sweep_test.cpp
  tests/unit/schema_check.cpp
  tests/unit/symbol_sources_test.cpp
  tests/unit/unwind_damage_test.cpp
  tests/unit/unwind_walk_test.cpp
  tests/unit/unwind_x86_test.cpp
  tests/integration/behavior_test.cpp
  tests/integration/debug_output_test.cpp)

function(catcher_unity)
  if(NOT CATCHER_UNITY)
    return()
  endif()
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  foreach(file IN LISTS catcher_compiled_alone)
    set_source_files_properties("${PROJECT_SOURCE_DIR}/${file}" TARGET_DIRECTORY ${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endfunction()
