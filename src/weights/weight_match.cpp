#include "weights/weight_match.h"

#include <algorithm>
#include <array>
#include <regex>
#include <set>
#include <tuple>
#include <unordered_map>

#include "weights/efficientnet_names.h"

namespace nadir {
namespace {

// Torchvision's DenseNet files are older than its names: "denselayer1.norm.1.weight" is
// "denselayer1.norm1.weight".
std::string modern_name(const std::string& name) {
  if (name.find("denselayer") == std::string::npos) return name;
  static const std::regex old("(.*denselayer[0-9]+\\.(?:norm|relu|conv))\\.([12]\\..*)");
  return std::regex_replace(name, old, "$1$2");
}

struct Named {
  std::string name;  // modern
  const WeightEntry* entry;
};

std::vector<Named> modern_names(const WeightGroup& group) {
  const EfficientnetNames efficientnet(group);
  std::vector<Named> names;
  for (const WeightEntry& each : group.entries) {
    names.push_back({efficientnet.timm_name(modern_name(each.name)), &each});
  }
  return names;
}

using Wanted = std::unordered_map<std::string, torch::Tensor>;

// Some names of the network, spread over it.
std::vector<std::string> anchors(const NetworkState& network) {
  constexpr std::size_t kAnchors = 12;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(kAnchors, network.size()); ++i) {
    names.push_back(network[i * network.size() / std::min(kAnchors, network.size())].first);
  }
  return names;
}

// "a.b.c" for ("a.b.c.d", "d"); "" unless whole parts are left.
std::string prefix_before(const std::string& name, const std::string& ending) {
  const bool fits =
      name.size() > ending.size() && name.ends_with(ending) && name[name.size() - ending.size() - 1] == '.';
  return fits ? name.substr(0, name.size() - ending.size()) : "";
}

constexpr std::size_t kMostPrefixes = 512;

std::set<std::string> prefixes_to_remove(const std::vector<Named>& names,
                                         const std::vector<std::string>& anchors) {
  std::set<std::string> prefixes = {""};
  for (const Named& each : names) {
    for (const std::string& anchor : anchors) prefixes.insert(prefix_before(each.name, anchor));
    // The first parts of names: of a wrapper, within a wrapper, within a wrapper.
    std::size_t dot = each.name.find('.');
    for (int parts = 0; parts < 3 && dot != std::string::npos; ++parts) {
      prefixes.insert(each.name.substr(0, dot + 1));
      dot = each.name.find('.', dot + 1);
    }
    if (prefixes.size() > kMostPrefixes) break;
  }
  return prefixes;
}

std::set<std::string> prefixes_to_add(const std::vector<Named>& names, const std::string& removed,
                                      const std::vector<std::string>& anchors) {
  std::set<std::string> prefixes = {""};
  for (const Named& each : names) {
    if (!each.name.starts_with(removed)) continue;
    const std::string name = each.name.substr(removed.size());
    for (const std::string& anchor : anchors) prefixes.insert(prefix_before(anchor, name));
  }
  return prefixes;
}

// Fitting names and shapes, fitting names, fewer changes of names.
using Score = std::tuple<std::size_t, std::size_t, int>;

Score score(const std::vector<Named>& names, const std::string& removed, const std::string& added,
            const Wanted& wanted) {
  std::size_t fitting = 0, named = 0;
  for (const Named& each : names) {
    if (!each.name.starts_with(removed)) continue;
    const auto found = wanted.find(added + each.name.substr(removed.size()));
    if (found == wanted.end()) continue;
    ++named;
    if (found->second.sizes() == each.entry->shape) ++fitting;
  }
  return {fitting, named, -static_cast<int>(!removed.empty()) - static_cast<int>(!added.empty())};
}

void fill(WeightMatch& match, const Wanted* wanted) {
  for (const Named& each : modern_names(*match.group)) {
    const bool stripped = each.name.starts_with(match.removed);
    const std::string name = stripped ? match.added + each.name.substr(match.removed.size()) : each.name;
    const bool known = wanted == nullptr || (stripped && wanted->contains(name));
    if (!known || !match.tensors.emplace(name, each.entry).second)
      match.unexpected.push_back(each.entry->name);
  }
}

// Where wrappers keep the weights, the best first.
constexpr std::array<std::string_view, 8> kUsualPaths = {
    {"", "state_dict", "model_state_dict", "model", "net", "network", "weights", "params"}};
constexpr std::array<std::string_view, 2> kUsualPrefixes = {{"module.", "_orig_mod."}};

std::size_t rank(const WeightGroup& group) {
  const auto place = std::find(kUsualPaths.begin(), kUsualPaths.end(), group.path);
  return static_cast<std::size_t>(place - kUsualPaths.begin());
}

}  // namespace

std::string WeightMatch::what_was_done() const {
  std::string text;
  const auto add = [&](const char* what, const std::string& which) {
    if (!which.empty()) text += std::string(text.empty() ? "" : ", ") + what + " '" + which + "'";
  };
  add("took", group == nullptr ? "" : group->path);
  add("removed", removed);
  add("added", added);
  return text;
}

WeightMatch match_weights(const WeightFile& file, const NetworkState& network) {
  const Wanted wanted(network.begin(), network.end());
  const std::vector<std::string> spread = anchors(network);
  WeightMatch best;
  Score best_score{0, 0, -9};
  const auto all_fit = [&] { return std::get<0>(best_score) == wanted.size(); };
  for (const WeightGroup& group : file.groups) {
    if (all_fit()) break;
    const std::vector<Named> names = modern_names(group);
    for (const std::string& removed : prefixes_to_remove(names, spread)) {
      if (all_fit()) break;
      for (const std::string& added : prefixes_to_add(names, removed, spread)) {
        const Score each = score(names, removed, added, wanted);
        const bool fewer =
            each == best_score && best.group != nullptr && group.entries.size() < best.group->entries.size();
        if (std::get<1>(each) == 0 || !(each > best_score || fewer)) continue;
        best_score = each;
        best = {&group, removed, added, {}, {}};
      }
    }
  }
  if (best.group != nullptr) fill(best, &wanted);
  return best;
}

WeightMatch choose_weights(const WeightFile& file) {
  WeightMatch match;
  for (const WeightGroup& group : file.groups) {
    const bool better =
        match.group == nullptr || rank(group) < rank(*match.group) ||
        (rank(group) == rank(*match.group) && group.entries.size() > match.group->entries.size());
    if (better) match.group = &group;
  }
  bool again = match.group != nullptr;
  while (again) {
    again = false;
    for (const std::string_view prefix : kUsualPrefixes) {
      const std::string longer = match.removed + std::string(prefix);
      again = std::all_of(match.group->entries.begin(), match.group->entries.end(),
                          [&](const WeightEntry& each) { return each.name.starts_with(longer); });
      if (again) match.removed = longer;
      if (again) break;
    }
  }
  if (match.group != nullptr) fill(match, nullptr);
  return match;
}

}  // namespace nadir
