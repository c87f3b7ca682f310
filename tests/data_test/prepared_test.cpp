#include <gtest/gtest.h>

#include "data/sources/prepared_tensors.h"
#include "data_test/messages.h"
#include "data_test/pattern_source.h"
#include "nadir/model_file.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

const LabelSpec kLabels{Task::kMulticlass, {{.name = "land", .value = 0}, {.name = "water", .value = 1}}};

class PreparedTest : public ::testing::Test {
 protected:
  std::shared_ptr<Source> open(NamedTensors tensors, std::map<std::string, std::string> metadata = {},
                               const LabelSpec& labels = kLabels) {
    const auto file = folder_ / "x.safetensors";
    write_safetensors(file, {.tensors = std::move(tensors), .metadata = std::move(metadata)});
    return sources().make("prepared", ConfigNode::map({{"file", ConfigNode::scalar(file.string())}}), labels);
  }
  std::string refused(NamedTensors tensors, std::map<std::string, std::string> metadata = {}) {
    return message_of<DataError>([&] { open(std::move(tensors), std::move(metadata)); });
  }
  TemporaryFolder folder_;
};

TEST_F(PreparedTest, GivesWindowsOfItsTensors) {
  const torch::Tensor image = torch::arange(2 * 4 * 5).to(torch::kUInt16).view({2, 4, 5});
  const torch::Tensor valid = torch::ones({4, 5}, torch::kBool);
  valid[2][3] = false;
  const auto source =
      open({{"a/b/image", image}, {"a/b/target", torch::ones({4, 5}, torch::kUInt8)}, {"a/b/valid", valid}},
           {{"bands", "red,nir"}});
  ASSERT_EQ(source->scenes().size(), 1U);
  EXPECT_EQ(source->scenes()[0].id, "a/b");
  EXPECT_EQ(source->scenes()[0].width, 5);
  EXPECT_EQ(source->band_names(), (std::vector<std::string>{"red", "nir"}));
  EXPECT_EQ(source->band_numbers(), (std::vector<std::int64_t>{1, 2}));
  const Sample sample = source->read(0, {1, 2, 2, 3});
  EXPECT_EQ(sample.id, "a/b[rows 1..2, columns 2..4]");
  EXPECT_EQ(sample.image.scalar_type(), torch::kUInt16);
  EXPECT_EQ(sample.image[1][1][2].item<int>(), 20 + 2 * 5 + 4);
  EXPECT_EQ(sample.target[1][1].item<int>(), kIgnore);
  EXPECT_EQ(sample.target.eq(1).sum().item<int>(), 5);
  EXPECT_TRUE(source->read_target(0, {1, 2, 2, 3}).equal(sample.target));
}

TEST_F(PreparedTest, TensorsThatAreNotAsTheyShouldBeAreRefused) {
  const torch::Tensor image = torch::zeros({1, 2, 2}, torch::kUInt8);
  EXPECT_TRUE(has(refused({{"weight", image}}), {"'weight' is not called <id>/image"}));
  EXPECT_TRUE(has(refused({{"a/target", image[0]}}), {"a/image is missing"}));
  EXPECT_TRUE(has(refused({{"a/image", image.to(torch::kInt64)}}), {"Long [1, 2, 2]; expected uint8"}));
  EXPECT_TRUE(has(refused({{"a/image", image}, {"a/target", torch::zeros({2, 3}, torch::kUInt8)}}),
                  {"a/target is uint8 [2, 3]; expected uint8 [height, width]"}));
  EXPECT_TRUE(has(refused({{"a/image", image}, {"a/target", torch::full({2, 2}, 7, torch::kUInt8)}}),
                  {"no class has value 7 (4 pixels). Allowed: 0 to 1"}));
  EXPECT_TRUE(has(refused({{"a/image", image}, {"b/image", torch::zeros({2, 2, 2}, torch::kUInt8)}}),
                  {"b/image is uint8 [2, 2, 2]; expected bands and type of the first image"}));
  EXPECT_TRUE(has(refused({{"a/image", image}}, {{"bands", "red,green"}}), {"names 2 bands"}));
  EXPECT_TRUE(has(message_of<DataError>([] { make_prepared({.file = "/nowhere/x.safetensors"}, kLabels); }),
                  {"/nowhere/x.safetensors"}));
  EXPECT_TRUE(
      has(message_of<ConfigError>([] { sources().make("prepared", {}, kLabels); }), {"'file' is missing"}));
}

TEST_F(PreparedTest, LabelsAreOptional) {
  const auto source = open({{"a/image", torch::zeros({3, 2, 2})}});
  EXPECT_FALSE(source->read(0, {0, 0, 2, 2}).target.defined());
  EXPECT_EQ(source->band_names()[2], "band 3");
}

}  // namespace
}  // namespace nadir
