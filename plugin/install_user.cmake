# SPDX-License-Identifier: GPL-2.0-or-later
# Copies the module and the profile to the personal folders of the Wireshark that runs here, which tshark is asked for, and the
# program tcprst, for Tools > TCP Resets > Open Report, to ~/.local/bin.
# Run by the target install-user with: release (X.Y), module, profile; program and catalogues, where they were built.

find_program(tshark tshark) # now, not when the build was configured
if(NOT tshark)
  message(FATAL_ERROR "tshark was not found: it tells where Wireshark's personal folders are")
endif()
execute_process(COMMAND "${tshark}" -G folders
  OUTPUT_VARIABLE folders ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)

function(folder name variable)
  if(NOT folders MATCHES "(^|\n)${name}:[ \t]*([^\r\n]+)")
    message(FATAL_ERROR "tshark -G folders names no folder '${name}'")
  endif()
  set(${variable} "${CMAKE_MATCH_2}" PARENT_SCOPE)
endfunction()
folder("Personal Plugins" plugins)
folder("Personal configuration" configuration)

# The folder's name is the release: "4.0", "4-6" in macOS's application bundles.
get_filename_component(running "${plugins}" NAME)
string(REPLACE "-" "." running_release "${running}")
if(NOT running MATCHES "^${release}$" AND NOT running_release STREQUAL release)
  message(FATAL_ERROR "the module was built for Wireshark ${release}, but '${tshark}' looks for plugins in ${plugins}: "
    "build it again with the development files of that version")
endif()

# By rename, never into the file: a Wireshark that runs may have it mapped.
function(replace from to)
  get_filename_component(name "${from}" NAME)
  file(MAKE_DIRECTORY "${to}")
  file(COPY_FILE "${from}" "${to}/.${name}.new")
  file(RENAME "${to}/.${name}.new" "${to}/${name}")
  message("Installed ${to}/${name}")
endfunction()
replace("${module}" "${plugins}/epan")

# A profile that is there may carry the user's own changes.
set(target "${configuration}/profiles/TCP Resets")
if(EXISTS "${target}")
  message("Left alone: ${target}")
else()
  file(COPY "${profile}/" DESTINATION "${target}")
  message("Installed ${target}")
endif()

if(program)
  replace("${program}" "$ENV{HOME}/.local/bin")
endif()

# What both are translated by, where both look for it.
file(GLOB_RECURSE found RELATIVE "${catalogues}" "${catalogues}/*.mo")
foreach(catalogue ${found})
  get_filename_component(folder "${catalogue}" DIRECTORY)
  replace("${catalogues}/${catalogue}" "$ENV{HOME}/.local/share/locale/${folder}")
endforeach()

execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(user STREQUAL "0")
  message("Wireshark ignores personal plugins when root runs it: run it as another user, or install for everybody.")
endif()
