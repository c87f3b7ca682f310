// Work in parts: strips, shards, runs that stop and go on. Their outputs have the bytes of one run.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include <fstream>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "predict/memory_plan.h"
#include "predict/small_models.h"
#include "raster/file_size_limit.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

class PredictWorkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(1);
    RasterLayout layout{.height = 83, .width = 131, .bands = 3};
    layout.tile = 16;
    layout.overviews = false;
    layout.nodata = 0;
    RasterWriter writer(image(), layout);
    torch::Tensor pixels = torch::randint(1, 255, {3, 83, 131}, torch::kByte);
    pixels.narrow(1, 0, 20).narrow(2, 40, 30).fill_(0);
    writer.write({0, 0, 83, 131}, pixels);
    writer.finish();
    model_ = {models().make("unet", parse_yaml("{start: 2}", "test"), {.bands = 3, .classes = 3}),
              card_of({"land", "water", "wood"}, 3)};
    model_.card.normalization.std = {80, 80, 80};
  }
  void TearDown() override { clear_stop(); }

  std::string image() const { return (folder_ / "image.tif").string(); }
  // The products of a run in a folder of their own.
  PredictOutputs outputs(const std::string& name) const {
    PredictOutputs result;
    result.classes = folder_ / name / "map.tif";
    result.probability = folder_ / name / "probability.tif";
    result.probability_type = "uint16";
    result.polygons = folder_ / name / "areas.geojson";
    result.areas = folder_ / name / "areas.json";
    return result;
  }
  PredictSummary predict(const std::string& name, const PredictConfig& config = kConfig,
                         const PredictOptions& options = {}) const {
    return predict_raster(model_, image(), outputs(name), config, silent_observer(), options);
  }
  std::map<std::string, std::string> files(const std::string& name) const {
    std::map<std::string, std::string> contents;
    for (const fs::directory_entry& each : fs::directory_iterator(folder_ / name)) {
      contents[each.path().filename().string()] = each.is_directory() ? "" : read_text_file(each.path());
    }
    return contents;
  }

  static inline const PredictConfig kConfig{.tile = 16, .overlap = 0.5, .batch_size = 2, .device = "cpu"};
  TemporaryFolder folder_;
  LoadedModel model_;
};

TEST_F(PredictWorkTest, StripsHaveTheBytesOfTheWhole) {
  const PredictSummary whole = predict("whole");
  EXPECT_EQ(whole.strips, 1);
  for (const std::int64_t strip : {16, 40, 100}) {
    PredictConfig config = kConfig;
    config.strip = strip;
    const PredictSummary summary = predict("strips", config);
    EXPECT_EQ(summary.strips, (131 + strip - 1) / strip);
    EXPECT_EQ(summary.class_pixels, whole.class_pixels);
    EXPECT_EQ(files("strips"), files("whole")) << strip;
  }
}

// Outputs of several blocks, each written by itself, and areas that are sums of rows of different pixels.
TEST_F(PredictWorkTest, StripsOfSeveralBlocksHaveTheBytesOfTheWhole) {
  RasterLayout layout{.height = 600, .width = 1100, .bands = 3};
  layout.geo.crs = R"(GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],)"
                   R"(PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]])";
  layout.geo.transform = {10, 0.001, 0, 50, 0, -0.001};
  RasterWriter writer(image(), layout);
  writer.write({0, 0, 600, 1100}, torch::randint(0, 256, {3, 600, 1100}, torch::kByte));
  writer.finish();
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
  const LoadedModel model{models().make("unet", parse_yaml("{start: 1}", "test"), {.bands = 3, .classes = 8}),
                          card_of(names, 3)};
  const auto predict_all = [&](const std::string& name, std::int64_t strip) {
    const PredictConfig config{.tile = 128, .overlap = 0.25, .device = "cpu", .strip = strip};
    PredictOutputs products = outputs(name);
    products.probability_type = "float32";
    products.polygons.clear();
    return predict_raster(model, image(), products, config);
  };
  const PredictSummary whole = predict_all("whole", 0), strips = predict_all("strips", 300);
  EXPECT_EQ(strips.strips, 4);
  EXPECT_EQ(whole.strips, 1);
  EXPECT_EQ(strips.class_areas.size(), 8U);
  EXPECT_EQ(files("strips"), files("whole"));
}

