// image_folder, csv, labelme, coco, voc and camvid: tiny sets in each layout, and what can be wrong with
// them.
#include <gtest/gtest.h>

#include "data/sources/voc.h"
#include "data_test/picture_files.h"
#include "pictures/resample.h"

namespace nadir {
namespace {

class PictureSourcesTest : public ::testing::Test {
 protected:
  std::string root(const std::string& more = "") const {
    return "{root: " + files_.path("") + (more.empty() ? "" : ", " + more) + "}";
  }
  std::vector<std::string> problems(const std::string& name, const std::string& options,
                                    LabelSpec labels) const {
    labels.keep_going = true;
    return check_source(*open_source(name, options, labels), static_cast<std::int64_t>(labels.classes.size()))
        .problems;
  }
  PictureFiles files_;
  const LabelSpec two_ = labels_of(Task::kMulticlass, {"land", "water"});
  const LabelSpec scenes_ = labels_of(Task::kClassification, {"beach", "forest"});
};

TEST_F(PictureSourcesTest, ImageFolderReadsClassesAndParts) {
  files_.plain("train/beach/1.jpg", 6, 8);
  files_.plain("train/forest/deep/2.png", 6, 8);
  files_.plain("val/beach/3.png", 6, 8);
  files_.plain("val/forest/4.png", 6, 8);
  const auto source = open_source("image_folder", root("size: [4, 4]"), scenes_);
  ASSERT_EQ(source->scenes().size(), 4U);
  EXPECT_EQ(source->scenes()[1].part, "train");
  EXPECT_EQ(source->scenes()[2].part, "val");
  const Sample sample = read_whole(*source, 1);
  EXPECT_EQ(sample.image.sizes(), (std::vector<std::int64_t>{3, 4, 4}));
  EXPECT_EQ(sample.target.dim(), 0);
  EXPECT_EQ(sample.target.item<std::int64_t>(), 1);
  EXPECT_EQ(source->classes_in(1), (std::vector<bool>{false, true}));
  EXPECT_EQ(check_source(*source, 2).scenes[0].class_pixels, (std::vector<std::int64_t>{1, 0}));
}

TEST_F(PictureSourcesTest, ImageFolderListsFoldersThatFitNoClass) {
  files_.plain("beach/1.jpg", 6, 8);
  files_.plain("city/2.jpg", 6, 8);
  files_.plain("3.jpg", 6, 8);
  const auto found = problems("image_folder", root(), scenes_);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(has(found[0], {"3.jpg: lies in no class's folder"}));
  EXPECT_TRUE(has(found[1], {"city: the recipe has no class 'city'"}));
  EXPECT_TRUE(has(found[2], {"forest: there is no such folder"}));
}

TEST_F(PictureSourcesTest, ImageFolderHasFoldersWithoutALabel) {
  const LabelSpec sea = labels_of(Task::kMultilabelClassification, {"sea"});
  files_.plain("sea/1.jpg", 6, 8);
  files_.plain("no_sea/2.jpg", 6, 8);
  const std::string options = "{root: " + files_.path("") + ", background: no_sea}";
  const auto source = open_source("image_folder", options, sea);
  EXPECT_TRUE(read_whole(*source, 0).target.equal(bytes_of({1}, {1})));
  EXPECT_TRUE(read_whole(*source, 1).target.equal(bytes_of({0}, {1})));
  EXPECT_EQ(source->classes_in(1), std::vector<bool>{false});
  EXPECT_EQ(
      message_of<ConfigError>([&] { open_source("image_folder", options, scenes_); }),
      "image_folder: background is for multilabel_classification; in classification every picture has a "
      "class");
}

TEST_F(PictureSourcesTest, CsvListsSeveralClassesOfAnImage) {
  for (const char* name : {"1.png", "2.png", "3.png"}) files_.plain(name, 2, 2);
  files_.text("list.csv", "image,label\n1.png,beach; forest\n2.png,\n3.png,forest\n");
  const std::string options = "{file: " + files_.path("list.csv") + "}";
  const auto source =
      open_source("csv", options, labels_of(Task::kMultilabelClassification, {"beach", "forest"}));
  EXPECT_TRUE(read_whole(*source, 0).target.equal(bytes_of({1, 1}, {2})));
  EXPECT_TRUE(read_whole(*source, 1).target.equal(bytes_of({0, 0}, {2})));
  EXPECT_TRUE(read_whole(*source, 2).target.equal(bytes_of({0, 1}, {2})));
  EXPECT_EQ(check_source(*source, 2).scenes[0].class_pixels, (std::vector<std::int64_t>{1, 1}));
}

TEST_F(PictureSourcesTest, WholePicturesOfUnequalClassesAreDrawnAlike) {
  for (int i = 0; i < 9; ++i) files_.plain("beach/" + std::to_string(i) + ".jpg", 2, 2);
  files_.plain("forest/9.jpg", 2, 2);
  const auto source = open_source("image_folder", root(), scenes_);
  std::vector<Region> part;
  for (std::int64_t i = 0; i < 10; ++i) part.push_back({i, {0, 0, 2, 2}});
  const auto sampler = samplers().make("whole", parse_yaml("{balanced: true}", "test"),
                                       SamplerContext{source, part, scenes_.classes, 3});
  ASSERT_EQ(sampler->size(), 10);
  int forest = 0;
  for (std::int64_t i = 0; i < 1000; ++i) forest += sampler->at(i / 10, i % 10).scene == 9 ? 1 : 0;
  EXPECT_NEAR(forest, 500, 80) << "five standard deviations";
  EXPECT_EQ(sampler->at(7, 3), sampler->at(7, 3));
}

TEST_F(PictureSourcesTest, CsvListsMasksAndParts) {
  files_.picture("i/1.png", torch::full({2, 3}, 50, torch::kUInt8));
  files_.picture("m/1.png", bytes_of({0, 1, 0, 1, 9, 1}, {2, 3}));
  files_.text("list.csv", "image,mask,part\ni/1.png,m/1.png,val\n");
  const std::string options = "{file: " + files_.path("list.csv") + ", ignore_values: 9}";
  const auto source = open_source("csv", options, two_);
  EXPECT_EQ(source->scenes()[0].part, "val");
  EXPECT_EQ(source->band_names(), (std::vector<std::string>{"gray"}));
  EXPECT_TRUE(read_whole(*source, 0).target.equal(bytes_of({0, 1, 0, 1, 255, 1}, {2, 3})));
}

TEST_F(PictureSourcesTest, CsvProblemsNameTheirLines) {
  files_.plain("1.png", 2, 2);
  files_.plain("m.png", 2, 2);
  files_.text("list.csv", "image,mask,part\n1.png,m.png,dev\n2.png,m.png,\n1.png,,train\n");
  const std::string options = "{file: " + files_.path("list.csv") + "}";
  const auto found = problems("csv", options, two_);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_TRUE(has(found[0], {"line 2", "'dev' is no part"}));
  EXPECT_TRUE(has(found[1], {"line 3", "2.png: there is no such file"}));
  EXPECT_TRUE(has(found[2], {"line 4", "1.png has no mask"}));
  EXPECT_TRUE(has(found[3], {"no picture"}));
  EXPECT_TRUE(
      has(message_of<DataError>([&] { open_source("csv", options, scenes_); }), {"has no column 'label'"}));
  files_.text("list.csv", "image,label\n1.png,beach\nm.png,cave\n");
  EXPECT_TRUE(has(message_of<DataError>([&] { open_source("csv", options, scenes_); }),
                  {"line 3", "no class 'cave'"}));
}

TEST_F(PictureSourcesTest, MasksOfUnknownColoursAndOtherSizesAreNamed) {
  files_.plain("1.png", 2, 2);
  files_.picture("m.png", bytes_of({255, 0, 0, 0, 0, 255, 1, 2, 3, 1, 2, 3}, {2, 2, 3}));
  files_.text("list.csv", "image,mask\n1.png,m.png\n");
  LabelSpec labels{Task::kMulticlass, {{.name = "a", .color = "#ff0000"}, {.name = "b", .color = "#0000ff"}}};
  complete_classes(labels.classes);
  const auto source = open_source("csv", "{file: " + files_.path("list.csv") + "}", labels);
  EXPECT_TRUE(has(message_of<DataError>([&] { read_whole(*source, 0); }),
                  {"m.png: no class has colour #010203 (2 pixels)"}));
  const auto tolerant =
      open_source("csv", "{file: " + files_.path("list.csv") + ", ignore_colors: \"#010203\"}", labels);
  EXPECT_TRUE(read_whole(*tolerant, 0).target.equal(bytes_of({0, 1, 255, 255}, {2, 2})));
  files_.plain("m.png", 3, 2);
  EXPECT_TRUE(has(message_of<DataError>([&] { read_whole(*source, 0); }),
                  {"m.png: the mask has 3 x 2 pixels, and its image 2 x 2"}));
}

TEST_F(PictureSourcesTest, LabelmeDrawsShapesInOrder) {
  files_.plain("1.png", 4, 6);
  files_.text("1.json", R"({"imageHeight": 4, "imageWidth": 6, "shapes": [
      {"label": "water", "points": [[0, 0], [6, 0], [6, 2], [0, 2]], "shape_type": "polygon"},
      {"label": "land", "points": [[2, 0], [4, 1]], "shape_type": "rectangle"},
      {"label": "cloud", "points": [[0, 0], [1, 0], [1, 1], [0, 1]]}]})");
  const auto source = open_source("labelme", root("ignore_classes: cloud"), two_);
  EXPECT_TRUE(read_whole(*source, 0)
                  .target.equal(bytes_of({255, 1,   0,   0,   1,   1,   1,   1,   1,   1,   1,   1,
                                          255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
                                         {4, 6})));
  const auto on_land =
      open_source("labelme", root("ignore_classes: cloud, background: land, size: [2, 3]"), two_);
  EXPECT_TRUE(read_whole(*on_land, 0).target.equal(bytes_of({1, 1, 1, 0, 0, 0}, {2, 3})));
  const auto both =
      open_source("labelme", root("ignore_classes: cloud"), labels_of(Task::kMultilabel, {"land", "water"}));
  const torch::Tensor target = read_whole(*both, 0).target;
  EXPECT_EQ(target[1][0][2].item<int>(), 1);
  EXPECT_EQ(target[0][0][2].item<int>(), 1);
  EXPECT_EQ(target[0][0][0].item<int>(), 255);
}

TEST_F(PictureSourcesTest, LabelmeListsBrokenRingsAndImagesWithoutLabels) {
  files_.plain("1.png", 4, 6);
  files_.plain("2.png", 4, 6);
  files_.plain("3.png", 4, 6);
  files_.text("1.json",
              R"({"shapes": [{"label": "water", "points": [[0, 0], [6, 0]], "shape_type": "polygon"},
      {"label": "lava", "points": [[0, 0], [6, 0], [6, 2]]}, {"label": "land", "points": [[0, 0]], "shape_type": "point"}]})");
  files_.text("3.json", R"({"imageHeight": 40, "imageWidth": 6, "shapes": []})");
  const auto found = problems("labelme", root(), two_);
  ASSERT_EQ(found.size(), 5U);
  EXPECT_TRUE(has(found[0], {"1.json: shape 1 ('water') has 2 points"}));
  EXPECT_TRUE(has(found[1], {"shape 2 ('lava') has a label that is no class"}));
  EXPECT_TRUE(has(found[2], {"shape 3 ('land') is of type 'point'"}));
  EXPECT_TRUE(has(found[3], {"2.png: has no labels"}));
  EXPECT_TRUE(has(found[4], {"3.json: is for a picture of 6 x 40"}));
  files_.text("1.json", "{");
  EXPECT_TRUE(has(message_of<DataError>([&] { open_source("labelme", root(), two_); }),
                  {"1.json: is not a file of labelme"}));
}

