// The program on a made cloud set, end to end, and on pictures that are damaged.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/program.h"
#include "data/run_lengths.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class CloudsProgramTest : public ::testing::Test {
 protected:
  CloudsProgramTest() {
    const Outcome made = run_nadir("data demo-clouds -o " + clouds() +
                                   " --images 20 --test-images 3 --height 140 --width 210");
    if (made.code != 0) throw std::runtime_error(made.errors);
    write_file_atomically(recipe(),
                          "task: multilabel\n"
                          "classes: [{name: Fish}, {name: Flower}, {name: Gravel}, {name: Sugar}]\n"
                          "data:\n"
                          "  source: {kaggle_clouds: {root: " +
                              clouds() +
                              ", size: [64, 96], color: gray}}\n"
                              "  split: {train: 0.8, val: 0.2, test: 0, by: scene}\n"
                              "  sampler: whole\n"
                              "  normalize: {scale: per_image}\n"
                              "model: {unet: {start: 4}}\n"
                              "loss: {binary_cross_entropy: 1, dice: 1}\n"
                              "optimizer: {adamw: {lr: 0.01}}\n"
                              "train: {epochs: 2, batch_size: 4, seed: 1, device: cpu, monitor: loss}\n");
  }
  std::string clouds() const { return (folder_ / "clouds").string(); }
  std::string recipe() const { return (folder_ / "clouds.yaml").string(); }
  TemporaryFolder folder_;
};

TEST_F(CloudsProgramTest, InspectsPreviewsTrainsAndSubmits) {
  const Outcome inspected = run_nadir("data inspect " + recipe());
  EXPECT_EQ(inspected.code, 0) << inspected.output << inspected.errors;
  EXPECT_TRUE(holds(inspected.output, "0000000.jpg"));
  EXPECT_EQ(run_nadir("data preview " + recipe() + " -o " + (folder_ / "sheet.png").string()).code, 0);
  EXPECT_GT(fs::file_size(folder_ / "sheet.png"), 10000U);
  const std::string run = (folder_ / "run").string();
  const Outcome trained = run_nadir("train " + recipe() + " -o " + run);
  ASSERT_EQ(trained.code, 0) << trained.errors;
  const std::string csv = (folder_ / "submission.csv").string();
  const Outcome submitted = run_nadir("submit " + run + " " + clouds() + "/test_images -o " + csv);
  ASSERT_EQ(submitted.code, 0) << submitted.errors;
  const auto rule = nlohmann::json::parse(read_text_file(run + "/submit.json"));
  EXPECT_EQ(rule["threshold"].size(), 4U);
  // The sample's rows, in its order, with run lengths that fit 350 x 525.
  std::istringstream sample(read_text_file(clouds() + "/sample_submission.csv")), made(read_text_file(csv));
  std::string wanted, line;
  std::getline(sample, wanted);
  std::getline(made, line);
  EXPECT_EQ(line, wanted);
  while (std::getline(sample, wanted)) {
    ASSERT_TRUE(std::getline(made, line)) << wanted;
    EXPECT_EQ(line.substr(0, line.find(',')), wanted.substr(0, wanted.find(',')));
    EXPECT_NO_THROW(decode_runs(line.substr(line.find(',') + 1), {350, 525})) << line;
  }
  EXPECT_FALSE(std::getline(made, line));
  // The thresholds are kept: the same file again, without a search.
  const Outcome again =
      run_nadir("submit " + run + "/best.safetensors " + clouds() + "/test_images -o " + csv + ".2");
  EXPECT_EQ(again.code, 0) << again.errors;
  EXPECT_FALSE(holds(again.output, "threshold"));
  EXPECT_EQ(read_text_file(csv + ".2"), read_text_file(csv));
}

TEST_F(CloudsProgramTest, EveryProblemOfASetIsListedAndTheCodeIsOne) {
  const std::string image = clouds() + "/train_images/0000003.jpg";
  const std::string whole = read_text_file(image);
  write_file_atomically(image, whole.substr(0, whole.size() / 2));
  fs::remove(clouds() + "/train_images/0000005.jpg");
  std::string table = read_text_file(clouds() + "/train.csv");
  write_file_atomically(clouds() + "/train.csv", table + "0000007.jpg_Fish,1 1\n0000008.jpg_Whale,1 1\n");
  const Outcome outcome = run_nadir("data inspect " + recipe());
  EXPECT_EQ(outcome.code, 1);
  for (const char* part : {"0000003.jpg: is damaged", "0000005.jpg: there is no such file",
                           "0000007.jpg_Fish: comes twice", "no class 'Whale'"}) {
    EXPECT_TRUE(holds(outcome.output, part)) << part << "\n" << outcome.output;
  }
  const Outcome skipping = run_nadir("train " + recipe() + " -o " + (folder_ / "run").string());
  EXPECT_EQ(skipping.code, 1);
}

}  // namespace
}  // namespace nadir
