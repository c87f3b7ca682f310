# Finds protozero (https://github.com/mapbox/protozero), headers that read and write protobuf's wire format.
# Gives Protozero_INCLUDE_DIR.
find_path(Protozero_INCLUDE_DIR protozero/pbf_builder.hpp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Protozero REQUIRED_VARS Protozero_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libprotozero-dev")
mark_as_advanced(Protozero_INCLUDE_DIR)