const char* const kCoco = R"({"categories": [{"id": 7, "name": "water"}, {"id": 9, "name": "land"}],
  "images": [{"id": 1, "file_name": "1.png", "height": 2, "width": 4}],
  "annotations": [
    {"id": 1, "image_id": 1, "category_id": 7, "segmentation": [[0, 0, 4, 0, 4, 1, 0, 1]]},
    {"id": 2, "image_id": 1, "category_id": 9, "segmentation": {"size": [2, 4], "counts": [1, 3, 4]}},
    {"id": 3, "image_id": 1, "category_id": 9, "iscrowd": 1, "segmentation": {"size": [2, 4], "counts": "72"}}]})";

TEST_F(PictureSourcesTest, CocoReadsPolygonsAndRunLengths) {
  files_.plain("pictures/1.png", 2, 4);
  files_.text("instances_val2017.json", kCoco);
  std::string options = "{annotations: " + files_.path("instances_val2017.json") +
                        ", images: " + files_.path("pictures") + ", background: land";
  // Columns: counts 1 3 4 set pixels 1, 2 and 3 down the columns; "72" are counts 7 and 2 - but 9 of 8
  // pixels.
  EXPECT_TRUE(has(message_of<DataError>([&] { open_source("coco", options + "}", two_); }),
                  {"annotation 3 ", "counts: number 2 is 2"}));
  std::string good = kCoco;
  good.replace(good.find("\"72\""), 4, "\"71\"");
  files_.text("instances_val2017.json", good);
  const auto source = open_source("coco", options + "}", two_);
  EXPECT_EQ(source->scenes()[0].part, "val");
  EXPECT_TRUE(read_whole(*source, 0).target.equal(bytes_of({1, 0, 1, 1, 0, 0, 0, 255}, {2, 4})));
  const auto crowds = open_source("coco", options + ", crowd: class}", two_);
  EXPECT_EQ(read_whole(*crowds, 0).target[1][3].item<int>(), 0);
}

