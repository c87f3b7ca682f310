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
}

int DataPreviewCommand::run() {
  const torch::NoGradGuard no_grad;
  const Recipe recipe = read_recipe(recipe_, overrides_);
  const PreparedData data = prepare_data(recipe);
  const Dataset& part = part_ == "train" ? *data.train : part_of(data, part_);
  const std::int64_t count = std::min(count_, part.size());
  std::vector<torch::Tensor> pictures;
  for (std::int64_t i = 0; i < count; ++i) {
    pictures.push_back(sample_picture(part.get(0, i * part.size() / count), recipe.classes));
  }
  const auto columns = std::max<std::int64_t>(1, std::llround(std::sqrt(static_cast<double>(count) / 2)));
  write_file_atomically(output_, encode_png(contact_sheet(pictures, columns)));
  std::cout << "wrote " << output_ << ": " << counted(count, "sample") << ", each beside its labels\n";
  return 0;
}

}  // namespace nadir
