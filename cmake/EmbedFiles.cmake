# SPDX-License-Identifier: GPL-2.0-or-later
# cmake -DOUTPUT=header.h -P EmbedFiles.cmake -- FILE...: each file as an array of octets, named by its file name.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  set(text "/* Made by the build. */\n")
  set(files FALSE)
  math(EXPR last "${CMAKE_ARGC} - 1")
  foreach(i RANGE ${last})
    set(argument "${CMAKE_ARGV${i}}")
    if(files)
      get_filename_component(name "${argument}" NAME)
      string(MAKE_C_IDENTIFIER "${name}" name)
      file(READ "${argument}" octets HEX)
      string(REGEX REPLACE "(..)" "0x\\1," octets "${octets}")
      string(APPEND text "static const char ${name}[] = {${octets}0};\n")
    elseif(argument STREQUAL "--")
      set(files TRUE)
    endif()
  endforeach()
  file(WRITE "${OUTPUT}" "${text}")
  return()
endif()

set(tcprst_embed_script "${CMAKE_CURRENT_LIST_FILE}")
# tcprst_embed(target header file...): makes header for target whenever a file changes.
function(tcprst_embed target header)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE files)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/generated/${header}")
  add_custom_command(OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} "-DOUTPUT=${output}" -P "${tcprst_embed_script}" -- ${files}
    DEPENDS ${files} "${tcprst_embed_script}"
    COMMENT "Embedding ${header}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/generated")
endfunction()
