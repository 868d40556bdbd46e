# SPDX-License-Identifier: GPL-2.0-or-later
# The warnings every room is built with; a clean build has none.
if(MSVC)
  # Core and plugin are built with it on Windows; it knows none of the options below.
  add_compile_options(/W3 /utf-8)
  return()
endif()
add_compile_options(
  -Wall
  -Wextra
  -Wshadow
  -Wstrict-prototypes
  -Wmissing-prototypes
  -Wold-style-definition
  -Wpointer-arith
  -Wwrite-strings
  -Wformat=2
  -Wundef
  -Wvla
  -Wimplicit-fallthrough)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  # clang sees the casts inside GLib's macros too.
  add_compile_options(-Wlogical-op -Wduplicated-cond -Wcast-qual)
endif()
if(TCPRST_WERROR)
  add_compile_options(-Werror)
endif()
