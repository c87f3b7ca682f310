#include "data/sources/cityscapes_pairs.h"

#include <gtest/gtest.h>

#include "data/sources/cityscapes_classes.h"
#include "data_test/picture_files.h"
#include "pictures/golden_pictures.h"
#include "pictures/resample.h"

namespace nadir {
namespace {

const std::vector<std::string> kCategories = {"void",   "flat", "construction", "object",
                                              "nature", "sky",  "human",        "vehicle"};

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const CityscapesClass& each : cityscapes_classes()) names.emplace_back(each.name);
  return names;
}

TEST(CityscapesPairsTest, TheTableIsTheGoldens) {
  const auto golden = golden::read(golden::folder() / "image-norm.json")["cityscapes"];
  std::size_t i = 0;
  for (const auto& row :
       golden["table [name, colour, its category, category after the decode, category in the seed's code]"]) {
    const CityscapesClass& each = cityscapes_classes()[i++];
    EXPECT_EQ(each.name, row[0].get<std::string>());
    EXPECT_EQ(each.color, row[1].get<Rgb>());
    EXPECT_EQ(each.category, row[2].get<std::string>());
  }
  EXPECT_EQ(i, cityscapes_classes().size());
}

class CityscapesPairsFilesTest : public ::testing::Test {
 protected:
  CityscapesPairsFilesTest() {
    pair_ = golden::bytes("pair", {64, 128, 3});
    files_.picture("train/1.png", pair_);
    files_.plain("val/2.jpg", 64, 128);
  }
  std::shared_ptr<Source> open(const std::string& options,
                               const std::vector<std::string>& names = kCategories) {
    return open_source("cityscapes_pairs", "{root: " + files_.path("") + ", " + options + "}",
                       labels_of(Task::kMulticlass, names));
  }
  PictureFiles files_;
  torch::Tensor pair_;
};

TEST_F(CityscapesPairsFilesTest, BeforeDecodeShrinksThePairAtOnceAsTheStudyDoes) {
  const auto source = open("size: 32");
  EXPECT_EQ(source->scenes()[0].part, "train");
  EXPECT_EQ(source->scenes()[1].part, "val");
  const Sample sample = read_whole(*source, 0);
  const torch::Tensor shrunk = Resampler({64, 128}, {32, 64}, ResampleFilter::kBicubic)(pair_);
  EXPECT_TRUE(sample.image.equal(shrunk.narrow(2, 0, 32)));
  const NearestColor nearest(cityscapes_label_colors(labels_of(Task::kMulticlass, kCategories).classes));
  EXPECT_TRUE(sample.target.equal(nearest.labels(shrunk.narrow(2, 32, 32))));
}

TEST_F(CityscapesPairsFilesTest, AfterDecodeShrinksLabelsByNearestNeighbour) {
  const Sample sample = read_whole(*open("size: 32, shrink: after_decode"), 0);
  const torch::Tensor photo = pair_.narrow(1, 0, 64).contiguous();
  EXPECT_TRUE(sample.image.equal(Resampler({64, 64}, {32, 32}, ResampleFilter::kBicubic)(photo)));
  const NearestColor nearest(cityscapes_label_colors(labels_of(Task::kMulticlass, kCategories).classes));
  const torch::Tensor labels = nearest.labels(pair_.narrow(1, 64, 64).permute({2, 0, 1}));
  EXPECT_TRUE(sample.target.equal(resize_nearest(labels, 32, 32)));
}

TEST_F(CityscapesPairsFilesTest, ClassesAreNamesOrCategoriesAndTheRestDoesNotCount) {
  const torch::Tensor names = read_whole(*open("size: 0", all_names()), 0).target;
  const torch::Tensor categories = read_whole(*open("size: 0"), 0).target;
  EXPECT_EQ(names.sizes(), (std::vector<std::int64_t>{64, 64}));
  for (std::int64_t i = 0; i < 64; ++i) {
    const auto name = names[i][i].item<std::uint8_t>(), category = categories[i][i].item<std::uint8_t>();
    EXPECT_EQ(cityscapes_classes()[name].category, kCategories[category]);
  }
  const torch::Tensor few = read_whole(*open("size: 0", {"road", "sky"}), 0).target;
  EXPECT_TRUE(few.eq(255).equal(names.ne(7) & names.ne(23)));
  EXPECT_TRUE(few.eq(1).equal(names.eq(23)));
  EXPECT_TRUE(has(message_of<ConfigError>([&] {
                    open("size: 0", {"road", "clouds"});
                  }),
                  {"no class 'clouds'", "8 categories"}));
}

