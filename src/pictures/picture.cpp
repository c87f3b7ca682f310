#include "pictures/picture.h"

#include <ATen/ATen.h>

#include <fstream>
#include <limits>
#include <stdexcept>

#include "nadir/error.h"
#include "nadir/runtime.h"
#include "pictures/jpeg.h"
#include "pictures/png_file.h"

namespace nadir {
namespace {

constexpr std::size_t kHead = 16384;  // bytes
constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();

// The first bytes of a file, in one piece.
std::string read_bytes(const std::filesystem::path& file, std::size_t most) {
  std::ifstream stream(file, std::ios::binary);
  std::error_code failure;
  const auto size = std::filesystem::file_size(file, failure);
  if (!stream || failure) return read_text_file(file);  // which says what is wrong
  std::string bytes(std::min<std::size_t>(size, most), '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream) throw DataError(file.string() + ": cannot be read");
  return bytes;
}

[[noreturn]] void throw_unknown_format(const std::string& path, const std::string& bytes) {
  throw DataError(path + (bytes.empty() ? ": is empty" : ": is neither a JPEG nor a PNG picture"));
}

// Indices to colours; an index beyond the palette's end is damage.
at::Tensor look_up(const Picture& picture) {
  const auto& palette = picture.info.palette;
  const std::int64_t count = picture.pixels.numel();
  at::Tensor colors = at::empty({picture.info.height, picture.info.width, 3}, at::kByte);
  const auto* from = picture.pixels.const_data_ptr<std::uint8_t>();
  auto* to = colors.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < count; ++i, to += 3) {
    if (from[i] >= palette.size()) {
      throw DataError(picture.info.path + ": a pixel has palette index " + std::to_string(from[i]) +
                      ", and the palette has " + std::to_string(palette.size()) + " colours");
    }
    std::copy(palette[from[i]].begin(), palette[from[i]].end(), to);
  }
  return colors;
}

at::Tensor as_rgb(const Picture& picture) {
  if (!picture.info.palette.empty()) return look_up(picture);
  if (picture.info.channels >= 3) return picture.pixels.narrow(2, 0, 3).contiguous();
  return picture.pixels.narrow(2, 0, 1).expand({-1, -1, 3}).contiguous();
}

// Pillow's rule, for 8 and for 16 bits.
at::Tensor as_gray(const Picture& picture) {
  if (picture.info.palette.empty() && picture.info.channels <= 2) {
    return picture.pixels.narrow(2, 0, 1).contiguous();
  }
  const at::Tensor rgb = as_rgb(picture).to(at::kLong);
  const at::Tensor sum =
      rgb.select(2, 0) * 19595 + rgb.select(2, 1) * 38470 + rgb.select(2, 2) * 7471 + 32768;
  return at::bitwise_right_shift(sum, 16).to(picture.info.type).unsqueeze(2);
}

Picture in_color(Picture picture, PictureColor color) {
  if (color == PictureColor::kStored) return picture;
  picture.pixels = color == PictureColor::kRgb ? as_rgb(picture) : as_gray(picture);
  picture.info.channels = picture.pixels.size(2);
  picture.info.palette.clear();
  return picture;
}

void check_encodable(const at::Tensor& picture, std::int64_t most_channels) {
  const bool plane =
      picture.dim() == 2 || (picture.dim() == 3 && picture.size(2) >= 1 && picture.size(2) <= most_channels);
  if (!plane || picture.numel() == 0) throw std::logic_error("a picture is [H, W] or [H, W, channels]");
}

// Deflate packs at most 1032 bytes into one, and JPEG less.
constexpr std::uint64_t kMostPacked = 1100;
constexpr std::uint64_t kAlwaysPlausible = std::uint64_t{1} << 20;  // bytes

}  // namespace

void check_plausible(const PictureInfo& info, std::size_t bytes) {
  const auto pixels = static_cast<std::uint64_t>(info.height) * static_cast<std::uint64_t>(info.width);
  const std::uint64_t unpacked = pixels * static_cast<std::uint64_t>(info.channels);
  if (unpacked <= kAlwaysPlausible || unpacked / kMostPacked <= bytes) return;
  throw DataError(info.path + ": is damaged: its header promises " + std::to_string(info.width) + " x " +
                  std::to_string(info.height) + " pixels, which " + std::to_string(bytes) +
                  " bytes cannot hold");
}

bool is_picture(const std::filesystem::path& file) {
  std::string suffix = file.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return suffix == ".png" || suffix == ".jpg" || suffix == ".jpeg";
}

PictureInfo decode_picture_info(const std::string& bytes, const std::string& path) {
  if (is_jpeg(bytes)) return jpeg_info(bytes, path);
  if (is_png(bytes)) return png_info(bytes, path);
  throw_unknown_format(path, bytes);
}

Picture decode_picture(const std::string& bytes, const std::string& path, const PictureOptions& options) {
  if (is_jpeg(bytes)) return decode_jpeg(bytes, path, options);
  if (is_png(bytes)) return in_color(decode_png(bytes, path), options.color);
  throw_unknown_format(path, bytes);
}

// The header lies within the first bytes of all but the strangest files.
PictureInfo read_picture_info(const std::filesystem::path& file) {
  const std::string head = read_bytes(file, kHead);
  if (head.size() == kHead) {
    try {
      return decode_picture_info(head, file.string());
    } catch (const DataError&) {
      return decode_picture_info(read_bytes(file, kWhole), file.string());
    }
  }
  return decode_picture_info(head, file.string());
}

Picture read_picture(const std::filesystem::path& file, const PictureOptions& options) {
  return decode_picture(read_bytes(file, kWhole), file.string(), options);
}

std::string encode_png_file(const at::Tensor& picture,
                            const std::vector<std::array<std::uint8_t, 3>>& palette) {
  check_encodable(picture, palette.empty() ? 4 : 1);
  return encode_png_bytes(picture, palette);
}

std::string encode_jpeg_file(const at::Tensor& picture, int quality) {
  check_encodable(picture, 3);
  if (picture.scalar_type() != at::kByte || (picture.dim() == 3 && picture.size(2) == 2)) {
    throw std::logic_error("a JPEG has 1 or 3 channels of 8 bits");
  }
  return encode_jpeg_bytes(picture, quality);
}

}  // namespace nadir
