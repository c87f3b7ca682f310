// From what is on disk to batches for the network: source -> sampler -> transforms -> loader.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nadir/config.h"
#include "nadir/runtime.h"
#include "nadir/window.h"

namespace nadir {

// Letters used everywhere: N batch, C bands, K classes, H rows, W columns.

// What has labels, a pixel or a whole image, and whether it has one class or any number of them.
enum class Task { kMulticlass, kMultilabel, kClassification, kMultilabelClassification };
// "multiclass", "multilabel", "classification", "multilabel_classification". Throws ConfigError for another
// word.
Task parse_task(const std::string& name);
std::string to_string(Task task);
constexpr bool is_multilabel(Task task) {
  return task == Task::kMultilabel || task == Task::kMultilabelClassification;
}
constexpr bool labels_images(Task task) {
  return task == Task::kClassification || task == Task::kMultilabelClassification;
}

// One class of the task, in the order of the network's outputs.
struct ClassInfo {
  std::string name;
  std::string color;        // "#rrggbb"; "" picks one
  std::int64_t value = -1;  // what stands for it in masks; -1: its index
  void fields(FieldVisitor& visit);
};
// Fills in colours and values, checks that names and values are unique. Throws ConfigError.
void complete_classes(std::vector<ClassInfo>& classes);
std::vector<std::string> class_names(const std::vector<ClassInfo>& classes);

constexpr std::int64_t kIgnore = 255;  // target value of pixels that do not count

struct Sample {
  torch::Tensor image;   // [C, H, W] uint8 | uint16 | int16 | float32, raw band values
  torch::Tensor target;  // multiclass [H, W] uint8, 255 = ignore; multilabel [K, H, W] uint8 0/1
                         // or 255; classification [] int64; multilabel classification [K] uint8 0/1 or
                         // 255; undefined when the source has no labels
  torch::Tensor valid;   // [H, W] bool, false where nodata; undefined when all valid
  std::string id;        // names the sample in errors and reports: "scene.tif[rows 0..63, columns 64..127]"
};

// One image of a source, whatever its size.
struct Scene {
  std::string id;    // unique in the source; the image's file name
  std::string path;  // the image's file; "" when there is none
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t bands = 0;
  std::optional<double> resolution;  // ground sample distance, metres, when the image is georeferenced
  std::string part;  // "train", "val" or "test" where the publisher divides the set so; "" where not
  // Where the pixels lie on the ground (GDAL's order, as in GeoReference) and in which CRS (WKT); "" and none
  // for plain images.
  std::string crs = {};
  std::optional<std::array<double, 6>> transform = std::nullopt;
};

// What is on disk. Reading is by window and thread-safe; nothing is held that grows with the pixels.
class Source {
 public:
  virtual ~Source() = default;
  virtual const std::vector<Scene>& scenes() const = 0;
  // The bands that samples have, by name ("red", "B4", "band 3"), in order.
  virtual const std::vector<std::string>& band_names() const = 0;
  // Exactly the pixels of `window`, which lies inside the scene. Throws DataError naming file and window.
  virtual Sample read(std::int64_t scene, const Window& window) const = 0;
  // The target that read() gives, without the image where the source can do without.
  virtual torch::Tensor read_target(std::int64_t scene, const Window& window) const {
    return read(scene, window).target;
  }
  // Which classes a scene has, by class index, where the source knows without decoding it (run lengths,
  // folders of classes); empty where it does not. Stratified splits ask for it.
  virtual std::vector<bool> classes_in(std::int64_t scene) const;
  // Numbers, from 1, that the samples' bands have in the scenes' files.
  virtual std::vector<std::int64_t> band_numbers() const;
  // What was wrong when the source was made, and is not among its scenes; empty unless
  // LabelSpec::keep_going was set.
  virtual std::vector<std::string> problems() const;
  // The files that a scene is read from, labels included: when one changes, what was cached of the scene is
  // out of date. The image's alone unless a source says more.
  virtual std::vector<std::string> files(std::int64_t scene) const;
  // What reading has met so far that a person should know, a sentence each: pixels that took the nearest
  // class's colour, files that were skipped on request. Thread-safe.
  virtual std::vector<std::string> remarks() const;
};

// What a source has to know of the task.
struct LabelSpec {
  Task task = Task::kMulticlass;
  std::vector<ClassInfo> classes;  // completed
  // Whether a source leaves out what is wrong and lists it (Source::problems), in place of throwing at the
  // first: for `nadir data inspect`.
  bool keep_going = false;
};
using SourceRegistry = Registry<std::shared_ptr<Source>, const LabelSpec&>;
const SourceRegistry& sources();

// What is wrong with a source, and what it holds: every scene is read whole.
struct SceneCheck {
  std::vector<std::int64_t> class_pixels;  // [K]; of whole images: 1 for each class of the scene
  std::int64_t ignored = 0;                // pixels whose target is kIgnore
};
struct SourceCheck {
  std::vector<SceneCheck> scenes;
  std::vector<std::string> problems;  // each names its file; Source::problems first
};
SourceCheck check_source(const Source& source, std::int64_t classes,
                         ProgressObserver& observer = silent_observer());
// Decoded samples kept for the next epoch, as raw as the source gives them (pictures: uint8), before
// augmentation.
struct CacheConfig {
  std::string memory;  // most bytes held: "2 GiB", "500 MiB"; "" holds none. What came first stays: samples
                       // are read in another order each epoch, and no other rule would find more of them
  std::string disk;    // a folder for what memory does not hold; "" keeps none
  void fields(FieldVisitor& visit);
  void validate() const;
};
// The same samples as the source's, read from it once; thread-safe. The source itself when there is nothing
// to cache with. Scenes of up to 16 million values are kept whole, larger ones in squares of 1024 pixels.
// `key` says all that the samples depend on beside the scenes' files (the source's settings, the classes):
// what is on disk is used again only by the same key, scene and sizes and times of its files. Files in the
// folder that are damaged are read from the source again; the folder may be deleted at any time.
std::shared_ptr<const Source> make_cached_source(std::shared_ptr<const Source> source,
                                                 const CacheConfig& config, const std::string& key);

// A rectangle of one scene.
struct Region {
  std::int64_t scene = 0;
  Window window;
  bool operator==(const Region&) const = default;
};

// How a source is divided. Parts are disjoint by construction: every pixel belongs to one block (or scene),
// and every block to one part; the assignment depends on the seed and the scene ids alone.
struct SplitConfig {
  double train = 0.7;  // shares of the blocks or scenes; they are scaled to sum to 1
  double val = 0.15;
  double test = 0.15;
  // block: squares of every scene; scene: whole scenes; stratified: whole scenes, every class in every part
  // in the parts' shares; source: the publisher's own parts; list: the scenes of train_list, val_list and
  // test_list
  std::string by = "block";
  std::int64_t block = 128;  // side of a block, pixels
  // Pixels left out between parts, on the ground where scenes are georeferenced: the test part keeps all of
  // its own, validation gives way to it, training to both.
  std::int64_t buffer = 0;
  std::int64_t folds = 0;  // above 1: what is not test is dealt into so many folds; 0: shares decide
  std::int64_t fold = 0;   // the one that is validation, from 0
  // Scene ids, or text files (.txt) with one on each line.
  std::vector<std::string> train_list = {}, val_list = {}, test_list = {};
  std::int64_t seed = 0;  // of the assignment alone, so that runs with other seeds share a split
  void fields(FieldVisitor& visit);
  void validate() const;
};
struct Split {
  std::vector<Region> train, val, test;
  const std::vector<Region>& part(const std::string& name) const;  // "train", "val", "test"; else ConfigError
};
// Throws ConfigError when a part with a share above 0 comes out empty, with what to change; for a list that
// names no scene; for `stratified`, which has to know the scenes' classes (below).
Split make_split(const std::vector<Scene>& scenes, const SplitConfig& config);
// The same for every way of dividing: `stratified` asks the source for the classes of its scenes, and reads
// the targets of those that it cannot tell. `classes`: how many there are.
Split make_split(const Source& source, std::int64_t classes, const SplitConfig& config,
                 ProgressObserver& observer = silent_observer());
// The split as JSON text, and back: stored in the run folder, so that evaluation sees the same parts.
std::string split_to_json(const Split& split, const std::vector<Scene>& scenes);
Split split_from_json(const std::string& text, const std::vector<Scene>& scenes);

// Which windows of a part make up an epoch. `at` depends on its arguments alone.
class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual std::int64_t size() const = 0;
  virtual Region at(std::int64_t epoch, std::int64_t index) const = 0;
  // Height and width that every sample gets (smaller regions are mirrored up to it); 0: as they are.
  virtual std::int64_t patch() const = 0;
};
struct SamplerContext {
  std::shared_ptr<const Source> source;
  std::vector<Region> part;  // disjoint regions; windows lie inside their union
  std::vector<ClassInfo> classes;
  std::uint64_t seed = 0;
};
using SamplerRegistry = Registry<std::unique_ptr<Sampler>, const SamplerContext&>;
const SamplerRegistry& samplers();

