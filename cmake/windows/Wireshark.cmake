# SPDX-License-Identifier: GPL-2.0-or-later
# Wireshark for Windows as the plugin sees it, without one: the headers of a Debian system below TCPRST_WIRESHARK_ROOT, which are the
# same but for GLib's glibconfig.h, and import libraries made of the names in *.def. Gives what Wireshark's own package would.
file(STRINGS "${TCPRST_WIRESHARK_ROOT}/usr/include/wireshark/ws_version.h" wireshark_numbers REGEX "VERSION_(MAJOR|MINOR|MICRO)")
foreach(part MAJOR MINOR MICRO)
  string(REGEX MATCH "WIRESHARK_VERSION_${part} ([0-9]+)" match "${wireshark_numbers}")
  set(wireshark_${part} "${CMAKE_MATCH_1}")
endforeach()
set(Wireshark_FOUND TRUE)
set(Wireshark_PLUGINS_ENABLED TRUE)
set(Wireshark_MAJOR_VERSION ${wireshark_MAJOR})
set(Wireshark_MINOR_VERSION ${wireshark_MINOR})
set(Wireshark_VERSION ${wireshark_MAJOR}.${wireshark_MINOR}.${wireshark_MICRO})
set(Wireshark_PLUGIN_LIBDIR "plugins/${wireshark_MAJOR}.${wireshark_MINOR}")
set(Wireshark_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")

add_library(epan INTERFACE IMPORTED GLOBAL)
target_include_directories(epan SYSTEM INTERFACE
  "${CMAKE_CURRENT_LIST_DIR}/include"
  "${TCPRST_WIRESHARK_ROOT}/usr/include/wireshark"
  "${TCPRST_WIRESHARK_ROOT}/usr/include/glib-2.0")
foreach(library libwireshark libwsutil glib-2.0-0)
  set(import "${CMAKE_BINARY_DIR}/${library}.dll.a")
  execute_process(
    COMMAND ${CMAKE_DLLTOOL} --input-def "${CMAKE_CURRENT_LIST_DIR}/${library}.def" --output-lib "${import}"
    COMMAND_ERROR_IS_FATAL ANY)
  target_link_libraries(epan INTERFACE "${import}")
endforeach()
