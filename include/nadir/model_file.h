// The model file: one .safetensors file with the weights and, in its metadata, a JSON model card.
// The format is written down in docs/model-file.md.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nadir/config.h"
#include "nadir/data.h"
#include "nadir/model.h"

namespace nadir {

// Everything that using a model needs beside its weights.
struct ModelCard {
  std::int64_t format = 1;
  std::string nadir_version;
  Component architecture;  // registry name and resolved options
  Task task = Task::kMulticlass;
  std::vector<ClassInfo> classes;
  std::vector<std::string> bands;          // names, in the order of the input channels
  std::vector<std::int64_t> band_numbers;  // of the training rasters, from 1; what predict reads by default
  std::string pixel_type;                  // of the training images: "uint8", "int16"
  Normalization normalization;
  std::int64_t tile = 0;  // side of the training patches, pixels
  // Of networks that were trained on whole pictures of one size: height and width, and how pictures get there
  // (`resize` of the picture sources, docs/recipes.md). Empty: trained on patches.
  std::vector<std::int64_t> image_size = {};
  std::string resize = {};
  // What a classifier's logits are divided by before they become probabilities (Guo et al. 2017).
  double temperature = 1;
  std::optional<double> resolution;             // ground sample distance of the training images, metres
  std::map<std::string, std::string> training;  // how it was trained: recipe, epochs, seed, images, date
  std::map<std::string, double> scores;         // "val/mean_iou": 0.93
};
std::string card_to_json(const ModelCard& card, int indent = 2);
ModelCard card_from_json(const std::string& json);  // throws ModelError naming the field

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

// safetensors (https://github.com/huggingface/safetensors): 8 bytes header length, JSON header, data.
struct SafeTensors {
  NamedTensors tensors;                         // in the file's order
  std::map<std::string, std::string> metadata;  // the header's __metadata__
  bool verified = false;                        // read from a file whose checksum (nadir's own) fits
};
// Written atomically. Tensors are made contiguous and moved to the CPU.
void write_safetensors(const std::filesystem::path& file, const SafeTensors& contents);
// Throws ModelError naming the file and what is wrong: cut short, header too large or not JSON, offsets that
// overlap or leave the file, unknown types, altered data (where the file carries nadir's checksum).
SafeTensors read_safetensors(const std::filesystem::path& file);
// The metadata alone; reads the header, not the data.
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& file);

void save_model(const std::filesystem::path& file, const Model& model, const ModelCard& card);

struct LoadedModel {
  std::shared_ptr<Model> model;  // in evaluation mode, on the CPU
  ModelCard card;
};
// Throws ModelError: not a nadir model, newer format, tensors missing, unexpected or of another shape,
// altered.
LoadedModel load_model(const std::filesystem::path& file);
ModelCard read_model_card(const std::filesystem::path& file);

// What became of a file of weights.
struct WeightsReport {
  std::string source;  // the file, its format, and what was done: "x.pth (PyTorch, zip; removed 'module.')"
  std::vector<std::string> loaded;
  std::vector<std::string> adapted;     // loaded, with the first convolution made for another number of bands
  std::vector<std::string> resized;     // loaded, position embeddings made for another number of patches
  std::vector<std::string> missing;     // in the network, not in the file: left at their first values
  std::vector<std::string> unexpected;  // in the file, not in the network: not used
  std::vector<std::string>
      misshapen;             // "head.weight (1000x512 instead of 8x512)": left at their first values
  std::string text() const;  // a few lines for people
};
struct WeightsOptions {
  bool partial = false;  // take what fits, and leave the rest as it is
};
// Loads weights of any file that nadir reads (docs/weights.md) by name: safetensors, PyTorch's checkpoints,
// Keras's .h5 and .keras. Of several dicts in a checkpoint, and of prefixes such as DataParallel's, those are
// taken that fit the module. A first convolution for 3 bands is made to fit any number by
// segmentation_models.pytorch's rule; a vision transformer's position embedding is resized to any image_size
// as timm resizes it. Throws ModelError that lists what is missing, unexpected and of another
// shape, unless `partial`; and when nothing fits. The module is then unchanged.
WeightsReport load_weights(torch::nn::Module& module, const std::filesystem::path& file,
                           const WeightsOptions& options = {});

// The tensors of any file of weights, without a network to fit: of several dicts in a checkpoint `dict`
// ("ema"), by default the outermost of the usual names ("state_dict", "model"), without DataParallel's
// prefix. Keras's names and layouts become PyTorch's. Throws ModelError.
struct PlainWeights {
  std::string source;  // the file, its format, and what was done
  NamedTensors tensors;
};
PlainWeights read_weights(const std::filesystem::path& file, const std::string& dict = "");

// Writes a plain state dict for PyTorch: .safetensors, or .pth, .pt and .bin in zip form.
// Throws ModelError and DataError.
void write_weights(const std::filesystem::path& file, const NamedTensors& tensors);

// Copies `tensors` into the module's parameters and buffers by name. `source` names the file in messages.
// Throws ModelError that lists what is missing, unexpected and of the wrong shape.
void load_state(torch::nn::Module& module, const NamedTensors& tensors, const std::string& source);

}  // namespace nadir
