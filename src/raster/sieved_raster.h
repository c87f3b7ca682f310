// A class raster without its small areas.
#pragma once

#include <optional>
#include <string>

#include "core/temporary.h"
#include "nadir/raster.h"

namespace nadir {

// A file beside `output` in which areas of fewer than `pixels` pixels (4 neighbours) have the class of their
// largest neighbour; nodata stays as it is. It goes with the object.
class SievedRaster {
 public:
  SievedRaster(const std::string& class_raster, const std::filesystem::path& output, std::int64_t pixels);
  ~SievedRaster();
  SievedRaster(const SievedRaster&) = delete;
  SievedRaster& operator=(const SievedRaster&) = delete;
  std::string path() const { return file_.path().string(); }

 private:
  TemporaryFile file_;
};

}  // namespace nadir
