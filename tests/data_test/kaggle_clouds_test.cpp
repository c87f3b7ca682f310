#include "data/sources/kaggle_clouds.h"

#include <gtest/gtest.h>

#include "data_test/picture_files.h"
#include "pictures/bilinear.h"

namespace nadir {
namespace {

const std::vector<std::string> kNames = {"Fish", "Flower", "Gravel", "Sugar"};

// A set in the publisher's layout with pictures of 20 x 30.
class KaggleCloudsTest : public ::testing::Test {
 protected:
  KaggleCloudsTest() {
    for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) {
      files_.picture("train_images/" + std::string(name), torch::randint(0, 256, {20, 30, 3}, torch::kUInt8));
    }
  }
  void table(const std::string& rows) const {
    files_.text("train.csv", "Image_Label,EncodedPixels\n" + rows);
  }
  std::string options(const std::string& more = "size: [10, 15]") const {
    return "{root: " + files_.path("") + ", " + more + "}";
  }
  std::shared_ptr<Source> open(const std::string& more = "size: [10, 15]", bool keep_going = false) const {
    return open_source("kaggle_clouds", options(more), labels_of(Task::kMultilabel, kNames, keep_going));
  }
  PictureFiles files_;
};

const std::string kRows =
    "a.jpg_Fish,1 40\na.jpg_Flower,\na.jpg_Gravel,\na.jpg_Sugar,581 20\n"
    "b.jpg_Fish,\nb.jpg_Flower,\nb.jpg_Gravel,\nb.jpg_Sugar,\n"
    "c.jpg_Gravel,21 20\n";

TEST_F(KaggleCloudsTest, GivesImagesAndMultilabelMasksAtTheTargetsSize) {
  table(kRows);
  const auto source = open("size: [10, 15], mask_resize: nearest");
  ASSERT_EQ(source->scenes().size(), 3U);
  EXPECT_EQ(source->scenes()[0].id, "a.jpg");
  const Sample sample = read_whole(*source, 0);
  EXPECT_EQ(sample.image.sizes(), (std::vector<std::int64_t>{3, 10, 15}));
  EXPECT_EQ(sample.target.sizes(), (std::vector<std::int64_t>{4, 10, 15}));
  // 40 pixels down from the first are the columns 0 and 1, of which column 1 is looked at.
  EXPECT_TRUE(sample.target[0].select(1, 0).eq(1).all().item<bool>());
  EXPECT_EQ(sample.target[0].sum().item<int>(), 10);
  EXPECT_TRUE(sample.target[3].select(1, 14).eq(1).all().item<bool>());
  EXPECT_EQ(sample.target.narrow(0, 1, 2).sum().item<int>(), 0);
  EXPECT_TRUE(source->read_target(0, {2, 3, 4, 5}).equal(sample.target.narrow(1, 2, 4).narrow(2, 3, 5)));
}

TEST_F(KaggleCloudsTest, ClassesAreKnownWithoutDecoding) {
  table(kRows);
  const auto source = open();
  EXPECT_EQ(source->classes_in(0), (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(source->classes_in(1), (std::vector<bool>{false, false, false, false}));
  EXPECT_EQ(source->classes_in(2), (std::vector<bool>{false, false, true, false}));
}

TEST_F(KaggleCloudsTest, GrayIsTheFilesLumaResizedAsOpenCvDoes) {
  table(kRows);
  const Sample sample = read_whole(*open("size: [7, 9], color: gray"), 1);
  const Picture luma = read_picture(files_.path("train_images/b.jpg"), {.color = PictureColor::kGray});
  EXPECT_TRUE(sample.image.equal(resize_bilinear(luma.pixels, 7, 9)));
}

TEST_F(KaggleCloudsTest, BadRowsNameLineAndImage) {
  const auto refused = [&](const std::string& rows) {
    table(rows);
    return message_of<DataError>([&] { open(); });
  };
  EXPECT_TRUE(has(refused("a.jpg_Fish,1 601\n"), {"train.csv, line 2", "a.jpg_Fish", "600 = 20 x 30"}));
  EXPECT_TRUE(has(refused("a.jpg_Fish,1 5 3 2\n"), {"line 2", "inside run 1"}));
  EXPECT_TRUE(has(refused("a.jpg_Fish,-4 5\n"), {"start -4"}));
  EXPECT_TRUE(has(refused("a.jpg_Fish,\na.jpg_Fish,\n"), {"line 3", "comes twice"}));
  EXPECT_TRUE(has(refused("a.jpg_Whale,\n"), {"no class 'Whale'"}));
  EXPECT_TRUE(has(refused("a.jpg,\n"), {"IMAGE_LABEL"}));
  EXPECT_TRUE(has(refused("d.jpg_Fish,\n"), {"line 2", "d.jpg: there is no such file"}));
  EXPECT_TRUE(has(refused("a.jpg_Fish,\n"), {"b.jpg: has no row in train.csv"}));
  files_.text("train.csv", "Image_Label,Pixels\na.jpg_Fish,\n");
  EXPECT_TRUE(has(message_of<DataError>([&] { open(); }),
                  {"has no column 'EncodedPixels'", "Image_Label and Pixels"}));
}

TEST_F(KaggleCloudsTest, KeepingGoingListsEveryProblem) {
  table("a.jpg_Fish,1 601\na.jpg_Sugar,5\nb.jpg_Fish,\nd.jpg_Fish,\n");
  const auto source = open("size: [10, 15]", true);
  EXPECT_EQ(source->scenes().size(), 2U);
  const SourceCheck check = check_source(*source, 4);
  ASSERT_EQ(check.problems.size(), 4U);
  EXPECT_TRUE(has(check.problems[0], {"line 2"}));
  EXPECT_TRUE(has(check.problems[1], {"line 3", "1 numbers"}));
  EXPECT_TRUE(has(check.problems[2], {"line 5", "d.jpg"}));
  EXPECT_TRUE(has(check.problems[3], {"c.jpg: has no row"}));
}

TEST_F(KaggleCloudsTest, ADamagedPictureIsNamedAndSkippedOnlyWhenAsked) {
  table(kRows);
  files_.damage("train_images/b.jpg");
  const auto strict = open();
  EXPECT_TRUE(has(message_of<DataError>([&] { read_whole(*strict, 1); }), {"b.jpg: is damaged"}));
  const auto lenient = open("size: [10, 15], skip_unreadable: true");
  ASSERT_EQ(lenient->scenes().size(), 2U);
  EXPECT_EQ(lenient->scenes()[1].id, "c.jpg");
  EXPECT_EQ(lenient->classes_in(1), (std::vector<bool>{false, false, true, false}));
  ASSERT_EQ(lenient->remarks().size(), 1U);
  EXPECT_TRUE(has(lenient->remarks()[0], {"skipped 1 of 3 pictures", "b.jpg"}));
}

}  // namespace
}  // namespace nadir
