#include "commands/explain.h"

#include <torch/torch.h>

#include <iostream>

#include "core/text.h"
#include "explain_picture.h"
#include "models/card_task.h"
#include "pictures/rendering.h"
#include "predict/whole_picture.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

// Gradients keep every map of the network in memory.
constexpr std::int64_t kLargest = 1024;  // pixels a side

std::string by(std::int64_t width, std::int64_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

// Rows and columns that the network wants of every image; nothing where it takes the image as it is, or as
// read_sample made it.
std::optional<std::pair<std::int64_t, std::int64_t>> fixed_size(const ModelCard& card) {
  const ConfigNode* size = card.architecture.options.find("image_size");
  if (size != nullptr && size->is_list() && size->items().size() == 2) {
    return std::pair{std::stoll(size->items()[0].text()), std::stoll(size->items()[1].text())};
  }
  if (labels_images(card.task) && card.image_size.empty() && card.tile > 0)
    return std::pair{card.tile, card.tile};
  return std::nullopt;
}

Window part_of_image(const RasterInfo& info, const std::vector<std::int64_t>& asked) {
  const Window whole{0, 0, info.height, info.width};
  if (asked.empty()) return whole;
  const Window part{asked[1], asked[0], asked[3], asked[2]};
  if (part.empty() || !whole.contains(part)) {
    throw ConfigError("--window reaches outside " + info.path + ", which has " + by(info.width, info.height) +
                      " pixels");
  }
  return part;
}

Sample read_sample(const ModelCard& card, const std::string& image, const std::vector<std::int64_t>& window) {
  const RasterReader reader(image);
  const auto bands = static_cast<std::int64_t>(reader.info().bands.size());
  for (const std::int64_t each : card.band_numbers) {
    if (each <= bands) continue;
    throw ModelError(image + ": has " + counted(bands, "band") + "; the model reads band " +
                     std::to_string(each) + " (" + join_words(card.bands) + ")");
  }
  const Window part = part_of_image(reader.info(), window);
  const RasterReader::Pixels pixels = reader.read_with_valid(part, card.band_numbers);
  const Sample sample{pixels.image, {}, pixels.valid, image};
  if (card.image_size.empty()) return sample;
  const PixelSource::Pixels seen = at_image_size({pixels.image, pixels.valid}, card, image);
  return {seen.image, {}, seen.valid, image};
}

torch::Tensor network_input(const ModelCard& card, const Sample& sample) {
  const auto batch = [](const torch::Tensor& x) { return x.defined() ? x.unsqueeze(0) : x; };
  const torch::Tensor input = Normalizer(card.normalization)(batch(sample.image), batch(sample.valid));
  const auto size = fixed_size(card);
  if (size) {
    if (input.size(2) == size->first && input.size(3) == size->second) return input;
    return torch::_upsample_bilinear2d_aa(input, {size->first, size->second}, /*align_corners=*/false);
  }
  if (std::max(input.size(2), input.size(3)) > kLargest) {
    throw ConfigError(sample.id + ": has " + by(input.size(3), input.size(2)) + " pixels; up to " +
                      by(kLargest, kLargest) + " are explained at a time, name them with --window");
  }
  return input;
}

// [K] of the whole image; of a segmentation network the mean over the pixels.
torch::Tensor probabilities_of(const LoadedModel& model, const torch::Tensor& input) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor logits =
      model.model->forward(input).logits.to(torch::kFloat32) / model.card.temperature;
  const torch::Tensor p = is_multilabel(model.card.task) ? logits.sigmoid() : logits.softmax(1);
  return (p.dim() == 4 ? p.mean({2, 3}) : p).squeeze(0);
}

}  // namespace

ExplainCommand::ExplainCommand(CLI::App& app) {
  app.add_option("model", model_, "A .safetensors model file")->required();
  app.add_option("images", images_, "Rasters or pictures")->required();
  app.add_option("-o,--output", output_, "The picture (.png); a folder for several images")->required();
  app.add_option("--class", class_, "The class to look for, by name; by default what the model finds");
  app.add_option("--window", window_, "Only this part: first column, first row, width, height")
      ->delimiter(',')
      ->expected(4);
}

torch::Tensor ExplainCommand::explained(const LoadedModel& model, const std::string& image) const {
  const Sample sample = read_sample(model.card, image, window_);
  const torch::Tensor input = network_input(model.card, sample);
  const torch::Tensor probabilities = probabilities_of(model, input);
  const std::int64_t index = class_.empty() ? probabilities.argmax().item<std::int64_t>()
                                            : class_index(model.card, class_, "--class");
  const Explanation explanation = explain(*model.model, input, index);
  const bool of_all = explanation.method == "attention rollout";
  if (of_all && !class_.empty()) {
    throw ConfigError("--class " + class_ + ": attention rollout, which explains " +
                      model.card.architecture.name + ", is the same for every class; leave it out");
  }
  const std::string& name = model.card.classes[static_cast<std::size_t>(index)].name;
  const std::string share = fixed(100 * probabilities[index].item<double>(), 0) + " %";
  const std::string meaning = of_all ? " (probability of " + name + " " + share + ")"
                                     : " of " + name + " (its probability " + share + ")";
  const std::string caption = explanation.method + meaning + ": " + fs::path(image).filename().string();
  std::cout << image << ": " << caption.substr(0, caption.rfind(": ")) << "\n";
  return explanation_picture(image_picture(sample), explanation, caption);
}

int ExplainCommand::run() {
  const LoadedModel model = load_model(model_);
  const bool is_file = images_.size() == 1 && fs::path(output_).extension() == ".png";
  if (!is_file) {
    if (fs::path(output_).has_extension() && !fs::is_directory(output_))
      throw ConfigError("-o " + output_ + ": one image makes a .png, several make a folder of them");
    fs::create_directories(output_);
  }
  for (const std::string& image : images_) {
    const fs::path file = is_file ? fs::path(output_)
                                  : fs::path(output_) / (fs::path(image).stem().string() + "_explained.png");
    write_file_atomically(file, encode_png(explained(model, image).contiguous()));
    std::cout << "wrote " << file.string() << "\n";
  }
  return 0;
}

}  // namespace nadir
