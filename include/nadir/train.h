// Training: a recipe in, a run folder out.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nadir/config.h"
#include "nadir/data.h"
#include "nadir/loss.h"
#include "nadir/metrics.h"
#include "nadir/model_file.h"
#include "nadir/runtime.h"

namespace nadir {

// Changes parameters by their gradients. State is kept by parameter name, so that it can be saved and
// resumed.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // One step with the learning rate `lr`; parameters without a gradient are left alone.
  virtual void step(double lr) = 0;
  virtual double base_lr() const = 0;  // the config's
  virtual NamedTensors state() const = 0;
  virtual void load_state(const NamedTensors& state) = 0;  // throws ModelError
  void zero_grad();
  const NamedTensors& parameters() const { return parameters_; }

 protected:
  explicit Optimizer(NamedTensors parameters) : parameters_(std::move(parameters)) {}
  NamedTensors parameters_;
};
using OptimizerRegistry = Registry<std::unique_ptr<Optimizer>, const NamedTensors&>;
const OptimizerRegistry& optimizers();

// The factor on the base learning rate. Position is in epochs and fractions of one: (epoch + step / steps).
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual double factor(double position) const = 0;
  // The monitored score of an epoch, told after each; only a schedule that looks at it (reduce_on_plateau)
  // has a state, which resume needs beside the position. load_state throws ModelError for a state of another
  // schedule.
  virtual void observe(double score) { static_cast<void>(score); }
  virtual std::vector<double> state() const { return {}; }
  virtual void load_state(const std::vector<double>& state);
};
struct ScheduleContext {
  double epochs = 1;             // of the whole training
  bool higher_is_better = true;  // of the monitored score; false for a loss
};
using ScheduleRegistry = Registry<std::unique_ptr<Schedule>, const ScheduleContext&>;
const ScheduleRegistry& schedules();

// Ends training that no longer gets better. As Keras counts: an epoch whose score is not better than the best
// one by more than min_delta is a lost one, and `patience` of them in a row stop.
struct EarlyStopConfig {
  std::int64_t patience = 0;  // epochs without a better score before training stops; 0: never
  double min_delta = 0;       // what counts as better, in the score's own unit
  std::string monitor;        // as train.monitor; "": train.monitor
  std::string mode = "auto";  // min, max; auto: min for a loss, max for the rest
  // best: as above. study000: as that study's PR-AUC callback, when none of the last `patience` scores is
  // above the one before them (min_delta does not count).
  std::string rule = "best";
  bool restore_best = false;  // last.safetensors gets the weights of the best epoch, by this monitor
  void fields(FieldVisitor& visit);
};

// Weights averaged over steps: average = d average + (1 - d) weights. They are what is evaluated and saved.
struct AverageConfig {
  double decay = 0;     // d, below 1; 0: no average
  bool warm_up = true;  // d = min(decay, (1 + step) / (10 + step)), so that early steps do not linger
  void fields(FieldVisitor& visit);
};

// Loss scaling of fp16, as torch.amp.GradScaler: gradients that are not finite skip the step and shrink the
// scale; `interval` good steps in a row grow it.
struct LossScaleConfig {
  double initial = 65536;
  double growth = 2;     // above 1
  double backoff = 0.5;  // above 0, below 1
  std::int64_t interval = 2000;
  void fields(FieldVisitor& visit);
};

// Some epochs of a training in which parts of the network keep their weights. Says all by itself: a phase
// does not go on from the one before it.
struct PhaseConfig {
  std::optional<std::int64_t> epochs;  // how many; of the last phase also left out: all that are left
  std::vector<std::string> freeze;     // parts whose weights stay: "encoder"
  std::vector<std::string> only;       // instead: the parts that learn, "head"; all others stay
  // Of the frozen parts, layers from this one on are free: docs/recipes.md says how they are counted.
  std::optional<std::int64_t> unfreeze_from;
  std::optional<double> lr;      // in place of the optimizer's; the schedule goes on over all epochs
  bool fresh_optimizer = false;  // begin without the optimizer's memory, as Keras does after compile()
  void fields(FieldVisitor& visit);
};