TEST_F(PictureSourcesTest, CocoListsWhatDoesNotFit) {
  files_.plain("1.png", 2, 4);
  files_.text("a.json", R"({"categories": [{"id": 7, "name": "water"}, {"id": 8, "name": "lava"}],
    "images": [{"id": 1, "file_name": "1.png", "height": 2, "width": 4}, {"id": 2, "file_name": "2.png", "height": 2, "width": 4}],
    "annotations": [
      {"id": 1, "image_id": 5, "category_id": 7, "segmentation": []},
      {"id": 2, "image_id": 1, "category_id": 6, "segmentation": []},
      {"id": 3, "image_id": 1, "category_id": 8, "segmentation": []},
      {"id": 4, "image_id": 1, "category_id": 7, "segmentation": [[0, 0, 1]]},
      {"id": 5, "image_id": 1, "category_id": 7, "segmentation": [[0, 0, 1, 1]]},
      {"id": 6, "image_id": 1, "category_id": 7, "segmentation": {"size": [3, 4], "counts": [12]}}]})");
  const auto found =
      problems("coco", "{annotations: " + files_.path("a.json") + ", images: " + files_.path("") + "}", two_);
  ASSERT_EQ(found.size(), 7U);
  EXPECT_TRUE(has(found[0], {"2.png: there is no such file"}));
  EXPECT_TRUE(has(found[1], {"annotation 1 is of image 5"}));
  EXPECT_TRUE(has(found[2], {"annotation 2 has the category 6, which is not listed"}));
  EXPECT_TRUE(has(found[3], {"annotation 3 has the category 'lava'"}));
  EXPECT_TRUE(has(found[4], {"annotation 4 has a polygon of 3 numbers"}));
  EXPECT_TRUE(has(found[5], {"annotation 5 has a polygon that has 2 points"}));
  EXPECT_TRUE(has(found[6], {"annotation 6 has run lengths for 4 x 3"}));
}

