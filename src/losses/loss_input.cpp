#include <ATen/ATen.h>

#include <stdexcept>

#include "nadir/loss.h"

namespace nadir {
namespace {

std::string shape_of(const torch::Tensor& tensor) {
  std::string text = "[";
  for (const std::int64_t size : tensor.sizes()) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

// logits without their class axis.
std::vector<std::int64_t> target_shape(const torch::Tensor& logits) {
  std::vector<std::int64_t> shape = logits.sizes().vec();
  shape.erase(shape.begin() + 1);
  return shape;
}

// A GPU would have to be waited for; there the check is left to the data layer.
void check_classes(const torch::Tensor& target, std::int64_t classes) {
  if (!target.is_cpu() || target.numel() == 0) return;
  const torch::Tensor wrong = target.ne(kIgnore).logical_and_(target.ge(classes).logical_or_(target.lt(0)));
  if (!wrong.any().item<bool>()) return;
  const auto found = target.masked_select(wrong)[0].item<std::int64_t>();
  throw DataError("target holds class " + std::to_string(found) + ", but there are " +
                  std::to_string(classes) + " classes (0 to " + std::to_string(classes - 1) + ", and " +
                  std::to_string(kIgnore) +
                  " for pixels that do not count); check the classes' values against the masks");
}

}  // namespace

LossInput::LossInput(const torch::Tensor& logits, const torch::Tensor& target)
    : logits_(logits), target_(target) {
  const bool fits =
      logits.dim() >= 2 && (target.sizes() == logits.sizes() || target.sizes() == target_shape(logits));
  if (!fits) {
    throw std::logic_error("loss: logits " + shape_of(logits) + " and target " + shape_of(target) +
                           " do not belong together");
  }
  multilabel_ = target.sizes() == logits.sizes();
  if (logits_.dim() == 2) {
    logits_ = logits_.unsqueeze(2);
    target_ = target_.unsqueeze(-1);
  }
  if (logits_.scalar_type() != torch::kFloat64) logits_ = logits_.to(torch::kFloat32);
  check_classes(target_, multilabel_ ? 2 : classes());
}

const torch::Tensor& LossInput::truth() const {
  if (truth_.defined()) return truth_;
  if (multilabel_) return truth_ = target_.eq(1).to(logits_.scalar_type());
  std::vector<std::int64_t> shape(static_cast<std::size_t>(logits_.dim()), 1);
  shape[1] = classes();
  const torch::Tensor index = at::arange(classes(), target_.options()).view(shape);
  return truth_ = target_.unsqueeze(1).eq(index).to(logits_.scalar_type());
}

const torch::Tensor& LossInput::valid() const {
  if (valid_.defined()) return valid_;
  const torch::Tensor counts = target_.ne(kIgnore).to(logits_.scalar_type());
  return valid_ = multilabel_ ? counts : counts.unsqueeze(1);
}

const torch::Tensor& LossInput::log_softmax() const {
  if (!log_softmax_.defined()) log_softmax_ = at::log_softmax(logits_, 1);
  return log_softmax_;
}

const torch::Tensor& LossInput::softmax() const {
  if (!softmax_.defined()) softmax_ = log_softmax().exp();
  return softmax_;
}

const torch::Tensor& LossInput::sigmoid() const {
  if (!sigmoid_.defined()) sigmoid_ = logits_.sigmoid();
  return sigmoid_;
}

LossInput::Sums LossInput::sums_of(const torch::Tensor& probabilities) const {
  const auto over_pixels = [](const torch::Tensor& t) { return t.flatten(2).sum(2); };
  return {.overlap = over_pixels(probabilities * truth()),
          .predicted = over_pixels(probabilities * valid()),
          .truth = over_pixels(truth()),
          .pixels = over_pixels(valid()).expand({logits_.size(0), classes()})};
}

const LossInput::Sums& LossInput::softmax_sums() const {
  if (!softmax_sums_) softmax_sums_ = sums_of(softmax());
  return *softmax_sums_;
}

const LossInput::Sums& LossInput::sigmoid_sums() const {
  if (!sigmoid_sums_) sigmoid_sums_ = sums_of(sigmoid());
  return *sigmoid_sums_;
}

}  // namespace nadir
