#include "predict/row_writer.h"

#include <torch/torch.h>

#include <cstring>

namespace nadir {

RowWriter::RowWriter(const std::filesystem::path& path, const RasterLayout& layout)
    : layout_(layout), writer_(path, layout) {}

void RowWriter::add(const at::Tensor& rows) {
  if (!rows_.defined()) {
    rows_ =
        torch::empty({layout_.bands, std::min(layout_.tile, layout_.height), layout_.width}, layout_.type);
  }
  const auto line = static_cast<std::size_t>(rows.size(2) * rows.element_size());
  for (std::int64_t done = 0; done < rows.size(1);) {
    const std::int64_t count = std::min(rows.size(1) - done, rows_.size(1) - filled_);
    for (std::int64_t band = 0; band < rows.size(0); ++band) {
      const auto* const from = static_cast<const std::byte*>(rows.const_data_ptr()) +
                               static_cast<std::size_t>(band * rows.size(1) + done) * line;
      auto* const to = static_cast<std::byte*>(rows_.data_ptr()) +
                       static_cast<std::size_t>(band * rows_.size(1) + filled_) * line;
      std::memcpy(to, from, static_cast<std::size_t>(count) * line);
    }
    done += count;
    filled_ += count;
    if (filled_ < rows_.size(1) && written_ + filled_ < layout_.height) return;
    add_blocks(0, rows_.narrow(1, 0, filled_));
    filled_ = 0;
  }
}

// One after the other: GDAL would go over them line by line, and more of them than its cache holds would be
// packed and unpacked for each.
void RowWriter::add_blocks(std::int64_t column, const at::Tensor& pixels) {
  for (std::int64_t done = 0; done < pixels.size(2); done += layout_.tile) {
    const std::int64_t width = std::min(layout_.tile, pixels.size(2) - done);
    writer_.write({written_, column + done, pixels.size(1), width}, pixels.narrow(2, done, width));
  }
  if (column + pixels.size(2) == layout_.width) written_ += pixels.size(1);
}

}  // namespace nadir
