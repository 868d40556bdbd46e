# SPDX-License-Identifier: GPL-2.0-or-later
# Runs before a package is made of what was installed below CPACK_TEMPORARY_DIRECTORY: Debian wants manual pages and
# changelogs compressed.
file(GLOB_RECURSE pages "${CPACK_TEMPORARY_DIRECTORY}/*.1")
list(FILTER pages INCLUDE REGEX "/share/man/")
file(GLOB_RECURSE changelogs "${CPACK_TEMPORARY_DIRECTORY}/*/changelog")
list(APPEND pages ${changelogs})
if(pages)
  execute_process(COMMAND gzip -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)
endif()
