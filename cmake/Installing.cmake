# `cmake --install`: libraries, headers, FindLibTorch and a package for find_package(nadir).
include(CMakePackageConfigHelpers)
get_property(_libraries GLOBAL PROPERTY NADIR_LIBRARIES)
install(TARGETS nadir nadir_options ${_libraries} EXPORT nadirTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT nadirTargets NAMESPACE nadir:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/nadir)
install(DIRECTORY include/nadir DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(cmake/nadirConfig.cmake.in "${PROJECT_BINARY_DIR}/nadirConfig.cmake"
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/nadir)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/nadirConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/nadirConfig.cmake" "${PROJECT_BINARY_DIR}/nadirConfigVersion.cmake"
  cmake/FindLibTorch.cmake cmake/FindOpenCVParts.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/nadir)
