# aimee_room(NAME USES ROOM... LIBRARIES LIB...): the static library lib/NAME of all its sources.
#
# A room's headers are included as "NAME/header.h" and are found only by rooms that say USES NAME: every room has
# an include folder of its own with nothing in it but a link to the room. So the direction between rooms is
# checked by each compilation.
function(aimee_room name)
    cmake_parse_arguments(PARSE_ARGV 1 room "" "" "USES;LIBRARIES")
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
    add_library(${name} STATIC ${sources})
    set(include_folder ${CMAKE_BINARY_DIR}/include/${name})
    file(MAKE_DIRECTORY ${include_folder})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${name} ${include_folder}/${name} SYMBOLIC)
    target_include_directories(${name} PUBLIC ${include_folder})
    target_link_libraries(${name} PUBLIC ${room_USES} PRIVATE aimee_flags ${room_LIBRARIES})
    aimee_standard_headers(${name})
    # Counters for tests/fuzz. Compiling the rooms once more for that would cost more than the counters do, and without
    # libFuzzer they are no more than counters: the sanitizers' own runtime has the functions that they call.
    if(AIMEE_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
        target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
endfunction()

# aimee_standard_headers(TARGET): in the product, the standard headers are compiled once and not with each file, of which
# they are four fifths of the time. The native build goes without, so it and clang-tidy see an include that a file forgot.
function(aimee_standard_headers target)
    if(NOT AIMEE_SMALL)
        return()
    endif()
    if(NOT TARGET standard_headers)
        file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/standard_headers.cc CONTENT "")
        add_library(standard_headers OBJECT ${CMAKE_BINARY_DIR}/standard_headers.cc)
        target_link_libraries(standard_headers PRIVATE aimee_flags)
        target_precompile_headers(standard_headers PRIVATE <algorithm> <array> <cerrno> <chrono> <cstdint> <expected>
            <memory> <optional> <span> <string> <string_view> <vector>)
    endif()
    target_precompile_headers(${target} REUSE_FROM standard_headers)
endfunction()

# aimee_library(NAME HEADER LIB...): the imported target aimee::NAME of an installed C library.
function(aimee_library name header)
    add_library(aimee_${name} INTERFACE)
    add_library(aimee::${name} ALIAS aimee_${name})
    foreach(library IN LISTS ARGN)
        find_library(AIMEE_LIB_${library} ${library} REQUIRED)
        target_link_libraries(aimee_${name} INTERFACE ${AIMEE_LIB_${library}})
    endforeach()
    find_path(AIMEE_INCLUDE_${name} ${header} PATH_SUFFIXES ${name} lib${name} REQUIRED)
    if(NOT AIMEE_INCLUDE_${name} MATCHES "/usr/include$")
        target_include_directories(aimee_${name} SYSTEM INTERFACE ${AIMEE_INCLUDE_${name}})
    endif()
endfunction()
