// What is prepared on one machine is what training reads on another.
#include <gtest/gtest.h>

#include "data_test/messages.h"
#include "data_test/pattern_source.h"
#include "nadir/model_file.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

const LabelSpec kLabels{Task::kMulticlass, {{.name = "land", .value = 0}, {.name = "water", .value = 1}}};

std::shared_ptr<Source> read_back(const std::filesystem::path& file) {
  return sources().make("prepared", ConfigNode::map({{"file", ConfigNode::scalar(file.string())}}), kLabels);
}

TEST(WritePreparedTest, EverySampleAndItsPartComeBack) {
  const TemporaryFolder folder;
  const PatternSource source(
      {{40, 60}, {25, 32}}, 2, torch::kUInt16,
      [](std::int64_t, std::int64_t row, std::int64_t column) { return (row + column) % 2; });
  const Split split = make_split(source.scenes(), {.block = 16, .buffer = 2, .seed = 4});
  const PreparedSummary summary = write_prepared(source, split, folder / "x.safetensors");
  const auto prepared = read_back(folder / "x.safetensors");
  const std::size_t regions = split.train.size() + split.val.size() + split.test.size();
  ASSERT_EQ(prepared->scenes().size(), regions);
  EXPECT_EQ(summary.samples, static_cast<std::int64_t>(regions));
  EXPECT_EQ(summary.bytes, static_cast<std::int64_t>(std::filesystem::file_size(folder / "x.safetensors")));
  EXPECT_EQ(prepared->band_names(), source.band_names());
  const Split parts = make_split(prepared->scenes(), {.by = "source"});
  for (const char* name : {"train", "val", "test"}) {
    ASSERT_EQ(parts.part(name).size(), split.part(name).size()) << name;
    std::map<std::string, Region> by_id;
    for (const Region& region : split.part(name)) {
      const Scene& scene = source.scenes()[static_cast<std::size_t>(region.scene)];
      by_id[scene.id + "[" + to_string(region.window) + "]"] = region;
    }
    for (const Region& region : parts.part(name)) {
      const Sample found = prepared->read(region.scene, region.window);
      const Region& from = by_id.at(prepared->scenes()[static_cast<std::size_t>(region.scene)].id);
      const Sample expected = source.read(from.scene, from.window);
      EXPECT_TRUE(found.image.view(torch::kInt16).equal(expected.image.view(torch::kInt16)));
      EXPECT_TRUE(found.target.equal(expected.target));
    }
  }
}

TEST(WritePreparedTest, FilesCarryBandsPartsAndAChecksum) {
  const TemporaryFolder folder;
  const PatternSource source({{8, 8}}, 3, torch::kUInt8);
  Split split;
  split.val = {{0, {0, 0, 8, 8}}};
  write_prepared(source, split, folder / "x.safetensors");
  const SafeTensors file = read_safetensors(folder / "x.safetensors");
  EXPECT_TRUE(file.verified);
  EXPECT_EQ(file.metadata.at("parts"), R"({"val":["scene0.tif"]})");
  EXPECT_EQ(file.metadata.at("band_numbers"), "1,2,3");
  ASSERT_EQ(file.tensors.size(), 1U);  // no labels
  EXPECT_TRUE(has(message_of<ConfigError>([&] { write_prepared(source, {}, folder / "y.safetensors"); }),
                  {"nothing to prepare"}));
  EXPECT_FALSE(std::filesystem::exists(folder / "y.safetensors"));
}

TEST(WritePreparedTest, MetadataThatDoNotFitAreRefused) {
  const TemporaryFolder folder;
  const auto refused = [&](std::map<std::string, std::string> metadata) {
    write_safetensors(
        folder / "x.safetensors",
        {.tensors = {{"a/image", torch::zeros({1, 2, 2}, torch::kUInt8)}}, .metadata = std::move(metadata)});
    return message_of<DataError>([&] { read_back(folder / "x.safetensors"); });
  };
  EXPECT_TRUE(
      has(refused({{"parts", R"({"train":["b"]})"}}), {"put 'b' into train, and it has no such image"}));
  EXPECT_TRUE(has(refused({{"parts", R"({"tran":["a"]})"}}), {"have a part 'tran'"}));
  EXPECT_TRUE(has(refused({{"parts", "a"}}), {"not JSON"}));
  EXPECT_TRUE(has(refused({{"band_numbers", "1,2"}}), {"numbers 2 bands"}));
  EXPECT_TRUE(has(refused({{"band_numbers", "x"}}), {"'x' in band_numbers of its metadata is not a number"}));
  EXPECT_EQ(refused({{"resolution", "0.5"}}), "no error");
}

}  // namespace
}  // namespace nadir
