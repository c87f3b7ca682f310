// Lovász extension of the Jaccard loss. Berman et al. 2018. Class indices: Lovász-Softmax, errors |y - p|;
// multilabel: the Lovász hinge of each class, errors max(0, 1 - x (2 y - 1)). Pixels are sorted by error, and
// each error counts by how much the Jaccard index falls when that pixel joins the wrong ones.
#pragma once

#include "losses/term.h"

namespace nadir {

struct LovaszConfig : TermConfig {
  bool per_image = false;  // sort within each image and take the mean, instead of over the batch
  std::string classes =
      "present";  // the mean is over the classes that are in the truth: present; or over all
  void fields(FieldVisitor& visit) {
    TermConfig::fields(visit);
    visit.field("per_image", per_image);
    visit.field("classes", classes, {"present", "all"});
  }
};
std::unique_ptr<Loss> make_lovasz(const LovaszConfig& config, const LossContext& context);

}  // namespace nadir
