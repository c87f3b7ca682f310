// Values and gradients of the reference implementations: tests/data/goldens/losses.json.
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>
#include <map>
#include <set>

#include "golden.h"
#include "losses/make_loss.h"

namespace nadir {
namespace {

using nlohmann::json;

// How a recipe asks for each case; "@field" is the case's own field.
const std::map<std::string, std::string>& terms_of_cases() {
  static const std::map<std::string, std::string> terms = {
      {"cross_entropy.mean", "{cross_entropy: 1}"},
      {"cross_entropy.sum", "{cross_entropy: {reduction: sum}}"},
      {"cross_entropy.ignore", "{cross_entropy: 1}"},
      {"cross_entropy.weights", "{cross_entropy: {class_weights: @class_weights}}"},
      {"cross_entropy.weights_ignore", "{cross_entropy: {class_weights: @class_weights}}"},
      {"cross_entropy.weights_sum", "{cross_entropy: {class_weights: @class_weights, reduction: sum}}"},
      {"cross_entropy.label_smoothing", "{cross_entropy: {label_smoothing: @label_smoothing}}"},
      {"cross_entropy.absent_class", "{cross_entropy: 1}"},
      {"bce.mean", "{binary_cross_entropy: 1}"},
      {"bce.binary", "{binary_cross_entropy: 1}"},
      {"bce.pos_weight", "{binary_cross_entropy: {pos_weight: @pos_weight}}"},
      {"bce.channel_weight", "{binary_cross_entropy: {class_weights: @weight}}"},
      {"bce.sum", "{binary_cross_entropy: {reduction: sum}}"},
      {"dice.sigmoid.batch.smooth1", "{dice: {reduction: batch, smooth: 1}}"},
      {"dice.sigmoid.per_image.smooth1", "{dice: {reduction: per_image, smooth: 1}}"},
      {"dice.sigmoid.per_class.smooth1", "{dice: {reduction: per_class, smooth: 1}}"},
      {"dice.sigmoid.per_image_per_class.smooth1", "{dice: {reduction: per_image_per_class, smooth: 1}}"},
      {"dice.sigmoid.per_image_per_class.smooth1.empty",
       "{dice: {reduction: per_image_per_class, smooth: 1, absent: count}}"},
      {"dice.sigmoid.batch.smooth1.binary", "{dice: {reduction: batch, smooth: 1}}"},
      {"dice.softmax.batch.smooth1e-6", "{dice: {reduction: batch}}"},
      {"dice.softmax.per_image.smooth1e-6", "{dice: {reduction: per_image}}"},
      {"dice.softmax.per_class.smooth1e-6", "{dice: 1}"},
      {"dice.softmax.per_image_per_class.smooth1e-6", "{dice: {reduction: per_image_per_class}}"},
      {"dice.softmax.per_class.smooth1e-6.absent", "{dice: {absent: count}}"},
      {"dice.softmax.per_class.smooth1e-6.ignore", "{dice: 1}"},
      {"dice.softmax.batch.smooth1e-6.ignore", "{dice: {reduction: batch}}"},
      {"iou.softmax.batch.smooth1e-6", "{jaccard: {reduction: batch}}"},
      {"iou.softmax.per_image.smooth1e-6", "{jaccard: {reduction: per_image}}"},
      {"iou.softmax.per_class.smooth1e-6", "{jaccard: 1}"},
      {"iou.softmax.per_image_per_class.smooth1e-6", "{jaccard: {reduction: per_image_per_class}}"},
      {"iou.sigmoid.per_class.smooth1", "{jaccard: {smooth: 1}}"},
      {"smp.dice.multiclass", "{dice: {smooth: 0}}"},
      {"smp.dice.multiclass.absent", "{dice: {smooth: 0, absent: zero}}"},
      {"smp.dice.multiclass.ignore", "{dice: {smooth: 0}}"},
      // smp adds its smooth term to half of numerator and denominator.
      {"smp.dice.multilabel", "{dice: {smooth: 2}}"},
      {"smp.jaccard.multiclass", "{jaccard: {smooth: 0}}"},
      {"smp.tversky.multiclass", "{tversky: {smooth: 0, false_positives: 0.3, false_negatives: 0.7}}"},
      {"smp.focal.binary", "{focal: {alpha: 0.25}}"},
      {"smp.focal.multiclass", "{focal: {activation: sigmoid}}"},
      {"smp.focal.multiclass.ignore", "{focal: {activation: sigmoid}}"},
      {"smp.lovasz.multiclass", "{lovasz: 1}"},
      {"focal.sigmoid", "{focal: {alpha: 0.25}}"},
      {"focal.softmax", "{focal: 1}"},
      {"focal.softmax.weights_ignore", "{focal: {class_weights: @class_weights}}"},
      {"tversky.sigmoid.batch", "{tversky: {reduction: batch, smooth: 1}}"},
      {"focal_tversky.sigmoid.batch", "{focal_tversky: {reduction: batch, smooth: 1}}"},
      {"tversky.softmax.per_class", "{tversky: 1}"},
      {"seed002.ce_dice", "{study002.ce_dice: 1}"},
      {"seed002.ce_iou", "{cross_entropy: 1, study002.iou: 1}"},
      {"seed002.ce_dice_iou", "{cross_entropy: 1, study002.dice: 1, study002.iou: 1}"},
      {"seed002.beta_0.0", "{study002.ce_dice: {beta: @beta}}"},
      {"seed002.beta_0.2", "{study002.ce_dice: {beta: @beta}}"},
      {"seed002.beta_0.4", "{study002.ce_dice: {beta: @beta}}"},
      {"seed002.beta_0.6", "{study002.ce_dice: {beta: @beta}}"},
      {"seed002.beta_0.8", "{study002.ce_dice: {beta: @beta}}"},
      {"seed002.beta_1.0", "{study002.ce_dice: {beta: @beta}}"},
      {"deep_supervision.ce_dice", "{study002.ce_dice: 1}"},
      {"seed001.bce_dice", "{study001.bce_dice: 1}"},
      {"seed003.cce_dice", "{study003.cce_dice: 1}"},
      {"seed003.cce_dice.multiclass", "{study003.cce_dice: 1}"},
      {"keras.categorical_crossentropy.sigmoid_outputs", "{cross_entropy: {activation: sigmoid}}"},
      {"seed003.unet3plus_output", "{study003.unet3plus: 1}"},
      {"seed003.unet3plus_deep_supervision", "{study003.unet3plus: 1}"},
      {"kuc.iou_seg.two", "{jaccard: {reduction: batch, smooth: 0}}"},
      {"kuc.iou_seg.mc", "{jaccard: {reduction: batch, smooth: 0}}"},
      {"kuc.dice", "{dice: {reduction: batch, smooth: 1e-7}}"},
      {"kuc.tversky", "{tversky: {reduction: batch, smooth: 1e-7}}"},
      {"kuc.focal_tversky", "{focal_tversky: {reduction: batch, smooth: 1e-7, exponent: 0.75}}"},
      {"smk.dice", "{dice: {smooth: 1e-5}}"},
      {"smk.dice.class_weights",
       "{dice: {smooth: 1e-5, class_weights: @class_weights, normalize_weights: false}}"},
      {"smk.categorical_focal", "{focal: {alpha: 0.25, mean_over: elements}}"},
      {"smk.dice_plus_focal", "{study004.dice_focal: 1}"},
      {"smk.jaccard", "{jaccard: {smooth: 1e-5}}"},
  };
  return terms;
}

// Cases with a test of their own below.
const std::set<std::string> kApart = {"deep_supervision.ce_dice", "seed003.unet3plus_deep_supervision",
                                      "l2.kernel", "bce.saturated"};
// Cases that nothing of nadir covers.
const std::set<std::string> kUncovered = {};

const json& goldens() {
  static const json all = golden::read(golden::folder() / "losses.json");
  return all;
}

const json& case_named(const std::string& name) {
  for (const json& each : goldens()["cases"]) {
    if (each["name"] == name) return each;
  }
  throw std::runtime_error("losses.json has no case " + name);
}

double tolerance(const std::string& what, const std::string& kind) {
  const std::string text = goldens()["tolerance"].at(what);
  return std::stod(text.substr(text.find(kind) + kind.size()));
}

torch::Tensor symmetric(const std::string& name, const std::vector<std::int64_t>& shape, double size) {
  return ((2 * golden::units(name, shape) - 1) * size).to(torch::kFloat32).to(torch::kFloat64);
}

std::vector<std::int64_t> shape_of(const std::string& input) {
  return goldens()["inputs"].at(input).at("shape");
}

torch::Tensor logits_named(const std::string& name) {
  return symmetric("losses." + name + ".logits", shape_of(name + ".logits"), 4);
}

torch::Tensor target_named(const std::string& name) {
  if (name.starts_with("mc")) {
    const std::vector<std::int64_t> shape = shape_of("mc.target");
    const torch::Tensor target = golden::labels("losses.mc.target", shape, 5);
    if (name == "mc_absent") return target.clamp_max(3);
    if (name == "mc_ignore")
      return target.masked_fill(golden::units("losses.mc.ignore", shape) < 0.15, kIgnore);
    return target;
  }
  if (name == "two") return golden::labels("losses.two.target", shape_of("two.target"), 2);
  if (name == "bin")
    return (golden::units("losses.bin.target", shape_of("bin.target")) < 0.4).to(torch::kInt64);
  const torch::Tensor target =
      (golden::units("losses.ml.target", shape_of("ml.target")) < 0.3).to(torch::kInt64);
  if (name == "ml_empty") target[1][1].zero_();
  return target;
}

std::string terms_for(const json& golden_case) {
  std::string terms = terms_of_cases().at(golden_case["name"]);
  for (std::size_t at = terms.find('@'); at != std::string::npos; at = terms.find('@')) {
    const std::size_t end = terms.find_first_of(",}", at);
    terms.replace(at, end - at, golden_case.at(terms.substr(at + 1, end - at - 1)).dump());
  }
  return terms;
}

LossContext context_of(const torch::Tensor& logits, const torch::Tensor& target) {
  const bool multilabel = logits.sizes() == target.sizes();
  return {.task = multilabel ? Task::kMultilabel : Task::kMulticlass, .classes = logits.size(1)};
}

// Logits of the gated probabilities sigmoid(x) m, one m for each image.
torch::Tensor gated(const torch::Tensor& x) {
  const torch::Tensor gate = 0.5 + 0.5 * golden::units("losses.cgm", {x.size(0)});
  const torch::Tensor p = x.sigmoid() * gate.view({-1, 1, 1, 1});
  return p.log() - (1 - p).log();
}

void expect_near_relative(double actual, double expected, double relative, const std::string& what) {
  EXPECT_NEAR(actual, expected, relative * std::abs(expected)) << what;
}

void expect_gradient(const torch::Tensor& gradient, const json& expected, const std::string& name) {
  const double close = tolerance("grad l2, abs_sum", "relative ");
  const double l2 = gradient.norm().item<double>();
  expect_near_relative(l2, expected["l2"], close, name + " gradient l2");
  expect_near_relative(gradient.abs().sum().item<double>(), expected["abs_sum"], close,
                       name + " gradient abs_sum");
  const torch::Tensor flat = gradient.flatten();
  for (const json& sample : expected["samples"]) {
    const double value = sample[1];
    const double allowed = std::max(tolerance("grad samples", "relative ") * std::abs(value),
                                    tolerance("grad samples", "absolute ") * l2);
    EXPECT_NEAR(flat[sample[0].get<std::int64_t>()].item<double>(), value, allowed)
        << name << " gradient " << sample[0];
  }
}

TEST(LossGoldenTest, EveryCaseOfTheFileIsCoveredOrSaidNotToBe) {
  std::set<std::string> uncovered;
  for (const json& each : goldens()["cases"]) {
    const std::string name = each["name"];
    if (!terms_of_cases().contains(name) && !kApart.contains(name)) uncovered.insert(name);
  }
  std::cout << goldens()["cases"].size() - uncovered.size() << " of " << goldens()["cases"].size()
            << " cases of losses.json covered\n";
  EXPECT_EQ(uncovered, kUncovered);
}

TEST(LossGoldenTest, ValuesAndGradientsAreTheReferences) {
  for (const json& each : goldens()["cases"]) {
    const std::string name = each["name"];
    if (kApart.contains(name) || !terms_of_cases().contains(name)) continue;
    const torch::Tensor logits = logits_named(each["logits"]).requires_grad_();
    const torch::Tensor target = target_named(each["target"]);
    const TotalLoss loss = make_loss(terms_for(each), context_of(logits, target));
    const torch::Tensor value = loss(each.contains("cgm") ? gated(logits) : logits, target);
    expect_near_relative(value.item<double>(), each["value"], tolerance("value", "relative "), name);
    ASSERT_TRUE(each.contains("grad")) << name;
    value.backward();
    expect_gradient(logits.grad(), each["grad"], name);
  }
}

TEST(LossGoldenTest, Float32AndByteTargetsGiveTheSameValues) {
  for (const json& each : goldens()["cases"]) {
    const std::string name = each["name"];
    if (kApart.contains(name) || !terms_of_cases().contains(name) || each.contains("cgm")) continue;
    const torch::Tensor logits = logits_named(each["logits"]).to(torch::kFloat32);
    const torch::Tensor target = target_named(each["target"]).to(torch::kUInt8);
    const torch::Tensor value = make_loss(terms_for(each), context_of(logits, target))(logits, target);
    EXPECT_EQ(value.scalar_type(), torch::kFloat32);
    expect_near_relative(value.item<double>(), each["value"], tolerance("value", "relative "), name);
  }
}

// The last output is the main one; its weight in the golden is 1.
void expect_deep_supervision(const std::string& name, const std::string& prefix,
                             const std::string& target_name, bool gate) {
  const json& each = case_named(name);
  const torch::Tensor target = target_named(target_name);
  std::vector<double> weights = each["weights"];
  std::vector<torch::Tensor> outputs;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const torch::Tensor x = symmetric(prefix + std::to_string(i), shape_of(target_name + ".logits"), 4);
    outputs.push_back(gate ? gated(x) : x);
  }
  const TotalLoss loss = make_loss(terms_for(each), context_of(outputs[0], target));
  const double close = tolerance("value", "relative ");
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    expect_near_relative(loss(outputs[i], target).item<double>(), each["parts"][i], close, name);
  }
  const torch::Tensor main = outputs.back();
  ASSERT_EQ(weights.back(), 1);
  outputs.pop_back();
  weights.pop_back();
  expect_near_relative(loss(main, target, outputs, weights).item<double>(), each["value"], close, name);
}

