#include "commands/data_resize.h"

#include <charconv>
#include <cmath>
#include <iostream>
#include <set>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"

namespace nadir {

DataResizeCommand::DataResizeCommand(CLI::App& app) {
  app.add_option("images", images_, "Rasters")->required();
  app.add_option("-o,--output", output_, "A folder, or with one raster a file (.tif)")->required();
  auto* size = app.add_option("--size", size_, "Columns x rows of the result: 1024x1024");
  app.add_option("--factor", factor_, "Or a factor on both sides: 0.25")->excludes(size);
  app.add_option("--multiple", multiple_, "Sides are rounded down to whole multiples of it")
      ->check(CLI::PositiveNumber);
  auto* method = app.add_option("--method", method_, "lanczos4, bilinear or nearest; default: lanczos4");
  app.add_flag("--mask", mask_, "The rasters are masks: the nearest pixel, no new values")->excludes(method);
}

namespace {

std::pair<std::int64_t, std::int64_t> parse_size(const std::string& text) {
  std::int64_t width = 0, height = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, width);
  const bool divided = first.ec == std::errc() && first.ptr != end && *first.ptr == 'x';
  if (!divided || std::from_chars(first.ptr + 1, end, height).ptr != end || width < 1 || height < 1) {
    throw ConfigError("--size " + text + ": expected columns x rows, for example 1024x768");
  }
  return {height, width};
}

// "scene.tif" in the folder for each raster; the file itself for one.
std::vector<std::filesystem::path> outputs_for(const std::vector<std::string>& images,
                                               const std::string& output) {
  const std::filesystem::path target(output);
  const std::string suffix = target.extension().string();
  if (images.size() == 1 && (suffix == ".tif" || suffix == ".tiff")) return {target};
  std::vector<std::filesystem::path> outputs;
  std::set<std::filesystem::path> seen;
  for (const std::string& image : images) {
    outputs.push_back(target / (std::filesystem::path(image).stem().string() + ".tif"));
    if (!seen.insert(outputs.back()).second) {
      throw ConfigError("two rasters would both become " + outputs.back().string() +
                        "; resize them into different folders");
    }
    std::error_code ignored;
    if (std::filesystem::equivalent(image, outputs.back(), ignored)) {
      throw ConfigError(image + " would be overwritten; choose another output");
    }
  }
  return outputs;
}

}  // namespace

int DataResizeCommand::run() {
  if (size_.empty() && factor_ <= 0 && multiple_ == 1) {
    throw ConfigError("say how large: --size 1024x1024, --factor 0.25 or --multiple 128");
  }
  Console console;
  const std::vector<std::filesystem::path> outputs = outputs_for(images_, output_);
  for (std::size_t i = 0; i < images_.size(); ++i) {
    const RasterInfo info = RasterReader(images_[i]).info();
    const double factor = factor_ > 0 ? factor_ : 1.0;
    auto [height, width] =
        size_.empty()
            ? std::pair<std::int64_t, std::int64_t>{std::llround(static_cast<double>(info.height) * factor),
                                                    std::llround(static_cast<double>(info.width) * factor)}
            : parse_size(size_);
    height = height / multiple_ * multiple_;
    width = width / multiple_ * multiple_;
    const std::string method = mask_ ? "nearest" : method_.empty() ? "lanczos4" : method_;
    resize_raster(images_[i], {.height = height, .width = width, .method = method}, outputs[i], console);
    std::cout << "wrote " << outputs[i].string() << ": " << width << " x " << height << " (from "
              << info.width << " x " << info.height << ", " << method << ")\n";
  }
  return 0;
}

}  // namespace nadir