struct TrainConfig {
  std::int64_t epochs = 20;
  std::int64_t batch_size = 8;
  std::int64_t eval_batch_size = 0;  // 0: batch_size
  std::int64_t accumulate = 1;       // batches whose gradients make one step, their losses averaged
  // fp32; bf16, fp16: autocast with float32 master weights. fp16 scales its losses.
  std::string precision = "fp32";
  LossScaleConfig loss_scale;
  std::int64_t seed = 0;  // weights, sampling, augmentation, dropout
  std::int64_t loader_threads = 1;
  std::string device = "auto";
  bool channels_last = true;   // memory format of images and weights; same numbers, mostly faster
  bool deterministic = false;  // only algorithms that repeat bit for bit, which a GPU's fastest do not
  double clip_norm = 0;        // largest L2 norm of all gradients together; 0: unclipped
  std::vector<double> auxiliary_weights = {
      1};                          // of auxiliary outputs' losses (deep supervision); one for all
  std::vector<Component> metrics;  // beside the task's own scores
  std::vector<double> thresholds = {
      0.5};  // multilabel: of the probability; one for all or one for each class
  // The score that picks the best weights: a column of the metrics, of the validation part where it names
  // none. auto: mean_iou; of whole images macro_f1.
  std::string monitor = "auto";
  std::string mode = "auto";   // min, max; auto: min for a loss, max for the rest
  std::int64_t keep_best = 1;  // best epochs whose model files are kept
  // How often the state for --resume is saved beside each epoch's end: "epoch", "200 steps", "5 minutes".
  std::string checkpoint_every = "epoch";
  // Of losses that take class weights and have none of their own, from the training part: none,
  // inverse_frequency, median_frequency, effective_number (class_weights() of data.h).
  std::string class_weights = "none";
  bool score_training_part = false;  // after each epoch, without augmentation: columns train_part/…
  std::int64_t samples = 4;          // validation samples whose predictions are kept after each epoch
  EarlyStopConfig early_stop;
  AverageConfig average;
  std::vector<PhaseConfig> phases;  // empty: one, in which nothing is frozen
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Who is told of a run beside its own folder. Training never waits for any of them and never fails because of
// one.
struct TrackConfig {
  bool tensorboard = true;           // event files in the run folder's tensorboard/
  std::string mlflow;                // an MLflow server, "http://localhost:5000"; "": none
  std::string experiment = "nadir";  // on that server; made when it is not there
  void fields(FieldVisitor& visit);
};

struct DataConfig {
  Component source;
  SplitConfig split;
  Component sampler;       // of the training part
  Component eval_sampler;  // of validation and test; default: grid of the training patches' size
  LabelConfig labels;      // of tasks that label whole images
  NormalizeConfig normalize;
  std::vector<Component> augment;        // of samples
  std::vector<Component> augment_batch;  // of batches
  CacheConfig cache;
  void fields(FieldVisitor& visit);
};

// One file that says everything: docs/recipes.md.
struct Recipe {
  std::string name;  // "" takes the file's
  std::string task = "multiclass";
  std::vector<ClassInfo> classes;
  DataConfig data;
  Component model;
  std::vector<Component> loss;
  Component optimizer;
  Component schedule;
  TrainConfig train;
  TrackConfig track;
  void fields(FieldVisitor& visit);
  void validate() const;
};
// Reads a recipe and applies the command line's overrides ("train.epochs=3"). Relative paths in either are
// relative to the working directory.
Recipe read_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});
std::string recipe_to_yaml(const Recipe& recipe);

// A recipe's data, ready to use.
struct PreparedData {
  LabelSpec labels;  // of the samples; the source's own are masks where data.labels.from says so
  std::shared_ptr<const Source> source;
  Split split;
  std::unique_ptr<Dataset> train;        // an epoch of the training sampler, augmented
  BatchTransforms batch_transforms;      // of training batches
  std::unique_ptr<Dataset> val, test;    // null when the part is empty
  std::unique_ptr<Dataset> train_plain;  // the training part as val and test are read: each pixel once
  std::int64_t patch = 0;  // side of the training patches, pixels; of whole images the longest side
};
// `stored_split` is a run folder's split.json to use again; empty: divide anew.
PreparedData prepare_data(const Recipe& recipe, const std::filesystem::path& stored_split = {});

// The folder of a run: docs/run-folder.md lists its files.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path folder);
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path recipe() const { return path_ / "recipe.yaml"; }
  std::filesystem::path best() const { return path_ / "best.safetensors"; }
  std::filesystem::path last() const { return path_ / "last.safetensors"; }
  std::filesystem::path split() const { return path_ / "split.json"; }
  std::filesystem::path metrics_csv() const { return path_ / "metrics.csv"; }
  std::filesystem::path metrics_jsonl() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  std::filesystem::path state() const { return path_ / "state"; }
  std::filesystem::path tensorboard() const { return path_ / "tensorboard"; }
  std::filesystem::path samples() const { return path_ / "samples"; }
  std::filesystem::path report() const { return path_ / "report.html"; }

 private:
  std::filesystem::path path_;
};

struct EpochRecord {
  std::int64_t epoch = 0;  // from 1
  std::vector<std::pair<std::string, double>>
      values;  // "train/loss", "val/loss", "val/mean_iou", "lr", "seconds"
};

struct TrainResult {
  std::vector<EpochRecord> epochs;  // all, those before a resume too
  std::int64_t best_epoch = 0;
  double best_score = 0;
  bool stopped_early = false;
};

// Trains and fills the run folder. With `resume`, goes on from the folder's state and ends with the weights
// that an uninterrupted run ends with, bit for bit; without, a folder that holds a run already is a
// ConfigError. Throws Interrupted after saving when a stop was requested, and an Error with step, learning
// rate and sample ids when the loss is not finite; the batch and what is known of it go to evidence/.
TrainResult train(const Recipe& recipe, const RunFolder& run, bool resume,
                  ProgressObserver& observer = silent_observer());

// Epoch records of a finished or running run (metrics.jsonl).
std::vector<EpochRecord> read_epochs(const RunFolder& run);

// Scores and mean loss of a model over a dataset. The model is left in evaluation mode.
struct Evaluation {
  TaskScores scores;
  double loss = 0;  // mean over batches, weighted by their images; 0 without a loss
};
// Sees every batch with the logits of it (float32, on the device), and may change them before they are
// scored.
using BatchVisitor = std::function<void(const Batch& batch, torch::Tensor& logits)>;
Evaluation evaluate(Model& model, const Normalization& normalization, const Dataset& dataset,
                    const LabelSpec& labels, const TrainConfig& config, const TotalLoss* loss = nullptr,
                    ProgressObserver& observer = silent_observer(), const BatchVisitor& visit = {});

// What any network should beat, trained on the training part, scored on the same pixels as the network.
struct Baseline {
  std::string name;  // "majority class", "logistic regression on 3 bands"
  ConfusionMatrix matrix{0};
};
// Majority class of `train`, and multinomial logistic regression on a pixel's normalised band values, fitted
// by Newton's method to convergence on at most 200,000 of its pixels.
std::vector<Baseline> evaluate_baselines(const Normalization& normalization, const Dataset& train,
                                         const Dataset& test, const LabelSpec& labels, std::uint64_t seed,
                                         ProgressObserver& observer = silent_observer());

}  // namespace nadir
