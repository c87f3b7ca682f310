// What users get wrong, through the real program: exit code 1, a message that names the thing, nothing lost.
#include <gtest/gtest.h>

#include "apps/model_file.h"
#include "apps/program.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

std::string make_model(const TemporaryFolder& folder) { return write_model(folder, "unet", "start: 2"); }

void expect_error(const std::string& arguments, const std::vector<std::string>& parts) {
  const Outcome outcome = run_nadir(arguments);
  EXPECT_EQ(outcome.code, 1) << arguments << "\n" << outcome.errors;
  for (const std::string& part : parts) {
    EXPECT_NE(outcome.errors.find(part), std::string::npos)
        << "wanted: " << part << "\ngot: " << outcome.errors;
  }
}

TEST(BadInputTest, RasterThatIsMissingOrNone) {
  const TemporaryFolder folder;
  const std::string model = make_model(folder);
  const std::string output = " -o " + (folder / "map.tif").string();
  expect_error("predict " + model + " none.tif" + output, {"none.tif"});
  write_file_atomically(folder / "text.tif", "this is no raster");
  expect_error("predict " + model + " " + (folder / "text.tif").string() + output, {"text.tif", "raster"});
  const std::string whole = read_text_file(scene());
  write_file_atomically(folder / "short.tif", whole.substr(0, whole.size() / 3));
  expect_error("predict " + model + " " + (folder / "short.tif").string() + output, {"short.tif"});
  EXPECT_FALSE(fs::exists(folder / "map.tif"));
}

TEST(BadInputTest, ModelThatDoesNotFitOrIsDamaged) {
  const TemporaryFolder folder;
  const std::string model = make_model(folder);
  const std::string output = " -o " + (folder / "map.tif").string();
  expect_error("predict " + model + " " + (fs::path(NADIR_TEST_DATA) / "landsat/L7_ETMs.tif").string() +
                   output + " --bands 1,2",
               {"band"});
  expect_error("predict " + model + " " + scene() + output + " --bands 1,2,9", {"9", "6"});
  const std::string bytes = read_text_file(model);
  write_file_atomically(folder / "cut.safetensors", bytes.substr(0, bytes.size() - 100));
  expect_error("info " + (folder / "cut.safetensors").string(), {"cut.safetensors", "cut short"});
  std::string flipped = bytes;
  flipped[bytes.size() - 50] ^= 1;
  write_file_atomically(folder / "flipped.safetensors", flipped);
  expect_error("predict " + (folder / "flipped.safetensors").string() + " " + scene() + output,
               {"flipped.safetensors", "altered"});
}

TEST(BadInputTest, OutputThatCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string model = make_model(folder);
  write_file_atomically(folder / "file", "in the way");
  expect_error("predict " + model + " " + scene() + " -o " + (folder / "file" / "map.tif").string(),
               {"file"});
  // A folder takes the maps under their images' names; one that a folder already has cannot be written.
  std::filesystem::create_directory(folder / "L7_ETMs.tif");
  expect_error("predict " + model + " " + scene() + " -o " + folder.path().string(), {"L7_ETMs.tif"});
}

TEST(BadInputTest, AFullDiskKeepsTheOldMap) {
  const TemporaryFolder folder;
  const std::string model = make_model(folder);
  const std::string output = (folder / "map.tif").string();
  ASSERT_EQ(run_nadir("predict " + model + " " + scene() + " -o " + output).code, 0);
  const std::string before = read_text_file(output);
  // A limit on the file size makes writes fail as a full disk does.
  const Outcome outcome = run_nadir("--version >/dev/null; ulimit -f 1; trap '' XFSZ; " +
                                    std::string(NADIR_PROGRAM) + " predict " + model + " " + scene() +
                                    " -o " + output + " --probability " + (folder / "p.tif").string());
  EXPECT_EQ(outcome.code, 1) << outcome.errors;
  EXPECT_NE(outcome.errors.find("disk"), std::string::npos) << outcome.errors;
  EXPECT_EQ(read_text_file(output), before);
  EXPECT_FALSE(fs::exists(folder / "p.tif"));
}

TEST(BadInputTest, RecipesAndTheirData) {
  const TemporaryFolder folder;
  const std::string recipe = make_water_recipe(folder);
  const std::string run = " -o " + (folder / "run").string();
  expect_error("train " + recipe + run + " train.epoch=1", {"did you mean 'epochs'?"});
  expect_error("train " + recipe + run + " data.source.raster_pairs.masks=nowhere/*.tif", {"nowhere"});
  expect_error("train " + recipe + run + " data.source.raster_pairs.bands=[3,2,7]", {"7"});
  expect_error("train " + recipe + run + " data.split.block=400", {"block"});
  // The scene itself as its own mask: values that are no class, named with their counts.
  expect_error("train " + recipe + run + " data.source.raster_pairs.masks=" + scene(), {"L7_ETMs.tif"});
  EXPECT_FALSE(fs::exists(folder / "run" / "best.safetensors"));
}

}  // namespace
}  // namespace nadir