// Changes a sample; draws its parameters once for image, target and valid mask together.
class Transform {
 public:
  virtual ~Transform() = default;
  virtual Sample apply(Sample sample, RandomStream& random) const = 0;
};
using TransformRegistry = Registry<std::unique_ptr<Transform>>;
const TransformRegistry& transforms();

// Where the labels of whole images come from.
struct LabelConfig {
  std::string from = "source";       // source: its own; masks: computed from its masks
  std::string masks = "multiclass";  // which masks the source is asked for: multiclass, multilabel
  // Of an image's labelled pixels: a class is there when it has at least this share, and any pixel at all.
  std::vector<double> share = {0.01};  // one for all classes or one for each
  // Of `classification`. largest: the class with most pixels, of equals the first. present: of the classes
  // after the first, the largest of those that are there; the first where none is.
  std::string rule = "largest";
  double labelled = 0;  // images with a smaller share of labelled pixels do not count, nor those with none
  void fields(FieldVisitor& visit);
};
// Turns a sample's mask ([H, W] or [K, H, W]) into the label of the whole image, as Sample::target has it for
// the task `labels` names. Comes after all transforms, so that an image is labelled by what is seen of it.
// Throws ConfigError for shares that do not fit the classes.
std::unique_ptr<Transform> make_mask_labels(const LabelConfig& config, const LabelSpec& labels);

