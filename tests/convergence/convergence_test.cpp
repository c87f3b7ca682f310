// Every recipe, run by the real program on a small set in its publisher's layout until it has learnt the set.
// What is shrunk is shrunk by overrides: pictures, epochs, the first width of a network. Bars are on the
// training part, which a working recipe learns by heart, and, of pictures with water or without, on the
// validation part; they are about two thirds of what a recipe reaches.
#include <gtest/gtest.h>

#include <set>

#include "apps/program.h"
#include "convergence/made_data.h"
#include "data/csv.h"

namespace nadir {
namespace {

struct Case {
  std::string recipe;
  void (*make)(const std::filesystem::path& root);
  std::string overrides;  // {} is the set's folder
  std::string score;      // a column of metrics.csv
  double bar;             // that its last value passes
};

void make_clouds(const std::filesystem::path& root) {
  const Outcome made = run_nadir("data demo-clouds --images 15 --test-images 1 -o " + root.string());
  if (made.code != 0) throw std::runtime_error(made.errors);
}

// Enough pictures, and small ones, for a network that sees each as a whole.
void make_small_clouds(const std::filesystem::path& root) {
  const Outcome made =
      run_nadir("data demo-clouds --images 160 --test-images 1 --height 128 --width 192 -o " + root.string());
  if (made.code != 0) throw std::runtime_error(made.errors);
}

// Water of the whole Landsat scene by its index, as ./run demo has it.
void make_weak_mask(const std::filesystem::path& root) {
  const Outcome made =
      run_nadir("data index " + scene() + " --index mndwi --bands green=2 swir1=5 --threshold otsu " +
                "--classes land water -o " + (root / "mask.tif").string());
  if (made.code != 0) throw std::runtime_error(made.errors);
}

// Pictures of 16 x 16 pixels of the Landsat scene, with water or without, in a folder each.
void make_scenes(const std::filesystem::path& root) {
  const Outcome made = run_nadir("data patches " + scene() +
                                 " --size 16 --stride 16 --index mndwi --bands green=2 swir1=5 --captions "
                                 "land water water --date 2000-01-01 -o " +
                                 (root.parent_path() / "patches.csv").string() + " --pictures " +
                                 root.string() + " --picture-bands 3,2,1");
  if (made.code != 0) throw std::runtime_error(made.errors);
}

const std::string kClouds =
    "data.source.kaggle_clouds.root={} data.source.kaggle_clouds.size=[64,96] train.batch_size=4 "
    "train.epochs=12 "
    "train.early_stop.patience=0 data.split.by=scene ";
const std::string kCityscapes =
    "data.source.cityscapes_pairs.root={} data.source.cityscapes_pairs.size=64 train.epochs=20 "
    "train.batch_size=4 ";
const std::string kWater =
    "data.source.raster_pairs.images='{}/scenes/*.tif' data.source.raster_pairs.masks='{}/copies/*.tif' "
    "data.source.raster_pairs.resize_to_multiple=64 data.sampler.random_patch.size=64 "
    "data.sampler.random_patch.per_epoch=32 "
    "data.eval_sampler.random_patch.size=64 "
    "data.eval_sampler.random_patch.per_image=2 data.augment=[flip] train.batch_size=8 "
    "train.early_stop.patience=0 ";
const std::string kPotsdam =
    "data.source.isprs.images={}/2_Ortho_RGB data.source.isprs.masks={}/5_Labels_all data.split.buffer=0 ";
const std::string kLandsat =
    "data.source.raster_pairs.masks={}/mask.tif data.source.raster_pairs.images=" + scene() +
    " data.sampler.random_patch.size=32 model.unet.start=8 optimizer.adamw.lr=5e-3 ";
// From random weights: everything learns from the first step on.
const std::string kScenes =
    "data.source.image_folder.root={} data.source.image_folder.size=[32,32] data.split.train=0.4 "
    "data.split.val=0.3 data.split.test=0.3 train.batch_size=16 ";
const std::string kKeras = "train.phases=[] model.keras_classifier.norm_momentum=0.1 ";

std::vector<Case> cases() {
  using testing::write_cityscapes_pairs, testing::write_masked_copies, testing::write_potsdam;
  return {
      {"clouds-unet-resnet34", make_clouds, kClouds, "train/study000.dice", 0.5},
      {"clouds-unet-densenet169", make_clouds, kClouds + "optimizer.radam.lr=5e-3 train.epochs=20",
       "train/study000.dice", 0.45},
      {"clouds-unet-inception", make_clouds, kClouds + "optimizer.radam.lr=5e-3 train.epochs=20",
       "train/study000.dice", 0.45},
      {"clouds-unet-modern", make_clouds, kClouds + "model.unet.weights=none train.average.decay=0.9",
       "train/study000.dice", 0.35},
      {"clouds-unetplusplus", make_clouds, kClouds + "model.unetpp.start=8 train.epochs=30",
       "train/soft_dice", 0.25},
      {"cityscapes-unet", write_cityscapes_pairs, kCityscapes + "model.unet.start=8 optimizer.adam.lr=3e-3",
       "train/study002.dice", 0.4},
      {"cityscapes-unet-modern", write_cityscapes_pairs,
       kCityscapes + "model.unet.start=8 optimizer.adamw.lr=1e-2 train.average.decay=0.9",
       "train/study002.dice", 0.4},
      {"cityscapes-beta-sweep", write_cityscapes_pairs,
       kCityscapes + "model.unet.start=8 optimizer.adam.lr=3e-3", "train/study002.dice", 0.4},
      {"cityscapes-enet", write_cityscapes_pairs, kCityscapes + "optimizer.adam.lr=3e-3",
       "train/study002.dice", 0.4},
      {"cityscapes-enet-modern", write_cityscapes_pairs,
       kCityscapes + "optimizer.adamw.lr=1e-2 train.average.decay=0.9 train.epochs=60", "train/study002.dice",
       0.4},
      {"cityscapes-esnet", write_cityscapes_pairs, kCityscapes + "optimizer.adam.lr=3e-3",
       "train/study002.dice", 0.3},
      {"cityscapes-deeplabv3", write_cityscapes_pairs,
       kCityscapes + "model.deeplabv3.weights=none optimizer.adam.lr=1e-3 train.epochs=15",
       "train/study002.dice", 0.3},
      {"water-unet-resnet50", write_masked_copies,
       kWater + "model.unet.weights=none train.epochs=6 optimizer.adam.lr=1e-3 "
                "train.phases='[{epochs: 2, freeze: ResNet50_backbone}, {epochs: 2, freeze: "
                "ResNet50_backbone, lr: "
                "3e-4, fresh_optimizer: true}, {freeze: ResNet50_backbone, unfreeze_from: 100, lr: 3e-4}]'",
       "train/mean_iou", 0.5},
      {"water-attention-unet", write_masked_copies,
       kWater +
           "model.attention_unet.weights=none train.epochs=4 optimizer.adam.lr=1e-3 train.phases.0.epochs=2",
       "train/mean_iou", 0.5},
      {"water-unet3plus", write_masked_copies,
       kWater + "model.unet3plus.weights=none train.epochs=4 optimizer.adam.lr=1e-3", "train/mean_iou", 0.5},
      {"potsdam-unet6", write_potsdam,
       kPotsdam + "data.sampler.random_patch.size=128 train.epochs=12 model.unet6.start=8", "train/mean_iou",
       0.5},
      {"potsdam-efficientnet", write_potsdam,
       kPotsdam + "data.sampler.random_patch.size=64 data.sampler.random_patch.per_image=8 train.epochs=10 "
                  "model.unet.weights=none train.batch_size=4",
       "train/mean_iou", 0.4},
      {"classify-vit-scratch", make_scenes,
       kScenes + "'model.vit_scratch={image_size: [32, 32], patch: 8, width: 32, depth: 2, heads: 4}' "
                 "train.epochs=6",
       "val/macro_f1", 0.6},
      {"classify-vit-tiny", make_scenes,
       kScenes + "'model.vit={flavour: keras_cv, image_size: [32, 32], patch: 8, width: 48, depth: 3}' "
                 "train.epochs=12 optimizer.adam.lr=1e-3 schedule.cosine.period=12 train.phases.0.epochs=1 "
                 "train.phases.1.only=[]",
       "val/macro_f1", 0.5},
      {"classify-mobilenetv2", make_scenes, kScenes + kKeras + "train.epochs=8", "val/macro_f1", 0.4},
      {"classify-resnet50v2", make_scenes, kScenes + kKeras + "train.epochs=8 optimizer.adam.lr=3e-4",
       "val/macro_f1", 0.5},
      {"classify-satlas", make_scenes,
       kScenes + "'model.swin_v2={variant: t, stochastic_depth: 0}' train.phases=[] data.normalize.mean=data "
                 "data.normalize.std=data schedule.cosine.warmup=1 optimizer.adamw.lr=3e-4 train.epochs=6 "
                 "train.precision=bf16",
       "val/macro_f1", 0.5},
      {"clouds-efficientnet", make_small_clouds,
       "data.source.kaggle_clouds.root={} data.source.kaggle_clouds.size=[64,96] train.batch_size=8 "
       "'model.keras_classifier={encoder: keras.efficientnet_b0, norm_momentum: 0.1}' optimizer.adam.lr=2e-3 "
       "'schedule={cosine: {warmup: 1}}' train.epochs=16 train.early_stop.patience=0 train.precision=bf16",
       "val/mean_roc_auc", 0.65},
      {"demo-water", make_weak_mask, kLandsat, "train/mean_iou", 0.7},
      {"sen1floods11-water", make_weak_mask, kLandsat, "train/mean_iou", 0.7},
  };
}

// The values of a column, one an epoch.
std::vector<double> column(const std::filesystem::path& run, const std::string& name) {
  Problems problems(false);
  const CsvTable table = read_csv(run / "metrics.csv", problems);
  const std::size_t place = table.column(name);
  std::vector<double> values;
  for (const CsvRow& row : table.rows) values.push_back(std::stod(row.fields[place]));
  return values;
}

std::string in_folder(std::string text, const std::string& folder) {
  for (std::size_t at = text.find("{}"); at != std::string::npos; at = text.find("{}", at))
    text.replace(at, 2, folder);
  return text;
}

std::string recipe_file(const std::string& name) {
  return std::string(NADIR_SOURCE_DIR) + "/recipes/" + name + ".yaml";
}

void PrintTo(const Case& about, std::ostream* out) { *out << about.recipe; }

class ConvergenceTest : public ::testing::TestWithParam<Case> {};

TEST_P(ConvergenceTest, TheRecipeLearnsItsSet) {
  const Case& about = GetParam();
  const TemporaryFolder folder;
  const std::filesystem::path root = folder / "set", run = folder / "run";
  std::filesystem::create_directories(root);
  about.make(root);
  const Outcome trained =
      run_nadir("train " + recipe_file(about.recipe) + " -o " + run.string() +
                " train.device=cpu train.loader_threads=1 " + in_folder(about.overrides, root.string()));
  ASSERT_EQ(trained.code, 0) << trained.errors;
  const std::vector<double> loss = column(run, "train/loss"), score = column(run, about.score);
  EXPECT_LT(loss.back(), loss.front());
  EXPECT_GT(score.back(), about.bar);
  std::cout << about.recipe << ": loss " << loss.front() << " to " << loss.back() << ", " << about.score
            << " " << score.front() << " to " << score.back() << "\n";
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.recipe;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Recipes, ConvergenceTest, ::testing::ValuesIn(cases()), name_of);

// Generation has no labels to be scored by.
TEST(ConvergenceCasesTest, AreOfEveryRecipeThatLearnsLabels) {
  std::set<std::string> known;
  for (const Case& each : cases()) known.insert(each.recipe);
  for (const auto& file : std::filesystem::directory_iterator(std::string(NADIR_SOURCE_DIR) + "/recipes")) {
    const std::string name = file.path().stem().string();
    if (read_text_file(file.path()).find("task: generation") != std::string::npos) continue;
    EXPECT_TRUE(known.contains(name)) << name;
  }
}

}  // namespace
}  // namespace nadir
