set(aimee_target x86_64-linux-musl)
include(${CMAKE_CURRENT_LIST_DIR}/musl.cmake)
