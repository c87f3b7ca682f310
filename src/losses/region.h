// Overlap losses (Dice, Jaccard, Tversky): 1 - coefficient, where the coefficient is made of soft sums over
// pixels.
#pragma once

#include "losses/term.h"

namespace nadir {

struct RegionConfig : TermConfig {
  // Over what one coefficient sums; the loss is the mean over coefficients:
  //  - batch: one for everything; with softmax and Dice that is the mean probability of the true class
  //  - per_image: one for each image, classes together
  //  - per_class: one for each class, images together
  //  - per_image_per_class: one for each image and class
  std::string reduction = "per_class";
  double smooth = 1e-6;  // added to numerator and denominator, at least 0
  // A class without a true pixel (in per_class and per_image_per_class): skip leaves it out of the mean;
  // count takes its coefficient, which is near 0 unless nothing is predicted; zero takes a loss of 0 and
  // still divides by it, as segmentation_models.pytorch does.
  std::string absent = "skip";
  std::vector<double> class_weights;  // one for each class; of per_class and per_image_per_class
  // The mean divides by the sum of the class weights. Without: 1 - mean of weight times coefficient, as in
  // Keras' segmentation_models, which with weights of 1/K cannot fall below 1 - 1/K.
  bool normalize_weights = true;
  std::string activation = "auto";
  void fields(FieldVisitor& visit);
  void validate() const;
};

// The sums of the config's activation, taken together by its reduction.
LossInput::Sums region_sums(const RegionConfig& config, const LossInput& input);
// The mean of 1 - coefficient by the config's rules. coefficient: the shape of the sums.
torch::Tensor region_loss(const RegionConfig& config, const LossInput& input, const LossInput::Sums& sums,
                          const torch::Tensor& coefficient);
// Numerator over denominator with the smooth term in both; 0 where the denominator is 0.
torch::Tensor smooth_ratio(const torch::Tensor& numerator, const torch::Tensor& denominator, double smooth);

}  // namespace nadir
