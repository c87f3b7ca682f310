#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/encoders/encoder.h"
#include "nadir/model_file.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<Model> unet(const ModelShape& shape, std::uint64_t seed,
                            const std::string& options = "start: 2") {
  torch::manual_seed(seed);
  return models().make("unet", parse_yaml("{" + options + "}", "test"), shape);
}

// The state under other names.
NamedTensors renamed(const Model& model, const std::string& prefix) {
  NamedTensors tensors;
  for (const auto& [name, tensor] : named_state(model)) tensors.emplace_back(prefix + name, tensor.clone());
  return tensors;
}

bool same_state(const Model& a, const Model& b) {
  const auto first = named_state(a), second = named_state(b);
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!torch::equal(first[i].second, second[i].second)) return false;
  }
  return first.size() == second.size();
}

std::string error_of(torch::nn::Module& model, const fs::path& file) {
  try {
    load_weights(model, file);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(LoadWeightsTest, TakesEveryFormatThatIsWritten) {
  const TemporaryFolder folder;
  const auto source = unet({3, 2}, 1);
  for (const char* name : {"x.safetensors", "x.pth", "x.pt", "x.bin"}) {
    write_weights(folder / name, renamed(*source, "module."));
    const auto target = unet({3, 2}, 2);
    const WeightsReport report = load_weights(*target, folder / name);
    EXPECT_TRUE(same_state(*source, *target)) << name;
    EXPECT_EQ(report.loaded.size(), named_state(*source).size());
    EXPECT_TRUE(has(report.source, "removed 'module.'")) << report.source;
  }
  EXPECT_THROW(write_weights(folder / "x.h5", {}), ConfigError);
}

TEST(LoadWeightsTest, TakesHalfPrecision) {
  const TemporaryFolder folder;
  const auto source = unet({3, 2}, 1), target = unet({3, 2}, 2);
  NamedTensors half;
  for (const auto& [name, tensor] : named_state(*source))
    half.emplace_back(name, tensor.to(torch::kBFloat16));
  write_weights(folder / "x.pth", half);
  load_weights(*target, folder / "x.pth");
  EXPECT_TRUE(torch::equal(named_state(*target)[0].second, half[0].second.to(torch::kFloat32)));
}

TEST(LoadWeightsTest, ListsWhatDoesNotFitAndChangesNothing) {
  const TemporaryFolder folder;
  NamedTensors tensors = renamed(*unet({3, 8}, 1), "");
  std::erase_if(tensors, [](const auto& each) { return each.first == "inc.bn1.weight"; });
  tensors.emplace_back("ema.decay", torch::ones({1}));
  write_weights(folder / "x.pth", tensors);
  const auto target = unet({3, 2}, 2), before = unet({3, 2}, 2);
  const std::string message = error_of(*target, folder / "x.pth");
  EXPECT_TRUE(has(message, "1 missing: inc.bn1.weight")) << message;
  EXPECT_TRUE(has(message, "1 unexpected: ema.decay")) << message;
  EXPECT_TRUE(has(message,
                  "2 of another shape: outc.weight (8x2x1x1 instead of 2x2x1x1), outc.bias (8 instead of 2)"))
      << message;
  EXPECT_TRUE(same_state(*target, *before));

  const WeightsReport report = load_weights(*target, folder / "x.pth", {.partial = true});
  EXPECT_EQ(report.missing, std::vector<std::string>{"inc.bn1.weight"});
  EXPECT_EQ(report.unexpected, std::vector<std::string>{"ema.decay"});
  EXPECT_EQ(report.misshapen.size(), 2U);
  const auto now = named_state(*target), first = named_state(*before);
  EXPECT_TRUE(torch::equal(now[0].second, tensors[0].second));        // inc.cn1.weight came from the file
  EXPECT_TRUE(torch::equal(now.back().second, first.back().second));  // outc.bias is as it was made
}

TEST(LoadWeightsTest, AFileWhereNothingFitsIsAnErrorEvenWhenPartial) {
  const TemporaryFolder folder;
  write_weights(folder / "x.pth", {{"other", torch::ones({1})}});
  EXPECT_THROW(load_weights(*unet({3, 2}, 1), folder / "x.pth", {.partial = true}), ModelError);
}

// The layout of SatlasPretrain's files (allenai/satlaspretrain_models, models/backbones.py and utils.py):
// torchvision's Swin V2 with another first convolution and a head of 1000 classes, as the backbone of a model
// of one image, or of several (`within` one more backbone), beside a pyramid and heads.
NamedTensors satlas_file(std::int64_t bands, const std::string& within) {
  torch::manual_seed(1);
  const auto swin = models().make("swin_v2", parse_yaml("{variant: t}", "test"), {bands, 1000});
  NamedTensors tensors;
  for (const auto& [name, tensor] : named_state(*swin)) {
    tensors.emplace_back(within + "backbone.backbone." + name, tensor.to(torch::kHalf));
  }
  tensors.emplace_back("intermediates.0.fpn.inner_blocks.0.0.weight", torch::ones({128, 96, 1, 1}));
  tensors.emplace_back("heads.0.layers.0.0.weight", torch::ones({128, 128, 3, 3}));
  return tensors;
}

class SatlasPretrain : public testing::TestWithParam<const char*> {};

TEST_P(SatlasPretrain, FillsAClassifierButForItsHead) {
  const TemporaryFolder folder;
  const NamedTensors file = satlas_file(9, GetParam());
  write_weights(folder / "x.pth", file);
  const auto swin = models().make("swin_v2", parse_yaml("{variant: t}", "test"), {9, 2});
  const WeightsReport report = load_weights(*swin, folder / "x.pth", {.partial = true});
  const auto state = named_state(*swin);
  EXPECT_EQ(report.loaded.size(), state.size() - 2);
  EXPECT_EQ(report.misshapen.size(), 2U);  // head.weight and head.bias
  EXPECT_EQ(report.unexpected.size(), 2U);
  EXPECT_TRUE(has(report.source, "removed '" + std::string(GetParam()) + "backbone.backbone.'"))
      << report.source;
  for (std::size_t i = 0; i + 2 < state.size(); ++i) {
    EXPECT_TRUE(torch::equal(state[i].second, file[i].second.to(state[i].second.scalar_type())))
        << state[i].first;
  }
}

TEST_P(SatlasPretrain, FillsAnEncoder) {
  const TemporaryFolder folder;
  write_weights(folder / "x.pth", satlas_file(3, GetParam()));
  const std::string options = "{encoder: swin_v2_t}";
  const auto segformer = models().make("segformer", parse_yaml(options, "test"), {4, 2});
  const WeightsReport report = load_weights(*segformer, folder / "x.pth", {.partial = true});
  EXPECT_EQ(report.adapted.size(), 1U);  // of three bands
  EXPECT_TRUE(report.misshapen.empty());
  for (const std::string& each : report.missing) EXPECT_FALSE(each.starts_with("encoder.")) << each;
}

INSTANTIATE_TEST_SUITE_P(Layouts, SatlasPretrain, testing::Values("", "backbone.", "module."),
                         [](const auto& info) {
                           const std::string within = info.param;
                           return within.empty()        ? "OneImage"
                                  : within == "module." ? "DataParallel"
                                                        : "SeveralImages";
                         });

TEST(LoadWeightsTest, AFirstConvolutionForThreeBandsFitsAnyNumber) {
  const TemporaryFolder folder;
  const auto source = unet({3, 2}, 1);
  write_weights(folder / "x.pth", renamed(*source, ""));
  const torch::Tensor w = named_state(*source)[0].second;  // [2, 3, 3, 3]
  for (const std::int64_t bands : {1, 2, 4, 13}) {
    const auto target = unet({bands, 2}, 2);
    const WeightsReport report = load_weights(*target, folder / "x.pth");
    EXPECT_EQ(report.adapted, std::vector<std::string>{"inc.cn1.weight"});
    // segmentation_models.pytorch, encoders/_utils.py: patch_first_conv
    torch::Tensor expected = torch::empty({2, bands, 3, 3});
    if (bands == 1) {
      expected = w.sum(1, true);
    } else {
      for (std::int64_t i = 0; i < bands; ++i) expected.select(1, i).copy_(w.select(1, i % 3));
      expected = expected * (3.0 / static_cast<double>(bands));
    }
    EXPECT_TRUE(torch::equal(named_state(*target)[0].second, expected)) << bands;
  }
}

TEST(LoadWeightsTest, OldFilesNeedNoBatchCounters) {
  const TemporaryFolder folder;
  NamedTensors tensors = renamed(*unet({3, 2}, 1), "");
  std::erase_if(tensors, [](const auto& each) { return each.first.ends_with("num_batches_tracked"); });
  write_weights(folder / "x.pth", tensors);
  EXPECT_EQ(error_of(*unet({3, 2}, 2), folder / "x.pth"), "no error");
}

TEST(LoadWeightsTest, PlainWeightsAreThoseOfTheUsualDict) {
  const fs::path file = fs::path(NADIR_TEST_DATA) / "weights" / "checkpoint.pth";
  const PlainWeights plain = read_weights(file);
  EXPECT_EQ(plain.tensors.at(0).first, "conv.weight");
  EXPECT_TRUE(has(plain.source, "took 'state_dict', removed 'module.'")) << plain.source;
  EXPECT_EQ(read_weights(file, "optimizer.state.1").tensors.size(), 3U);
  try {
    read_weights(file, "ema");
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_TRUE(has(error.what(), "no dict of tensors 'ema'")) << error.what();
    EXPECT_TRUE(has(error.what(), "state_dict")) << error.what();
  }
}

// The rule for bands looks for the first convolution by shape alone.
TEST(LoadWeightsTest, EveryEncodersFirstConvolutionIsItsFirstTensorOfFourDimensions) {
  for (const std::string& name : encoder_names()) {
    const auto encoder = make_encoder(name, {});
    std::string first;
    for (const auto& [tensor_name, tensor] : named_state(*encoder)) {
      if (tensor.dim() == 4 && first.empty()) first = tensor_name;
    }
    EXPECT_EQ(first, encoder->first_convolution() + ".weight") << name;
  }
}

}  // namespace
}  // namespace nadir
