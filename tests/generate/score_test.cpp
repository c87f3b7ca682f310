// Distances between sets of features against numpy 2 and scipy 1.17 (float64, linalg.sqrtm):
//   frechet: ((ma - mb)**2).sum() + trace(ca + cb - 2 sqrtm(ca @ cb)) with ca, cb = cov(x, rowvar=False)
//   kernel:  k = (x @ y.T / D + 1)**3; off-diagonal means of k(a, a) and k(b, b), less twice the mean of k(a,
//   b)
// a = normal(score.a), [40, 6]; b = 1.5 normal(score.b) + 0.3, [30, 6]; normal as in goldens/diffusion.json.
#include "diffusion_golden.h"
#include "models/encoders/encoder.h"
#include "nadir/generate.h"
#include "nadir/model_file.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

torch::Tensor set_a() { return golden::normal("score.a", {40, 6}).to(torch::kFloat64); }
torch::Tensor set_b() { return golden::normal("score.b", {30, 6}).to(torch::kFloat64) * 1.5 + 0.3; }

TEST(FrechetDistance, IsTheReferences) {
  EXPECT_NEAR(frechet_distance(set_a(), set_b()), 2.0291114091701563, 1e-10);
  EXPECT_NEAR(frechet_distance(set_b(), set_a()), 2.0291114091701563, 1e-10);
  EXPECT_NEAR(frechet_distance(set_a(), set_a()), 0, 1e-10);
  // Fewer rows than numbers: covariances without an inverse.
  EXPECT_NEAR(frechet_distance(set_a().slice(0, 0, 4), set_b().slice(0, 0, 5)), 4.5544180322551755, 1e-6);
  // Sets whose means differ alone: the squared distance of these.
  EXPECT_NEAR(frechet_distance(set_a(), set_a() + 2), 6 * 4, 1e-9);
}

TEST(KernelDistance, IsTheReferences) {
  const KernelDistance whole = kernel_distance(set_a().slice(0, 0, 30), set_b());
  EXPECT_NEAR(whole.mean, 0.5972245700130032, 1e-12);
  EXPECT_EQ(whole.deviation, 0);
}

TEST(KernelDistance, OfSubsetsIsNearThatOfAllAndDependsOnTheSeedAlone) {
  const KernelDistanceConfig config{.subsets = 400, .subset_size = 15, .seed = 1};
  const KernelDistance some = kernel_distance(set_a(), set_b(), config);
  const KernelDistance again = kernel_distance(set_a(), set_b(), config);
  EXPECT_EQ(some.mean, again.mean);
  EXPECT_GT(some.deviation, 0);
  // The mean over all subsets is that of the unbiased estimate over all rows (Hoeffding 1948).
  const auto k = [](const torch::Tensor& x, const torch::Tensor& y) { return (x.mm(y.t()) / 6 + 1).pow(3); };
  const auto within = [&](const torch::Tensor& x) {
    const auto n = static_cast<double>(x.size(0));
    return ((k(x, x).sum() - k(x, x).trace()) / (n * (n - 1))).item<double>();
  };
  const double all = within(set_a()) + within(set_b()) - 2 * k(set_a(), set_b()).mean().item<double>();
  EXPECT_NEAR(some.mean, all, 5 * some.deviation / std::sqrt(400.0));
}

TEST(Distances, RefuseSetsThatCannotBeCompared) {
  EXPECT_THROW(frechet_distance(set_a(), set_b().slice(1, 0, 5)), ConfigError);
  EXPECT_THROW(frechet_distance(set_a(), set_b().slice(0, 0, 1)), ConfigError);
  EXPECT_THROW(kernel_distance(set_a().flatten(), set_b()), ConfigError);
  EXPECT_THROW(kernel_distance(set_a(), set_b(), {.subsets = 0, .subset_size = 10, .seed = 0}), ConfigError);
}

#ifdef NADIR_RASTER
class ImageFeatures : public testing::Test {
 protected:
  ImageFeatures() {
    torch::manual_seed(1);
    encoder_ = make_encoder("resnet18", {});
    write_weights(folder_ / "resnet18.safetensors", named_state(*encoder_));
    config_ = {.encoder = "resnet18",
               .weights = (folder_ / "resnet18.safetensors").string(),
               .size = 32,
               .batch = 2,
               .device = "cpu"};
    for (int i = 0; i < 3; ++i) {
      const torch::Tensor picture = golden::labels("picture " + std::to_string(i), {32, 32, 3}, 256);
      write_file_atomically(folder_.path() / "images" / (std::to_string(i) + ".png"),
                            encode_plain_png(picture.to(torch::kUInt8)));
    }
  }
  TemporaryFolder folder_;
  std::shared_ptr<Encoder> encoder_;
  FeatureConfig config_;
};

TEST_F(ImageFeatures, AreTheMeansOfTheEncodersLastMaps) {
  const torch::Tensor features = image_features(folder_.path() / "images", config_);
  ASSERT_EQ(features.sizes().vec(), (std::vector<std::int64_t>{3, 512}));
  const torch::NoGradGuard no_grad;
  encoder_->eval();
  const torch::Tensor pixels = golden::labels("picture 2", {32, 32, 3}, 256).to(torch::kFloat32);
  const torch::Tensor unit =
      (pixels / 255 - torch::tensor({0.485f, 0.456f, 0.406f})) / torch::tensor({0.229f, 0.224f, 0.225f});
  const torch::Tensor maps = encoder_->forward(unit.permute({2, 0, 1}).unsqueeze(0)).back();
  EXPECT_LT((features[2] - maps.mean({2, 3})[0]).abs().max().item<double>(), 1e-4);
}

TEST_F(ImageFeatures, RefuseFoldersAndWeightsThatAreNone) {
  EXPECT_THROW(image_features(folder_.path() / "nowhere", config_), DataError);
  std::filesystem::create_directories(folder_.path() / "empty");
  EXPECT_THROW(image_features(folder_.path() / "empty", config_), DataError);
  FeatureConfig other = config_;
  other.encoder = "resnet50";
  EXPECT_THROW(image_features(folder_.path() / "images", other), ModelError);
  other = config_;
  other.size = 33;
  EXPECT_THROW(image_features(folder_.path() / "images", other), ConfigError);
  write_file_atomically(folder_.path() / "images" / "broken.png", "no picture");
  EXPECT_THROW(image_features(folder_.path() / "images", config_), DataError);
}
#endif

}  // namespace
}  // namespace nadir
