# How nadir's own code is compiled: warnings, ccache, the precompiled torch header, one library per folder.

find_program(NADIR_CCACHE ccache)
if(NADIR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without this sloppiness ccache passes on every file that uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${NADIR_CCACHE})
endif()

add_library(nadir_options INTERFACE)
target_compile_features(nadir_options INTERFACE cxx_std_20)
# The same flag for libraries and programs: they share a precompiled header.
target_compile_options(nadir_options INTERFACE $<BUILD_INTERFACE:-fPIC>)
target_compile_options(nadir_options INTERFACE $<BUILD_INTERFACE:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion>)
# gcc, and clang from version 18 on, find fault with designated initialisers that leave fields at their defaults.
target_compile_options(nadir_options INTERFACE $<BUILD_INTERFACE:-Wno-missing-field-initializers>)
option(NADIR_WERROR "Treat warnings in nadir's own code as errors" OFF)
if(NADIR_WERROR)
  target_compile_options(nadir_options INTERFACE $<BUILD_INTERFACE:-Werror>)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # ccache needs a precompiled header whose contents alone decide what it is.
  target_compile_options(nadir_options INTERFACE $<BUILD_INTERFACE:SHELL:-Xclang -fno-pch-timestamp>)
endif()
if(NADIR_RASTER)
  target_compile_definitions(nadir_options INTERFACE NADIR_RASTER)
endif()
if(NADIR_SANITIZE)
  set(_flags -fsanitize=${NADIR_SANITIZE} -fno-omit-frame-pointer -g1)
  target_compile_options(nadir_options INTERFACE ${_flags})
  target_link_options(nadir_options INTERFACE ${_flags})
endif()
option(NADIR_LIBFUZZER "Instrument nadir for LLVM's libFuzzer and build tests/fuzz for it (needs clang)" OFF)
if(NADIR_LIBFUZZER)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_FLAGS -fsanitize=fuzzer)
  check_cxx_source_compiles(
    "extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }" NADIR_HAS_LIBFUZZER)
  unset(CMAKE_REQUIRED_FLAGS)
  if(NOT NADIR_HAS_LIBFUZZER)
    message(FATAL_ERROR "NADIR_LIBFUZZER needs clang with its runtime of libFuzzer (Debian's libclang-rt-14-dev): "
      "${CMAKE_CXX_COMPILER} cannot build with -fsanitize=fuzzer. Set CMAKE_CXX_COMPILER, or turn the option off.")
  endif()
  target_compile_options(nadir_options INTERFACE $<BUILD_INTERFACE:-fsanitize=fuzzer-no-link>)
endif()

# One precompiled header for all of nadir: torch's takes 20 s to read, its compiled form 1 to 2.
file(WRITE "${PROJECT_BINARY_DIR}/nadir_pch.cpp" "// Carries the precompiled header that all of nadir shares.\n")
add_library(nadir_pch OBJECT "${PROJECT_BINARY_DIR}/nadir_pch.cpp")
target_link_libraries(nadir_pch PRIVATE nadir_options LibTorch::LibTorch)
target_precompile_headers(nadir_pch PRIVATE
  <torch/nn.h> <algorithm> <array> <cmath> <cstdint> <filesystem> <functional> <map> <memory> <optional>
  <string> <string_view> <utility> <vector>)

# nadir_library(<folder> SOURCES a.cpp b.cpp [LINKS <folders and libraries>])
# makes the target nadir_<folder>; sources are found in the folder that calls it.
function(nadir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(nadir_${name} STATIC ${ARG_SOURCES})
  target_include_directories(nadir_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(nadir_${name} PUBLIC nadir_options LibTorch::LibTorch ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  target_precompile_headers(nadir_${name} REUSE_FROM nadir_pch)
  set_property(GLOBAL APPEND PROPERTY NADIR_LIBRARIES nadir_${name})
endfunction()