TEST_F(PredictWorkTest, ShardsAreJoinedToTheBytesOfOneProcess) {
  const PredictSummary whole = predict("whole");
  for (const std::int64_t count : {1, 3, 7}) {
    for (std::int64_t index = count; index-- > 0;) {
      EXPECT_THROW(predict("shards", kConfig, {.join = true}), DataError);  // some are missing
      predict("shards", kConfig, {.shard = PredictShard{index, count}});
    }
    EXPECT_FALSE(fs::exists(folder_ / "shards" / "map.tif"));
    const PredictSummary joined = predict("shards", kConfig, {.join = true});
    EXPECT_EQ(joined.class_pixels, whole.class_pixels);
    EXPECT_EQ(files("shards"), files("whole")) << count;
    fs::remove_all(folder_ / "shards");
  }
  EXPECT_THROW(predict("shards", kConfig, {.shard = PredictShard{3, 3}}), ConfigError);
}

// Asks for a stop after some batches.
class StopsLater : public ProgressObserver {
 public:
  explicit StopsLater(int batches) : left_(batches) {}
  void progress(const Progress&) override {
    if (--left_ == 0) request_stop();
  }

 private:
  int left_;
};

TEST_F(PredictWorkTest, AResumedRunHasTheBytesOfAnUninterruptedOne) {
  predict("whole");
  for (const std::int64_t strip : {0, 50}) {
    PredictConfig config = kConfig;
    config.strip = strip;
    for (const int batches : {1, 15, 20, 10}) {
      StopsLater observer(batches);
      EXPECT_THROW(predict_raster(model_, image(), outputs("resumed"), config, observer, {.resume = true}),
                   Interrupted);
      clear_stop();
      EXPECT_FALSE(fs::exists(folder_ / "resumed" / "map.tif"));
    }
    predict("resumed", config, {.resume = true});
    EXPECT_EQ(files("resumed"), files("whole"));
    fs::remove_all(folder_ / "resumed");
  }
}

// The number of a process that is no more, as temporary names have it.
std::string dead_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return std::to_string(child);
}

TEST_F(PredictWorkTest, KilledWhileOutputsGetTheirNamesItGoesOnToTheSameBytes) {
  predict("whole");
  const std::vector<std::string> order = {"map.tif", "map.tif.aux.xml", "probability.tif", "areas.geojson",
                                          "areas.json"};
  ASSERT_EQ(files("whole").size(), order.size());
  const std::string dead = ".part-" + dead_process();
  for (std::size_t named = 0; named <= order.size(); ++named) {
    const fs::path killed = folder_ / "killed";
    predict("killed", kConfig, {.shard = PredictShard{0, 1}});  // all pixels are done, there is no output yet
    for (std::size_t i = 0; i < named; ++i) fs::copy(folder_ / "whole" / order[i], killed / order[i]);
    for (const char* const left : {"map", "areas.geojson.classes", "areas.geojson.confidence"})
      write_file_atomically(killed / (left + dead + "-0.tif"), "a part");
    EXPECT_FALSE(outputs_are_there(image(), outputs("killed"))) << "the work folder is there still";
    predict("killed", kConfig, {.resume = true});
    EXPECT_EQ(files("killed"), files("whole")) << named << " outputs had their names";
    EXPECT_TRUE(outputs_are_there(image(), outputs("killed")));
    fs::remove_all(killed);
  }
}

TEST_F(PredictWorkTest, KilledWhileTheWorkFolderGoesNothingIsLeft) {
  predict("killed", kConfig, {.shard = PredictShard{0, 1}});
  const fs::path going = folder_ / "killed" / ("map.tif.work.part-" + dead_process());
  predict("killed", kConfig, {.join = true});
  const auto whole = files("killed");
  fs::create_directories(going);
  write_file_atomically(going / "levels-0.bin", "what was not removed yet");
  write_file_atomically(folder_ / "killed" / ("map2.part-" + dead_process() + "-0.tif"), "somebody else's");
  EXPECT_TRUE(outputs_are_there(image(), outputs("killed")));
  EXPECT_FALSE(fs::exists(going));
  EXPECT_EQ(files("killed").size(), whole.size() + 1) << "another map's temporary file is not ours to remove";
}

