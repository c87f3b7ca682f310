// Plain pictures on disk: JPEG and PNG, decoded whole. Everything georeferenced goes through src/raster/.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace nadir {

struct PictureInfo {
  std::string path;
  std::int64_t height = 0, width = 0;
  std::int64_t channels = 0;        // as stored: 1 gray or palette index, 2 gray + alpha, 3 RGB, 4 RGBA
  at::ScalarType type = at::kByte;  // uint8 or uint16
  bool transparent = false;         // an alpha channel, or a colour that is declared transparent
  std::vector<std::array<std::uint8_t, 3>> palette;  // colours by pixel value; empty when there is none
};

struct Picture {
  PictureInfo info;
  at::Tensor pixels;  // [H, W, channels] of info.type
};

enum class PictureColor {
  kStored,  // channels as the file has them; a palette's pixels are its indices
  kRgb,     // gray is repeated, a palette looked up; alpha is dropped
  kGray,    // JPEG: the file's own luma; else (19595 R + 38470 G + 7471 B + 32768) >> 16
};

struct PictureOptions {
  PictureColor color = PictureColor::kStored;
  // JPEG alone: decode at 1/2, 1/4 or 1/8, the smallest that has at least this size (the decoder's own box
  // filter, several times as fast); 0: at full size. The picture's height and width say what came out.
  std::int64_t least_height = 0, least_width = 0;
};

// Whether nadir's own decoders read the file: its name ends with .png, .jpg or .jpeg, in any case.
bool is_picture(const std::filesystem::path& file);

// The header alone. Throws DataError naming the file: missing, neither JPEG nor PNG (by contents), damaged.
PictureInfo read_picture_info(const std::filesystem::path& file);
// Throws DataError naming the file and what is wrong; damaged data is an error, never gray pixels.
Picture read_picture(const std::filesystem::path& file, const PictureOptions& options = {});
// The same of a file's contents; `path` names them in messages.
PictureInfo decode_picture_info(const std::string& bytes, const std::string& path);
Picture decode_picture(const std::string& bytes, const std::string& path, const PictureOptions& options = {});

// Throws DataError where a header promises more pixels than `bytes` of compressed data can hold.
void check_plausible(const PictureInfo& info, std::size_t bytes);

// A PNG file of [H, W] or [H, W, C] (C 1 to 4) uint8 or uint16; with a palette, of [H, W] indices into it.
std::string encode_png_file(const at::Tensor& picture,
                            const std::vector<std::array<std::uint8_t, 3>>& palette = {});
// A JPEG file of [H, W] or [H, W, 3] uint8; quality 1 to 100.
std::string encode_jpeg_file(const at::Tensor& picture, int quality = 90);

}  // namespace nadir
