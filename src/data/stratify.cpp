#include "data/stratify.h"

#include <numeric>
#include <tuple>

namespace nadir {
namespace {

constexpr std::int64_t kTargetWindow = 512;

// What each group has and still wants of every label, and of things in all (the last row).
class Wants {
 public:
  Wants(const std::vector<std::vector<bool>>& contents, const std::vector<double>& shares) : shares_(shares) {
    const std::size_t labels = contents.empty() ? 0 : contents[0].size();
    wanted_.assign(labels + 1, std::vector<double>(shares.size(), 0.0));
    held_.assign(labels + 1, std::vector<bool>(shares.size(), false));
    for (const std::vector<bool>& each : contents) {
      for (std::size_t group = 0; group < shares.size(); ++group) add(each, group, shares[group]);
    }
  }
  void give(const std::vector<bool>& content, std::size_t group) {
    add(content, group, -1);
    for (std::size_t label = 0; label < content.size(); ++label) {
      if (content[label]) held_[label][group] = true;
    }
    held_.back()[group] = true;
  }
  // Of `label`; of things in all for the label after the last. Groups that have none of it come first, so
  // that as many groups as can have it.
  std::size_t neediest(std::size_t label, RandomStream& random) const {
    std::vector<std::size_t> best;
    const auto need = [&](std::size_t group) {
      return std::tuple(!held_[label][group], wanted_[label][group], wanted_.back()[group]);
    };
    for (std::size_t group = 0; group < shares_.size(); ++group) {
      if (shares_[group] <= 0) continue;
      if (!best.empty() && need(group) < need(best[0])) continue;
      if (!best.empty() && need(group) > need(best[0])) best.clear();
      best.push_back(group);
    }
    return best[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(best.size())))];
  }

 private:
  void add(const std::vector<bool>& content, std::size_t group, double amount) {
    for (std::size_t label = 0; label < content.size(); ++label) {
      if (content[label]) wanted_[label][group] += amount;
    }
    wanted_.back()[group] += amount;
  }

  std::vector<double> shares_;
  std::vector<std::vector<double>> wanted_;
  std::vector<std::vector<bool>> held_;
};

// The label that fewest of `open` have, of those that any has; the number of labels when none has one.
std::size_t rarest_label(const std::vector<std::vector<bool>>& contents,
                         const std::vector<std::size_t>& open) {
  const std::size_t labels = contents[open[0]].size();
  std::vector<std::size_t> counts(labels, 0);
  for (const std::size_t i : open) {
    for (std::size_t label = 0; label < labels; ++label) counts[label] += contents[i][label] ? 1 : 0;
  }
  std::size_t rarest = labels;
  for (std::size_t label = 0; label < labels; ++label) {
    if (counts[label] > 0 && (rarest == labels || counts[label] < counts[rarest])) rarest = label;
  }
  return rarest;
}

}  // namespace

std::vector<std::size_t> stratify(const std::vector<std::vector<bool>>& contents, std::vector<double> shares,
                                  const RandomStream& random) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  Wants wants(contents, shares);
  std::map<std::vector<bool>, std::vector<std::size_t>> combinations;
  for (const std::int64_t i :
       permutation(static_cast<std::int64_t>(contents.size()), random.child("order"))) {
    combinations[contents[static_cast<std::size_t>(i)]].push_back(static_cast<std::size_t>(i));
  }
  std::vector<std::size_t> group_of(contents.size());
  std::vector<std::size_t> open;
  for (const auto& [content, things] : combinations) {
    std::size_t at = 0;
    for (std::size_t group = 0; group < shares.size(); ++group) {
      const auto due =
          static_cast<std::size_t>(std::floor(static_cast<double>(things.size()) * shares[group] + 1e-9));
      for (std::size_t i = 0; i < due; ++i, ++at) {
        group_of[things[at]] = group;
        wants.give(content, group);
      }
    }
    open.insert(open.end(), things.begin() + static_cast<std::ptrdiff_t>(at), things.end());
  }
  RandomStream ties = random.child("ties");
  while (!open.empty()) {
    const std::size_t label = rarest_label(contents, open);
    std::vector<std::size_t> later;
    for (const std::size_t i : open) {
      if (label < contents[i].size() && !contents[i][label]) {
        later.push_back(i);
        continue;
      }
      group_of[i] = wants.neediest(label, ties);
      wants.give(contents[i], group_of[i]);
    }
    open = std::move(later);
  }
  return group_of;
}

std::vector<bool> classes_of_scene(const Source& source, std::int64_t scene, std::int64_t classes) {
  if (std::vector<bool> known = source.classes_in(scene); !known.empty()) return known;
  const Scene& whole = source.scenes().at(static_cast<std::size_t>(scene));
  std::vector<bool> found(static_cast<std::size_t>(classes), false);
  for (std::int64_t row = 0; row < whole.height; row += kTargetWindow) {
    for (std::int64_t column = 0; column < whole.width; column += kTargetWindow) {
      const Window window =
          intersection({row, column, kTargetWindow, kTargetWindow}, {0, 0, whole.height, whole.width});
      const torch::Tensor target = source.read_target(scene, window);
      if (!target.defined()) {
        throw ConfigError("data.split: by: stratified needs labels, and scene '" + whole.id + "' has none");
      }
      for (std::int64_t k = 0; k < classes; ++k) {
        const bool by_label = target.dim() % 2 == 1;  // [K, H, W] or [K]
        const bool present = by_label ? target[k].eq(1).any().item<bool>() : target.eq(k).any().item<bool>();
        if (present) found[static_cast<std::size_t>(k)] = true;
      }
    }
  }
  return found;
}

}  // namespace nadir
