// GDAL made quiet: drivers registered once, messages caught instead of printed, the block cache bounded.
#pragma once

#include <ATen/core/Tensor.h>
#include <gdal_priv.h>

#include <filesystem>
#include <string>

namespace nadir {

// Catches what GDAL says in this thread while it lives, and registers GDAL's drivers the first time.
class GdalMessages {
 public:
  GdalMessages();
  ~GdalMessages();
  GdalMessages(const GdalMessages&) = delete;
  GdalMessages& operator=(const GdalMessages&) = delete;

  bool failed() const { return failed_; }
  // What GDAL said first, which names the cause; a failure goes before a warning. "no reason given" for
  // nothing.
  std::string text() const;
  const std::string& warning() const { return warning_; }
  int system_error() const { return system_error_; }  // errno at the first failure

 private:
  static void CPL_STDCALL receive(CPLErr kind, CPLErrorNum number, const char* text);

  bool failed_ = false;
  std::string failure_;
  std::string warning_;
  int system_error_ = 0;
};

// Why a file in `folder` could not be written: says so when the disk is full.
std::string why_not_written(const GdalMessages& messages, const std::filesystem::path& folder);
// ", and the old file stays" or "", for the end of such a message.
std::string what_stays(const std::filesystem::path& target);

// Throws ConfigError when this GDAL was built without the driver.
GDALDriver& gdal_driver(const std::string& name);

// The type of a tensor of uint8, uint16, int16, int32 or float32 in GDAL's words. std::logic_error for
// another.
GDALDataType gdal_type(at::ScalarType type);

}  // namespace nadir
