#include "predict/row_writer.h"

#include <torch/torch.h>

#include <cstring>

namespace nadir {

RowWriter::RowWriter(const std::filesystem::path& path, const RasterLayout& layout)
    : writer_(path, layout),
      height_(layout.height),
      rows_(torch::empty({layout.bands, std::min(layout.tile, layout.height), layout.width}, layout.type)) {}

void RowWriter::add(const at::Tensor& rows) {
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
    if (filled_ < rows_.size(1) && written_ + filled_ < height_) return;
    writer_.write({written_, 0, filled_, rows_.size(2)}, rows_.narrow(1, 0, filled_));
    written_ += filled_;
    filled_ = 0;
  }
}

}  // namespace nadir
