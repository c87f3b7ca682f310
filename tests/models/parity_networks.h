// Which network of nadir each golden describes.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nadir/model.h"

namespace nadir::golden {

enum class Activation { kNone, kSigmoid, kSoftmax };

struct Reference {
  std::string prefix;                         // of the file's name; the longest that fits counts
  std::string network = "";                   // "" while nadir has none
  std::string options = "{}";                 // YAML
  Activation activation = Activation::kNone;  // what the file's outputs went through
  bool sized = false;                         // the network's option image_size is the golden's input size
  std::size_t losses = 4;  // how many training steps do not depend on the order of rounding
  bool ordered = true;     // false: Keras lists parallel branches by depth, nadir one after the other
};
// The entry for a file, or nothing when none of the known prefixes fits.
std::optional<Reference> reference(const std::filesystem::path& file);
// Whether a file describes a network at all.
bool is_network(const nlohmann::ordered_json& file);
nlohmann::ordered_json read_ordered(const std::filesystem::path& file);

// A network filled by the file's rule, in float64 and evaluation mode.
std::shared_ptr<Model> make_filled(const Reference& reference, const nlohmann::ordered_json& file);
// The outputs in the file's order, activated.
std::vector<torch::Tensor> outputs(Model& model, const torch::Tensor& image, Activation activation);
torch::Tensor input(const nlohmann::ordered_json& file, torch::ScalarType type);
// No output is dropped from now on.
void disable_dropout(Model& model);

}  // namespace nadir::golden
