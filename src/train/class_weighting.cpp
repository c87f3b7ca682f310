#include "train/class_weighting.h"

#include <charconv>

#include "core/text.h"

namespace nadir {

std::vector<Component> with_class_weights(std::vector<Component> loss, const std::vector<double>& weights) {
  std::vector<ConfigNode> numbers;
  for (const double each : weights) numbers.push_back(ConfigNode::scalar(shortest(each)));
  bool taken = false;
  std::vector<std::string> names;
  for (Component& term : loss) {
    names.push_back(term.name);
    const ConfigNode* const own = term.options.find("class_weights");
    if (!own) continue;
    taken = true;
    if (own->items().empty()) term.options.set("class_weights", ConfigNode::list(numbers));
  }
  if (taken) return loss;
  throw ConfigError("train.class_weights: none of the losses takes class weights (" + join_words(names) +
                    "); use cross_entropy, focal or dice, or leave train.class_weights at none");
}

std::string weights_to_text(const std::vector<double>& weights) {
  std::string text;
  for (const double each : weights) text += (text.empty() ? "" : ", ") + shortest(each);
  return text;
}

std::vector<double> weights_from_text(const std::string& text) {
  std::vector<double> weights;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    double value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc()) throw ModelError("class weights of the model card are not numbers: " + text);
    weights.push_back(value);
    at = std::min(stop + 2, end);  // past the comma and the space
  }
  return weights;
}

}  // namespace nadir
