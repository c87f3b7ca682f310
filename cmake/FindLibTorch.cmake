# Finds libtorch without asking for CUDA's compiler or for Python's development files.
#
# Looks, in this order, at
#   LIBTORCH (cache or environment)   a libtorch folder, or the `torch` folder of an installed wheel
#   .env/ in the source folder        the private environment that ./run makes
#   python3 -c 'import torch'         a wheel that is installed already
# A folder counts when it holds include/ATen and lib/libtorch.so. A CUDA build is used with its CUDA
# libraries and needs nothing but the driver when it runs.
#
# Gives LibTorch::LibTorch, LibTorch_VERSION, LibTorch_LIBRARY_DIR, LibTorch_CUDA (whether it is a CUDA build).

set(LIBTORCH "$ENV{LIBTORCH}" CACHE PATH "A libtorch folder, or the torch folder of a wheel")

file(GLOB _libtorch_private
  "${CMAKE_CURRENT_LIST_DIR}/../.env/lib/python3*/site-packages/torch"
  "${CMAKE_SOURCE_DIR}/.env/lib/python3*/site-packages/torch")
set(_libtorch_candidates ${LIBTORCH} ${_libtorch_private})

if(NOT _libtorch_candidates)
  execute_process(
    COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE _libtorch_python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  list(APPEND _libtorch_candidates ${_libtorch_python})
endif()

foreach(_folder IN LISTS _libtorch_candidates)
  if(NOT LibTorch_ROOT_DIR AND EXISTS "${_folder}/include/ATen" AND EXISTS "${_folder}/lib/libtorch.so")
    get_filename_component(LibTorch_ROOT_DIR "${_folder}" REALPATH)
  endif()
endforeach()

if(LibTorch_ROOT_DIR)
  set(LibTorch_LIBRARY_DIR "${LibTorch_ROOT_DIR}/lib")
  set(_version_header "${LibTorch_ROOT_DIR}/include/torch/headeronly/version.h")
  if(NOT EXISTS "${_version_header}")
    set(_version_header "${LibTorch_ROOT_DIR}/include/torch/csrc/api/include/torch/version.h")
  endif()
  if(EXISTS "${_version_header}")
    file(STRINGS "${_version_header}" _version_lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
    string(REGEX MATCHALL "[0-9]+" _version_parts "${_version_lines}")
    list(JOIN _version_parts "." LibTorch_VERSION)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_ROOT_DIR LibTorch_LIBRARY_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "set LIBTORCH to a libtorch folder, or let ./run install the wheel")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  set(_libtorch_libraries
    "${LibTorch_LIBRARY_DIR}/libtorch.so"
    "${LibTorch_LIBRARY_DIR}/libtorch_cpu.so"
    "${LibTorch_LIBRARY_DIR}/libc10.so")
  set(LibTorch_CUDA OFF)
  if(EXISTS "${LibTorch_LIBRARY_DIR}/libtorch_cuda.so")
    set(LibTorch_CUDA ON)
    # Nothing refers to libtorch_cuda by symbol: it registers its kernels when it is loaded.
    list(APPEND _libtorch_libraries
      -Wl,--no-as-needed
      "${LibTorch_LIBRARY_DIR}/libtorch_cuda.so"
      "${LibTorch_LIBRARY_DIR}/libc10_cuda.so"
      -Wl,--as-needed)
  endif()
  set_target_properties(LibTorch::LibTorch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES
      "${LibTorch_ROOT_DIR}/include;${LibTorch_ROOT_DIR}/include/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES "${_libtorch_libraries}"
    # The CUDA wheel's libraries find each other by their own run paths, which the linker does not follow.
    INTERFACE_LINK_OPTIONS "-Wl,--allow-shlib-undefined;-Wl,-rpath,${LibTorch_LIBRARY_DIR}")
endif()