// A finite set of samples. `get` depends on its arguments alone, and is thread-safe.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::int64_t size() const = 0;
  virtual Sample get(std::int64_t epoch, std::int64_t index) const = 0;
};
// Windows of a source, mirrored up to the patch size (target: ignore; valid: false there), then transformed.
std::unique_ptr<Dataset> make_window_dataset(std::shared_ptr<const Source> source,
                                             std::unique_ptr<Sampler> sampler,
                                             std::vector<std::unique_ptr<Transform>> transforms,
                                             std::uint64_t seed);

// Stores the regions of a split as tensors in one safetensors file, which the source `prepared` reads back on
// machines without GDAL: a scene for each region, its part beside it. One region is in memory at a time.
struct PreparedSummary {
  std::int64_t samples = 0;
  std::int64_t bytes = 0;  // of the file
};
PreparedSummary write_prepared(const Source& source, const Split& split, const std::filesystem::path& file,
                               ProgressObserver& observer = silent_observer());

struct Batch {
  torch::Tensor images;  // [N, C, H, W], the samples' type
  // [N, H, W] uint8 | [N, K, H, W] uint8 | [N] int64 | [N, K] uint8; undefined without labels
  torch::Tensor targets;
  torch::Tensor valid;  // [N, H, W] bool; undefined when all valid
  std::vector<std::string> ids;
  // What was blended or pasted into images, with its share (mixup, cutmix): their loss is
  // (1 - mix_weight) loss(targets) + mix_weight loss(mix_targets). Undefined: nothing was.
  torch::Tensor mix_targets;  // as targets
  double mix_weight = 0;      // 0 to 1
};

// Changes a batch, where samples have to do with each other. What it draws, it draws from `random` alone.
class BatchTransform {
 public:
  virtual ~BatchTransform() = default;
  virtual Batch apply(Batch batch, RandomStream& random) const = 0;
};
using BatchTransformRegistry = Registry<std::unique_ptr<BatchTransform>>;
const BatchTransformRegistry& batch_transforms();
using BatchTransforms = std::vector<std::shared_ptr<const BatchTransform>>;

struct LoaderConfig {
  std::int64_t batch_size = 8;
  std::int64_t threads = 1;   // beside the caller's; 0 loads in the caller's thread
  std::int64_t prefetch = 4;  // batches made ahead, at most
  bool shuffle = false;       // a new order each epoch, from the seed
  bool drop_last = false;     // leave out a last batch that is not full
  bool pin_memory = false;    // page-locked memory, for copies to a GPU that do not wait; where there is one
};

