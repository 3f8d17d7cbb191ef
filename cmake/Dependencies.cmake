# Every library that is not ours. Debian packages first; OpenVINO from the wheel that scripts/bootstrap.sh unpacked.

# Inside the build folder, so that a program finds its libraries from where it lies itself, and none says where it was
# built.
file(CREATE_LINK "${DOCLAYOUT_DEPS}" "${PROJECT_BINARY_DIR}/deps" SYMBOLIC)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(JPEG REQUIRED)
find_package(TIFF REQUIRED)
find_package(Protobuf REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CURL REQUIRED)
pkg_check_modules(SPNG REQUIRED IMPORTED_TARGET spng)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp libwebpdemux)

# OpenCV's package configuration wants all of its modules' development files; core and imgproc are all we use.
find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATHS /usr/include/opencv4 REQUIRED)
foreach(part core imgproc)
  find_library(OPENCV_${part}_LIBRARY opencv_${part} REQUIRED)
  add_library(opencv::${part} UNKNOWN IMPORTED)
  set_target_properties(opencv::${part} PROPERTIES
    IMPORTED_LOCATION "${OPENCV_${part}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${OPENCV_INCLUDE_DIR}"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${OPENCV_INCLUDE_DIR}")
endforeach()

# The C interface: what Debian's package configuration offers is the C++ one, which is not meant for others.
find_path(GEOS_INCLUDE_DIR geos_c.h REQUIRED)
find_library(GEOS_C_LIBRARY geos_c REQUIRED)
add_library(geos::c UNKNOWN IMPORTED)
set_target_properties(geos::c PROPERTIES
  IMPORTED_LOCATION "${GEOS_C_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${GEOS_INCLUDE_DIR}")

# Looked for each time: a build folder of before has it by another path.
unset(OpenVINO_DIR CACHE)
find_package(OpenVINO REQUIRED CONFIG
  PATHS "${PROJECT_BINARY_DIR}/deps/openvino/cmake" NO_DEFAULT_PATH COMPONENTS Runtime)

# ONNX Runtime's headers only: its library is loaded when it is asked for, from wherever the machine has it.
find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_cxx_api.h
  PATHS "${DOCLAYOUT_DEPS}/onnxruntime-headers/onnxruntime" /usr/include/onnxruntime NO_DEFAULT_PATH REQUIRED)
add_library(onnxruntime_headers INTERFACE IMPORTED)
target_include_directories(onnxruntime_headers SYSTEM INTERFACE "${ONNXRUNTIME_INCLUDE_DIR}")

# doclayout_loads_onnxruntime(TARGET): nothing links ONNX Runtime, so the folder where scripts/bootstrap.sh leaves it is named,
# from where the program lies. Called after its RUNTIME_OUTPUT_DIRECTORY is set.
function(doclayout_loads_onnxruntime target)
  get_target_property(folder ${target} RUNTIME_OUTPUT_DIRECTORY)
  if(NOT folder)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  file(RELATIVE_PATH from_program "${folder}" "${PROJECT_BINARY_DIR}/deps/onnxruntime/lib")
  set_target_properties(${target} PROPERTIES BUILD_RPATH "$ORIGIN/${from_program}")
endfunction()

# libbacktrace comes with g++, which finds it by itself; clang does not look there, and must not find g++'s other headers.
execute_process(COMMAND g++ -print-file-name=include/backtrace.h
  OUTPUT_VARIABLE DOCLAYOUT_BACKTRACE_HEADER OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND g++ -print-file-name=libbacktrace.a
  OUTPUT_VARIABLE DOCLAYOUT_BACKTRACE_LIBRARY OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

if(DOCLAYOUT_TESTS)
  find_package(GTest REQUIRED)
endif()
if(DOCLAYOUT_BENCH)
  find_package(benchmark REQUIRED)
endif()