TEST(LossGoldenTest, DeepSupervisionSumsTheWeightedLossesOfAllOutputs) {
  expect_deep_supervision("deep_supervision.ce_dice", "losses.ds.logits.", "mc", false);
  expect_deep_supervision("seed003.unet3plus_deep_supervision", "losses.ds2.logits.", "two", true);
}

TEST(LossGoldenTest, KernelPenaltyCountsKernelsAndNothingElse) {
  const json& each = case_named("l2.kernel");
  const torch::Tensor kernel = symmetric(each["tensor"], each["shape"], 0.2).requires_grad_();
  const torch::Tensor value = kernel_l2({kernel, torch::ones({8}), torch::ones({4, 4})}, 1e-4);
  expect_near_relative(value.item<double>(), each["value"], tolerance("value", "relative "), "l2.kernel");
  value.backward();
  expect_gradient(kernel.grad(), each["grad"], "l2.kernel");
}

TEST(LossGoldenTest, BinaryCrossEntropyIsExactForSaturatedLogits) {
  const json& each = case_named("bce.saturated");
  for (const json& row : each["rows"]) {
    const torch::Tensor logit = torch::full({1, 1, 1, 1}, row[1].get<double>(), torch::kFloat64);
    const torch::Tensor target =
        torch::full({1, 1, 1, 1}, row[0].get<double>(), torch::kFloat64).to(torch::kInt64);
    const TotalLoss loss = make_loss("{binary_cross_entropy: 1}", context_of(logit, target));
    expect_near_relative(loss(logit, target).item<double>(), row[3], tolerance("value", "relative "),
                         row.dump());
  }
}

}  // namespace
}  // namespace nadir
