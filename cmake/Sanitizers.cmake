# SPDX-License-Identifier: GPL-2.0-or-later
# TCPRST_SANITIZE=address,undefined builds everything with these sanitizers; the first report ends the program.
include(CheckCCompilerFlag)
if(TCPRST_SANITIZE)
  add_compile_options(-fsanitize=${TCPRST_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TCPRST_SANITIZE})
  # Where each variable lies at each instruction takes gcc as long as all else, and a report does not show it.
  check_c_compiler_flag(-fno-var-tracking TCPRST_HAS_NO_VAR_TRACKING)
  if(TCPRST_HAS_NO_VAR_TRACKING)
    add_compile_options(-fno-var-tracking)
  endif()
endif()
if(TCPRST_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "the fuzz targets need clang: cmake --preset fuzz")
  endif()
  # Coverage for the fuzzer in every room; only the targets in fuzz/ link its main().
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
