#include "pictures/picture.h"

#include "fuzz/fuzz.h"

namespace nadir {

FuzzTarget fuzz_target() {
  const torch::Tensor picture = torch::arange(24 * 17 * 3).remainder(251).to(torch::kUInt8).view({24, 17, 3});
  const torch::Tensor indices = torch::arange(16).remainder(3).to(torch::kUInt8).view({4, 4});
  return {"pictures",
          [](const std::filesystem::path& path) {
            read_picture_info(path);
            read_picture(path, {.color = PictureColor::kRgb});
          },
          {encode_jpeg_file(picture), encode_jpeg_file(picture.select(2, 0)), encode_png_file(picture),
           encode_png_file(indices, {{0, 0, 0}, {9, 8, 7}, {255, 0, 1}})}};
}

}  // namespace nadir