// Batches of a dataset in a fixed order: order and contents do not depend on the number of threads. The
// transforms' random streams are keyed by seed, epoch, batch and place.
class Loader {
 public:
  Loader(const Dataset& dataset, LoaderConfig config, std::uint64_t seed, BatchTransforms transforms = {});
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  std::int64_t batches() const;  // of an epoch
  // Begins an epoch, at any batch of it (to go on in the middle of one).
  void start(std::int64_t epoch, std::int64_t first_batch = 0);
  // The next batch, or nothing at the epoch's end. An error of a sample comes here, in order, naming it.
  std::optional<Batch> next();
  double seconds_waited() const;  // in next(), since start()

 private:
  class Workers;
  std::unique_ptr<Workers> workers_;
};

// Statistics of each band over valid pixels, in one pass. Values that are not finite do not count.
struct BandStats {
  std::int64_t count = 0;         // pixels
  std::vector<double> mean, std;  // population standard deviation
  std::vector<double> min, max;
  std::vector<std::int64_t> class_pixels;  // [K] of the targets; empty without labels. Classification: images
  // [K] pixels with a label in the scenes that have the class at all. Classification: all images
  std::vector<std::int64_t> class_scene_pixels;
  // [C][1001] the values at 0, 0.1, ... 100 per cent, between neighbours by straight lines. Exact for 8- and
  // 16-bit images; of float images within 0.1 per cent of the value
  std::vector<std::vector<double>> quantiles;
  double percentile(std::size_t band, double percent) const;
};
// The result does not depend on the number of threads. Memory does not grow with the pixels: 2 MiB a band of
// float images, less for others, and a window of each thread. Throws DataError without a valid pixel.
BandStats band_statistics(const Source& source, const std::vector<Region>& part, std::int64_t classes,
                          ProgressObserver& observer = silent_observer(), std::int64_t threads = 1);

// Weights for a loss over classes of unequal size, [K]; a class that does not occur has 0. With n its pixels:
//   inverse_frequency  N / (K n), N all pixels and K the classes that occur ("balanced" in scikit-learn)
//   median_frequency   median(f) / f, f = n / pixels of the scenes that have the class (Eigen and Fergus
//   2015) effective_number   (1 - b) / (1 - b^n), b = (N - 1) / N, scaled to a mean of 1 (Cui et al. 2019)
// Throws ConfigError for another method, std::logic_error for statistics without labels.
std::vector<double> class_weights(const BandStats& stats, const std::string& method);
// Images of each class, [K], of a dataset whose samples have labels of whole images; all are read.
std::vector<std::int64_t> count_images(const Dataset& dataset, std::int64_t classes,
                                       ProgressObserver& observer = silent_observer());
const std::vector<std::string>& class_weight_methods();

// How raw band values become the network's input: scaled = (raw - offset) / range; input = (scaled - mean) /
// std. All [C]; stored in the model card. Pixels that are not valid or not finite become 0, the mean.
struct Normalization {
  std::string scale = "none";
  std::vector<double> offset, range;
  std::vector<double> mean, std;
};
struct NormalizeConfig {
  // none; type_range: by the type's largest value; min_max, percentile: by the training part's values;
  // per_image: every band of every image by its own mean and standard deviation (ddof 0; zeros where that is
  // 0) over its valid pixels, and `mean` and `std` are not used
  std::string scale = "none";
  std::vector<double> percentiles = {2, 98};  // what becomes 0 and 1 with `scale: percentile`
  std::string mean = "data";  // data: of the training part; imagenet (three bands; wants scaled values); zero
  std::string std = "data";   // data; imagenet; one
  void fields(FieldVisitor& visit);
};
Normalization make_normalization(const NormalizeConfig& config, const BandStats& stats,
                                 torch::ScalarType type);

class Normalizer {
 public:
  explicit Normalizer(const Normalization& normalization);
  void to(torch::Device device);
  // images: [N, C, H, W] of any type, on the device; valid: [N, H, W] bool or undefined. Gives float32.
  torch::Tensor operator()(const torch::Tensor& images, const torch::Tensor& valid = {}) const;

 private:
  torch::Tensor standardise(const torch::Tensor& images, const torch::Tensor& valid) const;

  bool per_image_ = false;
  torch::Tensor factor_;  // [1, C, 1, 1] float32; input = raw * factor + shift
  torch::Tensor shift_;
};

}  // namespace nadir
