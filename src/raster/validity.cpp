#include "raster/validity.h"

#include <ATen/ATen.h>

#include <cmath>

namespace nadir {
namespace {

// A value that no pixel of the type can have, which GDAL would round into one that it can.
bool never_occurs(GDALRasterBand& band, std::optional<double> nodata) {
  if (!nodata || !GDALDataTypeIsInteger(band.GetRasterDataType())) return false;
  return std::isnan(*nodata) || *nodata != std::floor(*nodata);
}

// A nodata value beyond the type matches no pixel.
at::Tensor differs(const at::Tensor& pixels, double nodata) {
  const bool fits = pixels.scalar_type() == at::kByte ? nodata >= 0 && nodata <= 255 : nodata <= 32767;
  return fits ? pixels.ne(nodata) : at::ones(pixels.sizes(), at::kBool);
}

void add_mask(at::Tensor& valid, GDALRasterBand& band, const std::string& path, const Window& window) {
  // 16-bit alpha must not be shrunk to bytes: a faint pixel would become an invalid one.
  const at::Tensor mask = at::empty({window.height, window.width}, at::kInt);
  const GdalMessages messages;
  const CPLErr result = band.RasterIO(GF_Read, static_cast<int>(window.column), static_cast<int>(window.row),
                                      static_cast<int>(window.width), static_cast<int>(window.height),
                                      mask.mutable_data_ptr(), static_cast<int>(window.width),
                                      static_cast<int>(window.height), GDT_Int32, 0, 0, nullptr);
  if (result != CE_None) throw_unreadable(path, window, messages);
  const at::Tensor present = mask.ne(0);
  valid = valid.defined() ? valid.logical_and_(present) : present;
}

}  // namespace

at::Tensor read_masks(GDALDataset& dataset, const RasterInfo& info, const Window& window,
                      const std::vector<int>& bands) {
  at::Tensor valid;
  for (int number = 1; number <= dataset.GetRasterCount(); ++number) {
    GDALRasterBand& band = *dataset.GetRasterBand(number);
    if (band.GetColorInterpretation() == GCI_AlphaBand) add_mask(valid, band, info.path, window);
  }
  bool shared_mask_read = false;
  for (const int number : bands) {
    GDALRasterBand& band = *dataset.GetRasterBand(number);
    const int flags = band.GetMaskFlags();
    const bool is_shared = (flags & GMF_PER_DATASET) != 0;
    if ((flags & (GMF_ALL_VALID | GMF_ALPHA)) != 0 || (is_shared && shared_mask_read)) continue;
    const auto nodata = info.bands[static_cast<std::size_t>(number - 1)].nodata;
    if ((flags & GMF_NODATA) != 0 && never_occurs(band, nodata)) continue;
    add_mask(valid, *band.GetMaskBand(), info.path, window);
    shared_mask_read = shared_mask_read || is_shared;
  }
  return valid;
}

bool masks_are_values(GDALDataset& dataset, const RasterInfo& info, const std::vector<int>& bands) {
  if (info.has_mask) return false;
  for (const int number : bands) {
    GDALRasterBand& band = *dataset.GetRasterBand(number);
    // GDAL compares integers that came as float32 in their own type.
    const bool rounded = info.type == at::kFloat && band.GetRasterDataType() != GDT_Float32;
    if ((band.GetMaskFlags() & GMF_NODATA) != 0 && (rounded || info.type_name == "Int8")) return false;
    if ((band.GetMaskFlags() & (GMF_NODATA | GMF_ALL_VALID)) == 0) return false;
  }
  return true;
}

at::Tensor valid_values(const RasterInfo& info, const at::Tensor& image, const std::vector<int>& bands) {
  at::Tensor valid;
  const auto keep = [&](const at::Tensor& mask) {
    valid = valid.defined() ? valid.logical_and_(mask) : mask;
  };
  const bool is_float = image.is_floating_point();
  if (is_float) keep(at::isfinite(image).all(0));
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const auto nodata = info.bands[static_cast<std::size_t>(bands[i] - 1)].nodata;
    if (!nodata || std::isnan(*nodata) || (!is_float && *nodata != std::floor(*nodata))) continue;
    const at::Tensor pixels = image[static_cast<std::int64_t>(i)];
    if (is_float) {
      keep(pixels.ne(static_cast<float>(*nodata)));
    } else if (*nodata >= -32768 && *nodata <= 65535) {
      keep(pixels.scalar_type() == at::kUInt16 ? pixels.to(at::kInt).ne(*nodata) : differs(pixels, *nodata));
    }
  }
  return valid;
}

void throw_unreadable(const std::string& path, const Window& window, const GdalMessages& messages) {
  throw DataError(path + ": " + to_string(window) + " cannot be read, the file is truncated or corrupt (" +
                  messages.text() + "); fetch or make it anew");
}

void check_complete(const std::string& path, const Window& window, const GdalMessages& messages) {
  if (messages.warning().find("Premature end") == std::string::npos) return;
  throw_unreadable(path, window, messages);
}

}  // namespace nadir
