# CMake toolchain for the sysroots that toolchain/build makes. Not used directly: one file a target
# (x86_64-linux-musl.cmake, aarch64-linux-musl.cmake) sets aimee_target and includes this one.
#
# The target, the sysroot, libc++, lld, -static, -fno-exceptions and -fno-rtti come from the
# sysroot's own musl.cfg; what to optimise for and what to leave out is up to the project.

# From the environment, since CMake's checks read this file again without the cache.
if(DEFINED ENV{AIMEE_SYSROOTS})
    set(aimee_sysroot $ENV{AIMEE_SYSROOTS}/${aimee_target})
else()
    set(aimee_sysroot ${CMAKE_CURRENT_LIST_DIR}/../build/sysroot/${aimee_target})
endif()
cmake_path(NORMAL_PATH aimee_sysroot)
if(NOT EXISTS ${aimee_sysroot}/musl.cfg)
    message(FATAL_ERROR "No sysroot for ${aimee_target}: run toolchain/build ${aimee_target}")
endif()

string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR ${aimee_target})
set(CMAKE_SYSTEM_NAME Linux)

set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_FLAGS_INIT --config=${aimee_sysroot}/musl.cfg)
set(CMAKE_CXX_FLAGS_INIT --config=${aimee_sysroot}/musl.cfg)
foreach(tool IN ITEMS AR RANLIB NM STRIP OBJCOPY OBJDUMP READELF)
    string(TOLOWER llvm-${tool}-19 program)
    find_program(CMAKE_${tool} ${program} REQUIRED)
endforeach()
foreach(language IN ITEMS C CXX) # CMake's names for the same when it links with LTO
    set(CMAKE_${language}_COMPILER_AR ${CMAKE_AR})
    set(CMAKE_${language}_COMPILER_RANLIB ${CMAKE_RANLIB})
endforeach()

set(CMAKE_FIND_ROOT_PATH ${aimee_sysroot})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Tests for another machine run under qemu's user mode emulation.
if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL CMAKE_HOST_SYSTEM_PROCESSOR)
    find_program(aimee_emulator NAMES qemu-${CMAKE_SYSTEM_PROCESSOR}-static qemu-${CMAKE_SYSTEM_PROCESSOR})
    if(aimee_emulator)
        set(CMAKE_CROSSCOMPILING_EMULATOR ${aimee_emulator})
    endif()
endif()
