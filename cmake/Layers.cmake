# SPDX-License-Identifier: GPL-2.0-or-later
# Who may include whom (cmake/layers.txt), checked with every build, by `--target layers` and by ctest.
find_package(Python3 3.9 COMPONENTS Interpreter)
if(NOT Python3_FOUND)
  message(STATUS "Left out: the check of cmake/layers.txt and all tests. Missing: Python 3.9 or later.")
  set(BUILD_TESTING OFF)
  return()
endif()
set(tcprst_layers_command
    ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/check_layers.py ${CMAKE_CURRENT_SOURCE_DIR})
add_custom_target(layers ALL
  COMMAND ${tcprst_layers_command} --quiet
  COMMENT "Checking that every #include keeps to cmake/layers.txt"
  VERBATIM)
if(BUILD_TESTING)
  add_test(NAME layers COMMAND ${tcprst_layers_command})
endif()
