// Which pixels of a raster hold data: nodata values, mask bands and alpha; and blocks that cannot be read.
#pragma once

#include <vector>

#include "nadir/raster.h"
#include "raster/gdal.h"

namespace nadir {

// [H, W] bool, false where a nodata value or mask of one of `bands`, or an alpha band, says so. Undefined
// when the raster has none of these.
at::Tensor read_masks(GDALDataset& dataset, const RasterInfo& info, const Window& window,
                      const std::vector<int>& bands);

// Whether the pixels of `bands` tell by themselves which of them are valid: no alpha, no mask band.
bool masks_are_values(GDALDataset& dataset, const RasterInfo& info, const std::vector<int>& bands);
// [H, W] bool, false where a pixel of the image has the nodata value of its band (`bands`: those of the
// image; empty: none is looked at) or is a float that is not finite. Undefined when there can be none.
at::Tensor valid_values(const RasterInfo& info, const at::Tensor& image, const std::vector<int>& bands);

// Throws the DataError for a window that GDAL could not read.
[[noreturn]] void throw_unreadable(const std::string& path, const Window& window,
                                   const GdalMessages& messages);
// Throws it also where GDAL fills the missing end of an image with grey and only warns.
void check_complete(const std::string& path, const Window& window, const GdalMessages& messages);

}  // namespace nadir
