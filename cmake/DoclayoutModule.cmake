# doclayout_module(<name> SOURCES ... [TESTS ...] [PUBLIC modules...] [PRIVATE modules...]
#                  [PUBLIC_LIBRARIES targets...] [LIBRARIES targets...])
#
# Declares src/<name> as the library doclayout_<name> (alias doclayout::<name>), its edges to other modules and, when
# tests are on, one test binary. PUBLIC and PRIVATE name modules of this project; scripts/check_arrows.py compares them
# with every #include. Other libraries go to LIBRARIES (or PUBLIC_LIBRARIES when the module's headers need them).
function(doclayout_module name)
  cmake_parse_arguments(M "" "" "SOURCES;TESTS;PUBLIC;PRIVATE;PUBLIC_LIBRARIES;LIBRARIES;TEST_LIBRARIES" ${ARGN})
  if(M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "doclayout_module(${name}): unknown argument ${M_UNPARSED_ARGUMENTS}")
  endif()

  set(target doclayout_${name})
  if(M_SOURCES)
    add_library(${target} STATIC ${M_SOURCES})
    set(scope PUBLIC)
    set(hidden PRIVATE)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    set(hidden INTERFACE)
  endif()
  add_library(doclayout::${name} ALIAS ${target})
  target_include_directories(${target} ${scope} "${PROJECT_SOURCE_DIR}/src")

  foreach(module IN LISTS M_PUBLIC)
    target_link_libraries(${target} ${scope} doclayout::${module})
  endforeach()
  foreach(module IN LISTS M_PRIVATE)
    target_link_libraries(${target} ${hidden} doclayout::${module})
  endforeach()
  target_link_libraries(${target} ${scope} ${M_PUBLIC_LIBRARIES})
  target_link_libraries(${target} ${hidden} ${M_LIBRARIES})

  if(DOCLAYOUT_TESTS AND M_TESTS)
    add_executable(${target}_test ${M_TESTS})
    target_link_libraries(${target}_test PRIVATE doclayout::${name} ${M_TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
    # One ctest entry a binary: starting a process for each of hundreds of cases costs more than the cases.
    add_test(NAME ${name} COMMAND ${target}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  endif()
endfunction()
