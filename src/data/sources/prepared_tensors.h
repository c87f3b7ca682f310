// Images and labels that were prepared elsewhere, as tensors in one safetensors file: for machines without
// GDAL.
#pragma once

#include "nadir/data.h"

namespace nadir {

// Tensors `<id>/image` [C, H, W], `<id>/target` as in Sample (optional) and `<id>/valid` [H, W] bool
// (optional). The file's metadata may name the bands, bands = "red,green,blue", number them as in the rasters
// that they came from, band_numbers = "3,2,1", give the ground resolution in metres, and say which image
// belongs to which part, parts = {"train": [ids], "val": [ids]}, for data.split: {by: source}. write_prepared
// writes such files. The tensors are held in memory.
struct PreparedConfig {
  std::string file;
  void fields(FieldVisitor& visit);
  void validate() const;
};
// Throws DataError for a file or tensors that are not as they should be.
std::shared_ptr<Source> make_prepared(const PreparedConfig& config, const LabelSpec& labels);

}  // namespace nadir
