#include "data/sources/scene_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "data_test/messages.h"
#include "nadir/error.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using Names = std::vector<std::string>;

TEST(SceneFilesTest, PatternsGiveSortedFilesAndPlainNamesStay) {
  const TemporaryFolder folder;
  for (const char* name : {"b.tif", "B.tif", "a.tif", "a.txt", "c[1].tif"})
    std::ofstream(folder / name) << "x";
  const std::string base = folder.path().string() + "/";
  EXPECT_EQ(find_files({base + "?.tif"}, "images"), (Names{base + "B.tif", base + "a.tif", base + "b.tif"}));
  EXPECT_EQ(find_files({base + "c[1].tif", "/vsizip/x.zip/y.tif"}, "images"),
            (Names{base + "c[1].tif", "/vsizip/x.zip/y.tif"}));
  EXPECT_EQ(message_of<DataError>([&] { find_files({base + "*.png"}, "masks"); }),
            "masks: no file matches '" + base + "*.png'");
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    find_files({base + "a.tif", base + "a.*"}, "images");
                  }),
                  {"comes twice"}));
  EXPECT_TRUE(has(message_of<DataError>([&] { find_files({base}, "images"); }), {"is a folder"}));
}

TEST(SceneFilesTest, UnpairedFilesAreListed) {
  const auto message = [](const Names& images, const Names& masks, bool by_name = true) {
    return message_of<DataError>([&] { check_pairs(images, masks, by_name); });
  };
  EXPECT_EQ(message({"i/a.tif", "i/b.tif"}, {"m/a.png", "m/b.png"}), "no error");
  EXPECT_EQ(message({"north.tif", "south.tif"}, {"m1.tif", "m2.tif"}), "no error");
  EXPECT_EQ(message({"img_1.tif", "img_2.tif"}, {"1_mask.tif", "2_mask.tif"}), "no error");
  EXPECT_TRUE(has(message({"i/a.tif", "i/b.tif", "i/c.tif"}, {"m/a.tif", "m/c.tif"}),
                  {"3 images and 2 masks. Images without a mask: i/b.tif."}));
  EXPECT_TRUE(has(message({"i/a.tif", "i/b.tif"}, {"m/a.tif", "m/c.tif"}),
                  {"without a mask: i/b.tif. Masks without an image: m/c.tif"}));
  EXPECT_TRUE(has(message({"img_1.tif", "img_2.tif", "img_3.tif"}, {"mask_1.tif", "mask_3.tif"}),
                  {"without a mask: img_2.tif."}));
  EXPECT_TRUE(has(message({"x.tif"}, {"p.tif", "q.tif"}), {"Masks without an image: q.tif"}));
  EXPECT_EQ(message({"i/a.tif", "i/b.tif"}, {"m/b.tif", "m/c.tif"}, false), "no error");  // listed by hand
  EXPECT_TRUE(has(message({"i/a.tif"}, {}, false), {"1 image and 0 masks"}));
}

TEST(SceneFilesTest, ScenesAreCalledAsShortAsTheyCanBe) {
  EXPECT_EQ(scene_ids({"/d/x/1.tif", "/d/y/1.tif", "/d/y/2.tif"}), (Names{"x/1.tif", "y/1.tif", "2.tif"}));
}

}  // namespace
}  // namespace nadir