TEST_F(PictureSourcesTest, VocReadsPaletteMasksAndLists) {
  EXPECT_EQ(voc_color(1), 0x800000U);   // aeroplane
  EXPECT_EQ(voc_color(15), 0xc08080U);  // person
  EXPECT_EQ(voc_color(255), 0xe0e0c0U);
  files_.plain("JPEGImages/a.jpg", 2, 3);
  files_.plain("JPEGImages/b.jpg", 2, 3);
  const torch::Tensor indices = bytes_of({0, 1, 255, 1, 1, 0}, {2, 3});
  std::vector<std::array<std::uint8_t, 3>> palette;
  torch::Tensor colors = torch::empty({2, 3, 3}, torch::kUInt8);
  for (int i = 0; i < 256; ++i) {
    const std::uint32_t color = voc_color(i);
    palette.push_back({static_cast<std::uint8_t>(color >> 16), static_cast<std::uint8_t>(color >> 8 & 255),
                       static_cast<std::uint8_t>(color & 255)});
    const torch::Tensor rgb = bytes_of({palette.back()[0], palette.back()[1], palette.back()[2]}, {3});
    colors.index_put_({indices.eq(i)}, rgb);
  }
  files_.picture("SegmentationClass/a.png", indices, palette);
  files_.picture("SegmentationClass/b.png", colors);
  files_.text("ImageSets/Segmentation/train.txt", "a\n");
  files_.text("ImageSets/Segmentation/val.txt", "b\n");
  const auto source = open_source("voc", root(), labels_of(Task::kMulticlass, {"background", "aeroplane"}));
  EXPECT_EQ(source->scenes()[1].part, "val");
  EXPECT_TRUE(read_whole(*source, 0).target.equal(indices));
  EXPECT_TRUE(read_whole(*source, 1).target.equal(indices));
  files_.text("ImageSets/Segmentation/val.txt", "b\nc\n");
  EXPECT_TRUE(
      has(message_of<DataError>([&] { open_source("voc", root(), two_); }), {"val.txt: names c", "c.jpg"}));
}

