#include "raster/gdal.h"

#include <cpl_conv.h>
#include <cpl_error.h>

#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <system_error>

#include "core/text.h"
#include "nadir/error.h"

namespace nadir {
namespace {

// GDAL's own default is 5 % of the memory, which is no use to windows that are read once.
constexpr GIntBig kBlockCacheBytes = 32 << 20;
constexpr std::uintmax_t kFullDiskBytes = 1 << 20;

void register_drivers_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    GDALAllRegister();
    if (!CPLGetConfigOption("GDAL_CACHEMAX", nullptr)) GDALSetCacheMax64(kBlockCacheBytes);
  });
}

bool says_full(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace

GdalMessages::GdalMessages() {
  register_drivers_once();
  CPLPushErrorHandlerEx(&GdalMessages::receive, this);
  CPLSetCurrentErrorHandlerCatchDebug(FALSE);
  CPLErrorReset();
  errno = 0;
}

GdalMessages::~GdalMessages() {
  CPLPopErrorHandler();
  CPLErrorReset();
}

void CPL_STDCALL GdalMessages::receive(CPLErr kind, CPLErrorNum, const char* text) {
  const int error = errno;
  auto& self = *static_cast<GdalMessages*>(CPLGetErrorHandlerUserData());
  if (kind == CE_Warning && self.warning_.empty()) self.warning_ = text;
  if (kind != CE_Failure && kind != CE_Fatal) return;
  if (self.failure_.empty()) self.failure_ = text;
  if (!says_full(self.system_error_)) self.system_error_ = error;
  self.failed_ = true;
}

std::string GdalMessages::text() const {
  if (!failure_.empty()) return failure_;
  return warning_.empty() ? "no reason given" : warning_;
}

std::string why_not_written(const GdalMessages& messages, const std::filesystem::path& folder) {
  std::error_code ignored;
  const auto space = std::filesystem::space(folder.empty() ? "." : folder, ignored);
  const bool full = says_full(messages.system_error()) || (!ignored && space.available < kFullDiskBytes);
  if (!full) return "cannot be written: " + messages.text();
  if (messages.system_error() == EFBIG) {
    return "cannot be written: larger than this disk or this user's limit allows (" + messages.text() + ")";
  }
  return "cannot be written: the disk is full (" + human_bytes(static_cast<std::int64_t>(space.available)) +
         " left in " + (folder.empty() ? "." : folder.string()) + "); make room or choose another output (" +
         messages.text() + ")";
}

std::string what_stays(const std::filesystem::path& target) {
  std::error_code ignored;
  return std::filesystem::exists(target, ignored) ? "; the old file stays as it was" : "";
}

GDALDriver& gdal_driver(const std::string& name) {
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName(name.c_str());
  if (!driver) throw ConfigError("this GDAL was built without the format " + name + "; install a full GDAL");
  return *driver;
}

GDALDataType gdal_type(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return GDT_Byte;
    case at::kUInt16:
      return GDT_UInt16;
    case at::kShort:
      return GDT_Int16;
    case at::kInt:
      return GDT_Int32;
    case at::kFloat:
      return GDT_Float32;
    default:
      throw std::logic_error(std::string("rasters hold no ") + c10::toString(type));
  }
}

}  // namespace nadir
