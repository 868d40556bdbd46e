# SPDX-License-Identifier: GPL-2.0-or-later
# How structures are cleared and copied: GCC does it by "rep stos" and "rep movs", which take a processor longer to begin than all
# of the few hundred octets that they mostly are. So short ones go by moves, long ones by libc, which knows the processor.
include(CheckCCompilerFlag)
foreach(function memset memcpy)
  set(flag -m${function}-strategy=unrolled_loop:256:noalign,libcall:-1:noalign)
  check_c_compiler_flag(${flag} TCPRST_HAS_${function}_STRATEGY) # GCC for x86
  if(TCPRST_HAS_${function}_STRATEGY)
    add_compile_options(${flag})
  endif()
endforeach()
