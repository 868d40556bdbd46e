# SPDX-License-Identifier: GPL-2.0-or-later
# What a release is built with, because every byte of a capture is hostile.
include(CheckCCompilerFlag)
include(CheckPIESupported)
# mingw's gcc fails on probed frames (i386_pe_seh_unwind_emit), and its stack protector needs a DLL that Wireshark lacks.
if(TCPRST_HARDENING AND NOT MINGW)
  check_pie_supported(LANGUAGES C)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  # libc headers that predefine the macro would warn about a second value.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection
               -ftrivial-auto-var-init=zero)
    string(MAKE_C_IDENTIFIER "TCPRST_HAS${flag}" has)
    check_c_compiler_flag(${flag} ${has})
    if(${has})
      add_compile_options(${flag})
    endif()
  endforeach()
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    add_link_options(LINKER:-z,relro,-z,now,-z,noexecstack)
  endif()
endif()
if(TCPRST_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(LANGUAGES C)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()
