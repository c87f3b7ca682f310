#include "commands/data_preview.h"

#include <cmath>
#include <iostream>

#include "core/text.h"
#include "nadir/nadir.h"
#include "pictures.h"

namespace nadir {

DataPreviewCommand::DataPreviewCommand(CLI::App& app) {
  app.add_option("recipe", recipe_, "The recipe whose data to draw")->required();
  app.add_option("overrides", overrides_, "Settings that replace the recipe's");
  app.add_option("-o,--output", output_, "The picture (.png)")->capture_default_str();
  app.add_option("--part", part_, "train (as training sees it, augmented), val or test")
      ->capture_default_str();
  app.add_option("--count", count_, "How many samples")->check(CLI::Range(1, 400))->capture_default_str();
  app.add_option("--patches", patches_,
                 "Instead: samples cut into patches of so many pixels a side, as a vision "
                 "transformer sees them")
      ->check(CLI::PositiveNumber);
}

namespace {

// "128 x 128 pixels in 16 x 16 = 256 patches of 8 x 8, each 192 numbers: sample"
std::string describe_patches(const Sample& sample, std::int64_t side) {
  const std::int64_t rows = sample.image.size(1) / side, columns = sample.image.size(2) / side;
  const auto by = [](std::int64_t a, std::int64_t b) {
    return std::to_string(a) + " x " + std::to_string(b);
  };
  return by(sample.image.size(2), sample.image.size(1)) + " pixels in " + by(columns, rows) + " = " +
         std::to_string(rows * columns) + " patches of " + by(side, side) + ", each " +
         counted(sample.image.size(0) * side * side, "number") + ": " + sample.id;
}

// As many columns as make the sheet about square.
std::int64_t square_columns(const std::vector<torch::Tensor>& pictures) {
  if (pictures.empty()) return 1;
  const auto count = static_cast<double>(pictures.size());
  const double height_by_width =
      static_cast<double>(pictures.front().size(0)) / static_cast<double>(pictures.front().size(1));
  return std::max<std::int64_t>(1, std::llround(std::sqrt(count * height_by_width)));
}

}  // namespace

int DataPreviewCommand::run() {
  const torch::NoGradGuard no_grad;
  const Recipe recipe = read_recipe(recipe_, overrides_);
  const PreparedData data = prepare_data(recipe);
  const Dataset& part = part_ == "train" ? *data.train : part_of(data, part_);
  const std::int64_t count = std::min(count_, part.size());
  std::vector<torch::Tensor> pictures;
  for (std::int64_t i = 0; i < count; ++i) {
    const Sample sample = part.get(0, i * part.size() / count);
    pictures.push_back(patches_ > 0 ? patches_picture(sample, patches_)
                                    : sample_picture(sample, recipe.classes));
    if (patches_ > 0 && i == 0) std::cout << describe_patches(sample, patches_) << "\n";
  }
  const std::int64_t columns = square_columns(pictures);
  write_file_atomically(output_, encode_png(contact_sheet(pictures, columns)));
  std::cout << "wrote " << output_ << ": " << counted(count, "sample")
            << (patches_ > 0 ? ", each cut into patches\n" : ", each beside its labels\n");
  return 0;
}

}  // namespace nadir
