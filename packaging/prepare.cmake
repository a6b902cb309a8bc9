# CPack runs this on what was installed for the packages, before they are made: Debian's places and forms, and times
# that do not depend on when it was built.
set(main ${CPACK_TEMPORARY_DIRECTORY}/main)
set(appliance ${CPACK_TEMPORARY_DIRECTORY}/appliance)

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# zsh's own functions and those of packages are in different folders.
file(MAKE_DIRECTORY ${main}/usr/share/zsh)
file(RENAME ${main}/usr/share/zsh/site-functions ${main}/usr/share/zsh/vendor-completions)

# The licence is in /usr/share/common-licenses, and the copyright file says so.
file(REMOVE ${main}/usr/share/doc/aimee/LICENSE)

file(GLOB pages ${main}/usr/share/man/man*/*.[1-9])
run(gzip -9n ${pages})

file(GLOB_RECURSE files RELATIVE ${appliance} ${appliance}/etc/*)
list(SORT files)
list(TRANSFORM files PREPEND /)
list(JOIN files "\n" lines)
if(NOT lines STREQUAL "")
    string(APPEND lines "\n")
endif()
file(WRITE ${CPACK_AIMEE_CONFFILES} "${lines}")

run(find ${CPACK_TEMPORARY_DIRECTORY} -exec touch --no-dereference --date=@${CPACK_AIMEE_SOURCE_EPOCH} {} +)
set(ENV{SOURCE_DATE_EPOCH} ${CPACK_AIMEE_SOURCE_EPOCH})