TEST_F(PredictWorkTest, WorkOfOtherSettingsIsNotGoneOnWith) {
  StopsLater observer(40);
  EXPECT_THROW(predict_raster(model_, image(), outputs("a"), kConfig, observer, {.resume = true}),
               Interrupted);
  clear_stop();
  PredictConfig other = kConfig;
  other.overlap = 0.25;
  EXPECT_THROW(predict("a", other, {.resume = true}), ConfigError);
  predict("a", other);  // without resume it begins anew
  EXPECT_EQ(files("a").size(), 5U);
}

TEST_F(PredictWorkTest, AMarkThatWasCutShortDoesNotCount) {
  predict("whole");
  StopsLater observer(45);
  EXPECT_THROW(predict_raster(model_, image(), outputs("cut"), kConfig, observer, {.resume = true}),
               Interrupted);
  clear_stop();
  for (const fs::directory_entry& each : fs::directory_iterator(folder_ / "cut" / "map.tif.work")) {
    if (each.path().filename().string().starts_with("done-"))
      std::ofstream(each.path(), std::ios::app) << "8";  // of "83\n"
  }
  predict("cut", kConfig, {.resume = true});
  EXPECT_EQ(files("cut"), files("whole"));
}

TEST_F(PredictWorkTest, AFullDiskLeavesWorkToGoOnWith) {
  predict("whole");
  for (const rlim_t bytes : {2000UL, 9000UL, 30000UL}) {  // what files may grow to
    const testing::FileSizeLimit full(bytes);
    try {
      predict("disk", kConfig, {.resume = true});
      FAIL() << "no error at " << bytes << " bytes";
    } catch (const DataError& error) {
      EXPECT_NE(std::string(error.what()).find("cannot be written"), std::string::npos) << error.what();
    }
    EXPECT_FALSE(fs::exists(folder_ / "disk" / "map.tif"));
    EXPECT_TRUE(fs::exists(folder_ / "disk" / "map.tif.work"));
  }
  predict("disk", kConfig, {.resume = true});
  EXPECT_EQ(files("disk"), files("whole"));
}

TEST(MemoryPlanTest, StripsFollowTheMemory) {
  const PredictConfig config{.tile = 512, .batch_size = 1};
  PredictConfig little = config;
  const MemoryNeeds needs = memory_needs(config, 8, 400 << 20, 3, 1);
  EXPECT_EQ(strip_width(config, needs, 12288), 12288);
  const std::int64_t wide = strip_width(config, needs, 40000);
  EXPECT_LT(wide, 40000);
  EXPECT_GT(wide, 8000);
  little.memory = needs.fixed + needs.per_column * 2000;
  EXPECT_LE(strip_width(little, needs, 40000), 2000);
  little.memory = needs.fixed + needs.per_column * 100;
  EXPECT_THROW(strip_width(little, needs, 40000), ConfigError);
  EXPECT_EQ(strip_width(config, needs, 90), 90);  // narrower than a tile
}

TEST(MemoryPlanTest, NoRasterNeedsMoreThanTheWidestSingleStrip) {
  const PredictConfig config{.tile = 512, .batch_size = 1};
  // A class map; with probabilities of all classes as float32 beside it.
  for (const std::int64_t level_bytes : {1, 33}) {
    const MemoryNeeds needs = memory_needs(config, 8, 400 << 20, 3, level_bytes);
    std::int64_t single = 0;
    for (std::int64_t width = 512; strip_width(config, needs, width) == width; width += 64) single = width;
    const std::int64_t most = single * (needs.per_column + needs.written);
    EXPECT_GT(single, 3000);
    for (const std::int64_t width : {single + 64, single + 2000, 40000L, 108000L, 1000000L}) {
      const std::int64_t strip = strip_width(config, needs, width);
      EXPECT_LT(strip, width);
      EXPECT_LE(strip * needs.per_column, most + most / 20) << width << ", " << level_bytes;
    }
  }
}

}  // namespace
}  // namespace nadir
