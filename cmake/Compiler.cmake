# Warnings, sanitizers and the compiler cache, for every target of the project.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)
# No path of the build machine enters the binary, and the same sources give the same binary in every folder. With ccache
# the compiler sees paths relative to the build folder, so those are mapped too. Of several that fit, the last one holds.
file(RELATIVE_PATH DOCLAYOUT_SOURCE_FROM_BUILD "${PROJECT_BINARY_DIR}" "${PROJECT_SOURCE_DIR}")
string(REGEX REPLACE "/$" "" DOCLAYOUT_SOURCE_FROM_BUILD "${DOCLAYOUT_SOURCE_FROM_BUILD}") # of a parent it ends with one
add_compile_options(
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/="
  "-ffile-prefix-map=${DOCLAYOUT_SOURCE_FROM_BUILD}/="
  "-ffile-prefix-map=${PROJECT_BINARY_DIR}=."
  "-ffile-prefix-map=${PROJECT_BINARY_DIR}/=")
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's own stable_sort calls what its header declares deprecated.
  add_compile_options(-Wthread-safety -Wno-deprecated-declarations -Wno-missing-designated-field-initializers -Wno-missing-field-initializers)
else()
  # g++ 12 warns of designated initializers that leave a default in place, and falsely of optionals in coroutines.
  add_compile_options(-Wno-missing-field-initializers -Wno-maybe-uninitialized)
  # It would name a header behind a link by the shorter one of its two paths, which depends on where the folders are.
  add_compile_options(-fno-canonical-system-headers)
endif()

# RPATH and not RUNPATH, because it holds for the libraries' libraries too: OpenCV would else bring in Debian's oneTBB
# before OpenVINO can bring in the newer one that it was built and tested with.
add_link_options("-Wl,--disable-new-dtags")

if(DOCLAYOUT_SANITIZE)
  add_compile_options("-fsanitize=${DOCLAYOUT_SANITIZE}" -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${DOCLAYOUT_SANITIZE}")
endif()
if(DOCLAYOUT_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