TEST_F(CityscapesPairsFilesTest, ColoursOfOnesOwnReplaceTheTable) {
  const Sample sample = read_whole(*open("colors: [{color: \"#000000\", name: dark}, {color: \"#ffffff\", "
                                         "name: light}, {color: \"#808080\"}]",
                                         {"dark", "light"}),
                                   1);
  EXPECT_TRUE(
      sample.target.eq(255).all().item<bool>());  // 100, 100, 100 is nearest to gray, which does not count
  EXPECT_TRUE(has(message_of<ConfigError>([&] {
                    open("colors: [{color: \"#000000\", name: dusk}]", {"dark", "light"});
                  }),
                  {"no class 'dusk'"}));
}

TEST_F(CityscapesPairsFilesTest, ScaledDecodingGivesTheSameSizesAndOtherPixels) {
  const Sample sample = read_whole(*open("size: 16, scaled_decode: true"), 1);
  EXPECT_EQ(sample.image.sizes(), (std::vector<std::int64_t>{3, 16, 16}));
  EXPECT_TRUE(sample.image.eq(100).all().item<bool>());
}

TEST_F(CityscapesPairsFilesTest, APairWithoutAMiddleIsRefused) {
  files_.plain("val/3.png", 64, 127);
  EXPECT_TRUE(has(message_of<DataError>([&] { open("size: 0"); }), {"3.png", "127 x 64"}));
}

TEST_F(CityscapesPairsFilesTest, AFolderTooHighIsToldWithWhatIsThere) {
  const PictureFiles above;
  above.plain("cityscapes/train/1.png", 64, 128);
  above.plain("cityscapes/val/2.png", 64, 128);
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    open_source("cityscapes_pairs", "{root: " + above.path("") + "}",
                                labels_of(Task::kMulticlass, kCategories));
                  }),
                  {above.path(""), "train/*.jpg", "val/*.jpg", "found cityscapes/"}));
}

TEST_F(CityscapesPairsFilesTest, WindowsAreCutsOfTheWholeScene) {
  const auto source = open("size: 32");
  const Sample whole = read_whole(*source, 0), window = source->read(0, {3, 5, 7, 9});
  EXPECT_TRUE(window.image.equal(whole.image.narrow(1, 3, 7).narrow(2, 5, 9)));
  EXPECT_TRUE(window.target.equal(whole.target.narrow(0, 3, 7).narrow(1, 5, 9)));
  EXPECT_EQ(whole.id, "train/1.png");
  EXPECT_EQ(window.id, "train/1.png[rows 3..9, columns 5..13]");
}

TEST(CityscapesTest, ReadsThePublishersFolders) {
  const PictureFiles files;
  files.plain("leftImg8bit/train/aachen/aachen_1_leftImg8bit.png", 4, 6);
  files.picture(
      "gtFine/train/aachen/aachen_1_gtFine_labelIds.png",
      bytes_of({7, 23, 26, 0, 33, 7, 7, 7, 23, 23, 3, 1, 7, 7, 7, 7, 7, 7, 23, 23, 23, 23, 23, 255}, {4, 6}));
  files.plain("leftImg8bit/val/bonn/bonn_2_leftImg8bit.png", 4, 6);
  const std::string options = "{root: " + files.path("") + "}";
  const LabelSpec labels = labels_of(Task::kMulticlass, {"road", "sky", "vehicle"});
  EXPECT_TRUE(has(message_of<DataError>([&] { open_source("cityscapes", options, labels); }),
                  {"bonn_2_leftImg8bit.png: has no labels", "bonn_2_gtFine_labelIds.png"}));
  files.picture("gtFine/val/bonn/bonn_2_gtFine_labelIds.png", torch::full({4, 6}, 99, torch::kUInt8));
  const auto source = open_source("cityscapes", options, labels);
  EXPECT_EQ(source->scenes()[1].part, "val");
  const torch::Tensor target = read_whole(*source, 0).target;
  EXPECT_TRUE(target[0].equal(bytes_of({0, 1, 2, 255, 2, 0}, {6})));
  EXPECT_EQ(target[3][5].item<int>(), 2);  // license plate, -1, is a vehicle
  EXPECT_TRUE(has(message_of<DataError>([&] { read_whole(*source, 1); }),
                  {"bonn_2_gtFine_labelIds.png: no class has value 99 (24 pixels)"}));
}

}  // namespace
}  // namespace nadir