TEST_F(PictureSourcesTest, CamvidReadsColoursFromItsTable) {
  files_.plain("train/1.png", 1, 3);
  files_.picture("train_labels/1_L.png", bytes_of({128, 128, 128, 64, 0, 64, 0, 0, 0}, {1, 3, 3}));
  files_.text("class_dict.csv", "name,r,g,b\nSky,128,128,128\nTree,64, 0,64\nVoid,0,0,0\n");
  const LabelSpec labels = labels_of(Task::kMulticlass, {"Tree", "Sky"});
  EXPECT_TRUE(has(message_of<ConfigError>([&] { open_source("camvid", root(), labels); }),
                  {"class_dict.csv has the class 'Void'", "ignore_classes"}));
  const auto source = open_source("camvid", root("ignore_classes: Void"), labels);
  EXPECT_TRUE(read_whole(*source, 0).target.equal(bytes_of({1, 0, 255}, {1, 3})));
  files_.plain("train/2.png", 1, 3);
  files_.plain("train_labels/7_L.png", 1, 3);
  const auto found = problems("camvid", root("ignore_classes: Void"), labels);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(has(found[0], {"2.png: has no mask"}));
  EXPECT_TRUE(has(found[1], {"7_L.png: has no picture"}));
  files_.text("label_colors.txt", "128 128 128\tSky\n64 0 x Tree\n");
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    open_source("camvid", root("class_colors: " + files_.path("label_colors.txt")), labels);
                  }),
                  {"label_colors.txt, line 2", "'x'"}));
}

TEST_F(PictureSourcesTest, ASetOfUnlikePicturesIsRefusedOrBroughtToOneColour) {
  files_.plain("beach/1.png", 4, 4);
  files_.picture("forest/2.png", torch::full({4, 4}, 9, torch::kUInt8));
  EXPECT_TRUE(has(message_of<DataError>([&] { open_source("image_folder", root(), scenes_); }),
                  {"1.png and ", "2.png: images of one source have the same bands; found 3 and 1", "color"}));
  const auto gray = open_source("image_folder", root("color: gray"), scenes_);
  EXPECT_EQ(read_whole(*gray, 0).image.size(0), 1);
  EXPECT_EQ(read_whole(*gray, 1).image[0][0][0].item<int>(), 9);
}

}  // namespace
}  // namespace nadir
