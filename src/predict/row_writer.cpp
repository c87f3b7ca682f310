#include "predict/row_writer.h"

#include <torch/torch.h>

namespace nadir {

RowWriter::RowWriter(const std::filesystem::path& path, const RasterLayout& layout)
    : writer_(path, layout),
      height_(layout.height),
      width_(layout.width),
      rows_(torch::empty({layout.bands, std::min(layout.tile, layout.height), layout.width}, torch::kByte)) {}

std::uint8_t* RowWriter::row(std::int64_t band) {
  return rows_.data_ptr<std::uint8_t>() + (band * rows_.size(1) + filled_) * width_;
}

void RowWriter::next_row() {
  ++filled_;
  if (filled_ < rows_.size(1) && written_ + filled_ < height_) return;
  writer_.write({written_, 0, filled_, width_}, rows_.narrow(1, 0, filled_));
  written_ += filled_;
  filled_ = 0;
}

}  // namespace nadir
