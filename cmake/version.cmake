# What git says of the sources, read when the build is configured:
#   version       the tag and what came after it, else the commit; "0.0.0" outside a checkout
#   source_epoch  the commit's time (SOURCE_DATE_EPOCH where it is set), so that pages and packages are reproducible
#   source_date   the same as YYYY-MM-DD
#   debian_version  a version that sorts as Debian wants it: 1.2, 1.2+git5.HASH, before any tag 0.0~gitTIME+HASH
find_package(Git QUIET)

function(ask_git result)
    set(answer "")
    if(GIT_FOUND)
        execute_process(COMMAND ${GIT_EXECUTABLE} -c safe.directory=* -C ${CMAKE_SOURCE_DIR} ${ARGN}
            OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    endif()
    set(${result} "${answer}" PARENT_SCOPE)
endfunction()

ask_git(git_folder rev-parse --absolute-git-dir)
if(git_folder)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${git_folder}/HEAD ${git_folder}/logs/HEAD)
endif()

ask_git(version describe --tags --always --dirty)
if(version STREQUAL "")
    set(version "0.0.0")
endif()

set(source_epoch "$ENV{SOURCE_DATE_EPOCH}")
if(source_epoch STREQUAL "")
    ask_git(source_epoch log -1 --format=%ct)
endif()
if(source_epoch STREQUAL "")
    set(source_epoch 0)
endif()
block(SCOPE_FOR VARIABLES PROPAGATE source_date source_time changelog_date)
    set(outer "$ENV{SOURCE_DATE_EPOCH}")
    set(ENV{SOURCE_DATE_EPOCH} ${source_epoch})
    string(TIMESTAMP source_date "%Y-%m-%d" UTC)
    string(TIMESTAMP source_time "%Y%m%d%H%M%S" UTC)
    string(TIMESTAMP changelog_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
    if(outer STREQUAL "")
        unset(ENV{SOURCE_DATE_EPOCH})  # set to nothing, it would be an error for the compiler
    else()
        set(ENV{SOURCE_DATE_EPOCH} "${outer}")
    endif()
endblock()

if(version MATCHES "^v?([0-9][0-9.]*)-([0-9]+)-g([0-9a-f]+)")
    set(debian_version "${CMAKE_MATCH_1}+git${CMAKE_MATCH_2}.${CMAKE_MATCH_3}")
elseif(version MATCHES "^v?([0-9]+(\\.[0-9]+)+)(-dirty)?$")
    set(debian_version "${CMAKE_MATCH_1}")
elseif(version MATCHES "^([0-9a-f]+)")
    set(debian_version "0.0~git${source_time}+${CMAKE_MATCH_1}")
else()
    set(debian_version "0.0~git${source_time}")
endif()
if(version MATCHES "-dirty$")
    string(APPEND debian_version "+dirty")
endif()
