// Keras's files. tests/data/weights/make.py made them with Keras 3.15 and h5py; the i-th weight of the model
// counts up from i in the order of Keras's memory.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nadir/error.h"
#include "temporary_folder.h"
#include "weights/keras_layer.h"
#include "weights/weight_file.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

std::map<std::string, torch::Tensor> read_all(const std::string& name) {
  std::map<std::string, torch::Tensor> tensors;
  const WeightFile weights = open_weights(fs::path(NADIR_TEST_DATA) / "weights" / name);
  for (const WeightEntry& each : weights.groups.at(0).entries) {
    tensors[each.name] = each.read();
    EXPECT_EQ(tensors[each.name].sizes(), torch::IntArrayRef(each.shape)) << each.name;
  }
  return tensors;
}

torch::Tensor counted(std::int64_t from, std::vector<std::int64_t> shape) {
  return torch::arange(c10::multiply_integers(shape), torch::kFloat32).reshape(shape) + from;
}

void expect_first_layers(const std::map<std::string, torch::Tensor>& tensors) {
  // The kernel (h 3, w 2, in 3, out 4) of study-like Conv2D becomes (out, in, h, w).
  EXPECT_TRUE(torch::equal(tensors.at("stem.weight"), counted(0, {3, 2, 3, 4}).permute({3, 2, 0, 1})));
  EXPECT_FALSE(tensors.contains("stem.bias"));
  EXPECT_TRUE(torch::equal(tensors.at("bn.weight"), counted(1, {4})));
  EXPECT_TRUE(torch::equal(tensors.at("bn.bias"), counted(2, {4})));
  EXPECT_TRUE(torch::equal(tensors.at("bn.running_mean"), counted(3, {4})));
  EXPECT_TRUE(torch::equal(tensors.at("bn.running_var"), counted(4, {4})));
  EXPECT_TRUE(torch::equal(tensors.at("dw.weight"), counted(5, {3, 3, 4, 1}).permute({2, 3, 0, 1})));
  EXPECT_TRUE(torch::equal(tensors.at("dw.bias"), counted(6, {4})));
}

class Keras3File : public testing::TestWithParam<const char*> {};

TEST_P(Keras3File, GivesPytorchsNamesAndLayouts) {
  const auto tensors = read_all(GetParam());
  EXPECT_EQ(tensors.size(), 16U);
  expect_first_layers(tensors);
  EXPECT_FALSE(tensors.contains("shift.weight"));  // BatchNormalization(scale=False)
  EXPECT_TRUE(torch::equal(tensors.at("shift.bias"), counted(7, {4})));
  EXPECT_TRUE(torch::equal(tensors.at("shift.running_var"), counted(9, {4})));
  // A layer of the model "inner" within the model.
  EXPECT_TRUE(torch::equal(tensors.at("inner_conv.weight"), counted(10, {1, 1, 4, 4}).permute({3, 2, 0, 1})));
  // Transposed convolution (h, w, out, in) becomes (in, out, h, w).
  EXPECT_TRUE(torch::equal(tensors.at("up.weight"), counted(12, {2, 2, 5, 4}).permute({3, 2, 0, 1})));
  EXPECT_TRUE(torch::equal(tensors.at("head.weight"), counted(14, {5, 2}).t()));
  EXPECT_TRUE(torch::equal(tensors.at("head.bias"), counted(15, {2})));
}

INSTANTIATE_TEST_SUITE_P(Files, Keras3File, testing::Values("small.keras", "small.weights.h5", "keras3.h5"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(KerasFileTest, Keras2sNamesAndChunkedAttributesAreRead) {
  const auto tensors = read_all("keras2.h5");
  EXPECT_EQ(tensors.size(), 7U);
  expect_first_layers(tensors);
}

TEST(KerasFileTest, ClassNamesBecomeKerassGroupNames) {
  // keras.src.utils.naming.to_snake_case
  EXPECT_EQ(keras_snake_case("Conv2D"), "conv2d");
  EXPECT_EQ(keras_snake_case("DepthwiseConv2D"), "depthwise_conv2d");
  EXPECT_EQ(keras_snake_case("BatchNormalization"), "batch_normalization");
  EXPECT_EQ(keras_snake_case("PReLU"), "p_re_lu");
  EXPECT_EQ(keras_kind_of_group("batch_normalization_12"), "batch_normalization");
  EXPECT_EQ(keras_kind_of_group("conv2d"), "conv2d");
}

TEST(KerasFileTest, DamagedFilesAreRefused) {
  const TemporaryFolder folder;
  fs::copy_file(fs::path(NADIR_TEST_DATA) / "weights" / "keras3.h5", folder / "x.h5");
  fs::resize_file(folder / "x.h5", 5000);
  try {
    open_weights(folder / "x.h5");
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("x.h5"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace nadir
