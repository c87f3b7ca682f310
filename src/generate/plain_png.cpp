// PNG by zlib alone, for builds without picture formats, too (PNG specification, third edition).
#include <zlib.h>

#include "nadir/generate.h"

namespace nadir {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift & 0xff));
  return bytes;
}

std::string chunk(const std::string& kind, const std::string& contents) {
  const std::string summed = kind + contents;
  const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(summed.data()), static_cast<uInt>(summed.size()));
  return big_endian(static_cast<std::uint32_t>(contents.size())) + summed +
         big_endian(static_cast<std::uint32_t>(sum));
}

}  // namespace

std::string encode_plain_png(const at::Tensor& picture) {
  if (picture.dim() != 3 || picture.size(2) != 3 || picture.scalar_type() != at::kByte) {
    throw std::logic_error("a plain PNG is made of [H, W, 3] uint8");
  }
  const at::Tensor pixels = picture.contiguous();
  const auto height = static_cast<std::uint32_t>(pixels.size(0)),
             width = static_cast<std::uint32_t>(pixels.size(1));
  const auto* from = static_cast<const char*>(pixels.const_data_ptr());
  std::string lines;
  for (std::size_t row = 0; row < height; ++row) {
    lines.push_back(0);  // no filter
    lines.append(from + row * width * 3, std::size_t{width} * 3);
  }
  uLongf size = compressBound(static_cast<uLong>(lines.size()));
  std::string packed(size, 0);
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(lines.data()),
           static_cast<uLong>(lines.size()));
  packed.resize(size);
  const std::string header =
      big_endian(width) + big_endian(height) + std::string("\x08\x02\x00\x00\x00", 5);  // 8 bits, RGB
  return std::string("\x89PNG\r\n\x1a\n") + chunk("IHDR", header) + chunk("IDAT", packed) + chunk("IEND", "");
}

}  // namespace nadir
