# SPDX-License-Identifier: GPL-2.0-or-later
# What the rooms need from the system: PkgConfig::GLIB, ::JSON, ::PCAP, ::ZSTD, ::LZ4, ::LZMA, ZLIB::ZLIB, BZip2::BZip2, and PkgConfig::SECCOMP where it is
# there. TCPRST_ANALYZER_MISSING and TCPRST_PLUGIN_MISSING name what a room has to do without.
set(TCPRST_ANALYZER_MISSING "")
set(TCPRST_PLUGIN_MISSING "")

find_package(PkgConfig)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(GLIB IMPORTED_TARGET QUIET glib-2.0>=2.66)
  pkg_check_modules(JSON IMPORTED_TARGET QUIET json-glib-1.0)
  pkg_check_modules(PCAP IMPORTED_TARGET QUIET libpcap>=1.9)
  pkg_check_modules(ZSTD IMPORTED_TARGET QUIET libzstd)
  pkg_check_modules(LZ4 IMPORTED_TARGET QUIET liblz4)
  pkg_check_modules(LZMA IMPORTED_TARGET QUIET liblzma)
  pkg_check_modules(SECCOMP IMPORTED_TARGET QUIET libseccomp)
else()
  list(APPEND TCPRST_ANALYZER_MISSING pkg-config)
endif()
if(GLIB_FOUND)
  # What later versions call deprecated has no successor in the oldest one that is good enough.
  set_property(TARGET PkgConfig::GLIB APPEND PROPERTY
    INTERFACE_COMPILE_DEFINITIONS GLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_66)
endif()
if(GLIB_FOUND AND JSON_FOUND)
  # Whoever compiles the analyzer's sources needs both; who uses no JSON is not linked with it.
  set_property(TARGET PkgConfig::GLIB APPEND PROPERTY INTERFACE_LINK_LIBRARIES PkgConfig::JSON m)
endif()
find_package(ZLIB QUIET)
find_package(BZip2 QUIET)

foreach(library GLIB JSON PCAP ZLIB ZSTD LZ4 LZMA BZIP2)
  if(NOT ${library}_FOUND)
    list(APPEND TCPRST_ANALYZER_MISSING ${library})
  endif()
endforeach()

# Wireshark's own CMake package is there on every system, pkg-config is not; it brings GLib along.
if(TCPRST_WIRESHARK_ROOT)
  include("${CMAKE_CURRENT_LIST_DIR}/windows/Wireshark.cmake")
else()
  find_package(Wireshark CONFIG QUIET)
endif()
if(NOT Wireshark_FOUND)
  list(APPEND TCPRST_PLUGIN_MISSING "Wireshark's development files (or Wireshark_DIR, where they are)")
elseif("${Wireshark_MAJOR_VERSION}.${Wireshark_MINOR_VERSION}" VERSION_LESS 4.0)
  list(APPEND TCPRST_PLUGIN_MISSING "Wireshark 4.0 or later (${Wireshark_VERSION} is here)")
elseif(NOT Wireshark_PLUGINS_ENABLED)
  list(APPEND TCPRST_PLUGIN_MISSING "a Wireshark that was built with plugins")
elseif(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  # The plugin is found only below the prefix of Wireshark itself.
  set(CMAKE_INSTALL_PREFIX "${Wireshark_INSTALL_PREFIX}" CACHE PATH "Where to install: Wireshark's prefix" FORCE)
endif()

# tcprst_add_room(room what missing): the room's directory, where it exists and nothing is missing.
function(tcprst_add_room room what missing)
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${room}/CMakeLists.txt")
    return()
  endif()
  if(missing)
    list(JOIN missing ", " names)
    message(STATUS "Left out: ${what} (${room}/). Missing: ${names}. "
                   "scripts/install-packages installs it on Debian.")
    return()
  endif()
  add_subdirectory(${room})
endfunction()
