# Finds OpenCV's core and imgproc, the two modules that nadir uses. Debian packages them without OpenCV's own
# CMake files, which come with all of its modules and their 140 packages.
#
# Gives OpenCVParts::OpenCVParts, OpenCVParts_VERSION.

find_path(OpenCVParts_INCLUDE_DIR opencv2/imgproc.hpp PATH_SUFFIXES opencv4)
find_library(OpenCVParts_CORE opencv_core)
find_library(OpenCVParts_IMGPROC opencv_imgproc)
mark_as_advanced(OpenCVParts_INCLUDE_DIR OpenCVParts_CORE OpenCVParts_IMGPROC)

if(OpenCVParts_INCLUDE_DIR)
  file(STRINGS "${OpenCVParts_INCLUDE_DIR}/opencv2/core/version.hpp" _version_lines
    REGEX "#define CV_VERSION_(MAJOR|MINOR|REVISION) ")
  string(REGEX MATCHALL "[0-9]+" _version_parts "${_version_lines}")
  list(JOIN _version_parts "." OpenCVParts_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVParts
  REQUIRED_VARS OpenCVParts_IMGPROC OpenCVParts_CORE OpenCVParts_INCLUDE_DIR
  VERSION_VAR OpenCVParts_VERSION
  REASON_FAILURE_MESSAGE "install libopencv-imgproc-dev, or build without it: -DNADIR_OPENCV=OFF")

if(OpenCVParts_FOUND AND NOT TARGET OpenCVParts::OpenCVParts)
  add_library(OpenCVParts::OpenCVParts INTERFACE IMPORTED)
  set_target_properties(OpenCVParts::OpenCVParts PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${OpenCVParts_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${OpenCVParts_IMGPROC};${OpenCVParts_CORE}")
endif()
