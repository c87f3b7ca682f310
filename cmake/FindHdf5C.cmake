# Finds HDF5's C library without asking for a C compiler, as CMake's own module does.
# Gives Hdf5C::Hdf5C. Debian keeps the serial build in folders of its own; HDF5_ROOT names another one.
find_path(Hdf5C_INCLUDE_DIR hdf5.h PATH_SUFFIXES hdf5/serial)
find_library(Hdf5C_LIBRARY NAMES hdf5 hdf5_serial PATH_SUFFIXES hdf5/serial)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Hdf5C
  REQUIRED_VARS Hdf5C_LIBRARY Hdf5C_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libhdf5-dev, or switch Keras files off with -DNADIR_HDF5=OFF")
mark_as_advanced(Hdf5C_INCLUDE_DIR Hdf5C_LIBRARY)

if(Hdf5C_FOUND AND NOT TARGET Hdf5C::Hdf5C)
  add_library(Hdf5C::Hdf5C UNKNOWN IMPORTED)
  set_target_properties(Hdf5C::Hdf5C PROPERTIES
    IMPORTED_LOCATION "${Hdf5C_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Hdf5C_INCLUDE_DIR}")
endif()
