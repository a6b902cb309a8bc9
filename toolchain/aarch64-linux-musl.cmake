set(aimee_target aarch64-linux-musl)
include(${CMAKE_CURRENT_LIST_DIR}/musl.cmake)
