# SPDX-License-Identifier: GPL-2.0-or-later
# `cmake --build build --target package`: Debian packages, the analyzer without any need of Wireshark, the plugin with it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tcprst)
set(CPACK_PACKAGE_CONTACT "${TCPRST_PACKAGER}")
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "${TCPRST_HOMEPAGE}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own, the first line of its description
set(CPACK_RESOURCE_FILE_LICENSE "${CMAKE_CURRENT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/package_files.cmake")

set(CPACK_DEBIAN_ANALYZER_PACKAGE_NAME tcprst)
set(CPACK_DEBIAN_ANALYZER_PACKAGE_SUGGESTS wireshark-plugin-tcprst)
set(CPACK_COMPONENT_ANALYZER_DESCRIPTION
"tells why TCP connections were reset
Reads packet captures and reports for every TCP reset its cause, how sure that
is, the evidence, and what to check next: as text, HTML, JSON or CSV.")

set(CPACK_DEBIAN_PLUGIN_PACKAGE_NAME wireshark-plugin-tcprst)
set(CPACK_DEBIAN_PLUGIN_PACKAGE_RECOMMENDS "wireshark | tshark")
set(CPACK_DEBIAN_PLUGIN_PACKAGE_ENHANCES "wireshark, tshark")
set(CPACK_DEBIAN_PLUGIN_PACKAGE_SUGGESTS tcprst)
set(CPACK_COMPONENT_PLUGIN_DESCRIPTION
"Wireshark plugin that tells why TCP connections were reset
Shows for every TCP reset in Wireshark and tshark its cause, how sure that is,
the evidence, and what to check next: as fields, subtree, expert information
and statistics. Comes with a profile of columns, colours and filter buttons.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libtcprst${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
file(WRITE "${PROJECT_BINARY_DIR}/debian/triggers" "activate-noawait ldconfig\n")
file(WRITE "${PROJECT_BINARY_DIR}/debian/shlibs" "libtcprst ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} ${CPACK_DEBIAN_LIBRARY_PACKAGE_NAME} (>= ${PROJECT_VERSION})\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA "${PROJECT_BINARY_DIR}/debian/triggers" "${PROJECT_BINARY_DIR}/debian/shlibs")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
"classifies why TCP connections were reset (library)
TCP segments in, for every reset its cause out, how sure that is and the
evidence. It reads no captures itself.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libtcprst-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${CPACK_DEBIAN_LIBRARY_PACKAGE_NAME} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"classifies why TCP connections were reset (development files)
Headers, the static library, a description for pkg-config and an example of
libtcprst: TCP segments in, for every reset its cause out.")

install(FILES "${CMAKE_CURRENT_LIST_DIR}/copyright"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/tcprst" COMPONENT analyzer)
install(FILES "${CMAKE_CURRENT_LIST_DIR}/copyright"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_LIBRARY_PACKAGE_NAME}" COMPONENT library)
install(FILES "${CMAKE_CURRENT_LIST_DIR}/copyright"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libtcprst-dev" COMPONENT development)
if(TARGET tcprst_shared AND TARGET make_docs) # with the changelog of docs/
  install(FILES ${PROJECT_BINARY_DIR}/docs/changelog
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_LIBRARY_PACKAGE_NAME}" COMPONENT library)
  install(FILES ${PROJECT_BINARY_DIR}/docs/changelog
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libtcprst-dev" COMPONENT development)
endif()
install(FILES "${CMAKE_CURRENT_LIST_DIR}/copyright"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/wireshark-plugin-tcprst" COMPONENT plugin)

set(CPACK_COMPONENTS_ALL "")
if(TARGET tcprst_shared)
  list(APPEND CPACK_COMPONENTS_ALL library development)
endif()
if(TARGET tcprst_analyzer)
  list(APPEND CPACK_COMPONENTS_ALL analyzer)
endif()
if(TARGET tcprst_plugin)
  list(APPEND CPACK_COMPONENTS_ALL plugin)
endif()
if(CPACK_COMPONENTS_ALL)
  include(CPack)
endif()
