#include <numeric>
#include <set>

#include "core/text.h"
#include "data/split_buffer.h"
#include "data/stratify.h"
#include "nadir/data.h"

namespace nadir {
namespace {

constexpr std::array<const char*, 3> kParts = {"train", "val", "test"};
constexpr std::size_t kTrain = 0, kVal = 1, kTest = 2;
using Counts = std::array<std::int64_t, 3>;
using Shares = std::array<double, 3>;

// The squares of side `block` that tile a scene; those at the right and lower border are smaller.
void append_blocks(std::int64_t scene, const Scene& size, std::int64_t block, std::vector<Region>& regions) {
  for (std::int64_t row = 0; row < size.height; row += block) {
    for (std::int64_t column = 0; column < size.width; column += block) {
      regions.push_back(
          {scene, {row, column, std::min(block, size.height - row), std::min(block, size.width - column)}});
    }
  }
}

// What is assigned to parts, in an order that does not depend on the order of the scenes.
std::vector<Region> assignable(const std::vector<Scene>& scenes, const SplitConfig& config) {
  std::vector<std::int64_t> by_id(scenes.size());
  std::iota(by_id.begin(), by_id.end(), 0);
  const auto scene = [&](std::int64_t i) -> const Scene& { return scenes[static_cast<std::size_t>(i)]; };
  std::sort(by_id.begin(), by_id.end(), [&](auto a, auto b) { return scene(a).id < scene(b).id; });
  std::vector<Region> regions;
  for (const std::int64_t i : by_id) {
    if (config.by != "block") {
      regions.push_back({i, {0, 0, scene(i).height, scene(i).width}});
    } else {
      append_blocks(i, scene(i), config.block, regions);
    }
  }
  return regions;
}

// Shares of `total` in whole numbers: the largest remainders are rounded up.
Counts apportion(std::int64_t total, const Shares& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  Counts counts{};
  Shares remainders{};
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double exact = static_cast<double>(total) * shares[i] / sum;
    counts[i] = static_cast<std::int64_t>(std::floor(exact + 1e-9));
    remainders[i] = shares[i] > 0 ? exact - static_cast<double>(counts[i]) : -1;
  }
  for (auto left = total - std::accumulate(counts.begin(), counts.end(), std::int64_t{0}); left > 0; --left) {
    const auto largest = std::max_element(remainders.begin(), remainders.end());
    ++counts[static_cast<std::size_t>(largest - remainders.begin())];
    *largest = -1;
  }
  return counts;
}

// A part that is wanted gets its first block from a part that has two.
void fill_empty_parts(const Shares& shares, Counts& counts) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto largest = std::max_element(counts.begin(), counts.end());
    if (shares[i] <= 0 || counts[i] > 0 || *largest < 2) continue;
    --*largest;
    ++counts[i];
  }
}

void check_filled(const Shares& shares, const Counts& counts, const SplitConfig& config) {
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (shares[i] <= 0 || counts[i] > 0) continue;
    const bool by_scene = config.by != "block";
    const std::string found =
        by_scene ? counted(total, "scene")
                 : counted(total, "block") + " of " + std::to_string(config.block) + " pixels";
    throw ConfigError("data.split: the part '" + std::string(kParts[i]) + "' is empty: there " +
                      (total == 1 ? "is " : "are ") + found + " to divide; " +
                      (by_scene ? "add scenes, split by block" : "lower data.split.block, add scenes") +
                      ", or set data.split." + kParts[i] + " to 0");
  }
}

Shares shares_of(const SplitConfig& config) { return {config.train, config.val, config.test}; }

RandomStream stream_of(const SplitConfig& config) {
  return RandomStream(static_cast<std::uint64_t>(config.seed)).child("split");
}

// The part of each of `total` things, by shares.
std::vector<std::size_t> assign_shares(std::int64_t total, const SplitConfig& config) {
  const Shares shares = shares_of(config);
  Counts counts = apportion(total, shares);
  fill_empty_parts(shares, counts);
  check_filled(shares, counts, config);
  const std::vector<std::int64_t> order = permutation(total, stream_of(config));
  std::vector<std::size_t> part_of(order.size());
  std::size_t at = 0;
  for (std::size_t part = 0; part < counts.size(); ++part) {
    for (std::int64_t i = 0; i < counts[part]; ++i) part_of[static_cast<std::size_t>(order[at++])] = part;
  }
  return part_of;
}

double test_share(const SplitConfig& config) {
  return config.test / (config.train + config.val + config.test);
}

void check_folds(std::int64_t total, const SplitConfig& config) {
  if (total >= config.folds) return;
  throw ConfigError("data.split: " + std::to_string(config.folds) + " folds need as many " +
                    (config.by == "block" ? "blocks" : "scenes") + " beside the test part; found " +
                    std::to_string(total));
}

// Of each of `total` things: the test part comes first and is the same for every fold, the others are dealt.
std::vector<std::size_t> assign_folds(std::int64_t total, const SplitConfig& config) {
  const Counts counts = apportion(total, {1 - test_share(config), 0, test_share(config)});
  check_folds(counts[kTrain], config);
  const std::vector<std::int64_t> order = permutation(total, stream_of(config));
  std::vector<std::size_t> part_of(order.size(), kTrain);
  for (std::int64_t i = 0; i < total; ++i) {
    std::size_t& part = part_of[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    if (i < counts[kTest]) {
      part = kTest;
    } else if ((i - counts[kTest]) % config.folds == config.fold) {
      part = kVal;
    }
  }
  return part_of;
}

Split collect(const std::vector<Region>& regions, const std::vector<std::size_t>& part_of) {
  Split split;
  const std::array<std::vector<Region>*, 3> parts = {&split.train, &split.val, &split.test};
  for (std::size_t i = 0; i < regions.size(); ++i) parts.at(part_of[i])->push_back(regions[i]);
  return split;
}

Region whole(const std::vector<Scene>& scenes, std::int64_t scene) {
  const Scene& which = scenes[static_cast<std::size_t>(scene)];
  return {scene, {0, 0, which.height, which.width}};
}

// Parts as published. Where there is no validation part, its share of the training scenes becomes one.
Split split_by_source(const std::vector<Scene>& scenes, const SplitConfig& config) {
  Split split;
  for (const Region& region : assignable(scenes, config)) {
    const Scene& scene = scenes[static_cast<std::size_t>(region.scene)];
    if (scene.part.empty()) {
      throw ConfigError("data.split: by: source takes the publisher's parts, and scene '" + scene.id +
                        "' has none; split by block, scene or list");
    }
    (scene.part == "train" ? split.train : scene.part == "val" ? split.val : split.test).push_back(region);
  }
  if (split.train.empty())
    throw ConfigError("data.split: by: source: the publisher's training part is not there");
  if (!split.val.empty() || config.val <= 0) return split;
  SplitConfig of_training = config;
  of_training.test = 0;
  of_training.by = "scene";
  const std::vector<Region> published = std::move(split.train);
  Split divided = collect(published, assign_shares(static_cast<std::int64_t>(published.size()), of_training));
  divided.test = std::move(split.test);
  return divided;
}

bool is_list_file(const std::string& entry) { return entry.ends_with(".txt"); }

// The ids that a list names, files of them read.
std::vector<std::string> listed_ids(const std::vector<std::string>& entries) {
  std::vector<std::string> ids;
  for (const std::string& entry : entries) {
    if (!is_list_file(entry)) {
      ids.push_back(entry);
      continue;
    }
    std::string line;
    for (const char c : read_text_file(entry) + "\n") {
      if (c != '\n') {
        line += c;
        continue;
      }
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
      if (!line.empty()) ids.push_back(line);
      line.clear();
    }
  }
  return ids;
}

// Scenes by id, and by id without its suffix where that names one alone (-1: several).
std::map<std::string, std::int64_t> scenes_by_name(const std::vector<Scene>& scenes) {
  std::map<std::string, std::int64_t> numbers;
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const std::string stem = std::filesystem::path(scenes[i].id).replace_extension().string();
    const auto [other, is_new] = numbers.emplace(stem, static_cast<std::int64_t>(i));
    if (!is_new) other->second = -1;
  }
  for (std::size_t i = 0; i < scenes.size(); ++i) numbers[scenes[i].id] = static_cast<std::int64_t>(i);
  return numbers;
}

Split split_by_list(const std::vector<Scene>& scenes, const SplitConfig& config) {
  const std::map<std::string, std::int64_t> numbers = scenes_by_name(scenes);
  Split split;
  std::map<std::int64_t, std::string> listed;
  const auto fill = [&](const std::string& key, const std::vector<std::string>& entries,
                        std::vector<Region>& part) {
    for (const std::string& id : listed_ids(entries)) {
      const auto found = numbers.find(id);
      if (found == numbers.end() || found->second < 0) {
        std::vector<std::string> known;
        for (const Scene& scene : scenes) known.push_back(scene.id);
        const std::string near = nearest(id, known);
        throw ConfigError("data.split." + key + ": " +
                          (found == numbers.end() ? "there is no scene '" : "several scenes are called '") +
                          id + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
      }
      const auto [other, is_new] = listed.emplace(found->second, key);
      if (!is_new) {
        throw ConfigError("data.split." + key + ": scene '" + id + "' is in " + other->second +
                          " already; a scene belongs to one part, once");
      }
      part.push_back(whole(scenes, found->second));
    }
  };
  fill("train_list", config.train_list, split.train);
  fill("val_list", config.val_list, split.val);
  fill("test_list", config.test_list, split.test);
  if (split.train.empty()) throw ConfigError("data.split.train_list: names no scene");
  return split;
}

Split with_buffer(Split split, const std::vector<Scene>& scenes, const SplitConfig& config) {
  if (config.buffer == 0) return split;
  Split trimmed = leave_out_between_parts(split, scenes, config.buffer);
  for (const char* name : kParts) {
    if (split.part(name).empty() || !trimmed.part(name).empty()) continue;
    throw ConfigError("data.split.buffer: nothing of the part '" + std::string(name) + "' is left beside " +
                      std::to_string(config.buffer) +
                      " pixels to the other parts; lower it, or raise data.split.block");
  }
  return trimmed;
}

Split split_by_classes(const Source& source, std::int64_t classes, const SplitConfig& config,
                       ProgressObserver& observer) {
  const std::vector<Scene>& scenes = source.scenes();
  const std::vector<Region> regions = assignable(scenes, config);
  std::vector<std::vector<bool>> contents;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (stop_requested()) throw Interrupted("looking for the scenes' classes was interrupted");
    contents.push_back(classes_of_scene(source, regions[i].scene, classes));
    observer.progress({"classes of scenes", static_cast<std::int64_t>(i) + 1,
                       static_cast<std::int64_t>(regions.size()), ""});
  }
  const auto random = stream_of(config);
  if (config.folds == 0) {
    const Shares shares = shares_of(config);
    std::vector<std::size_t> part_of = stratify(contents, {shares.begin(), shares.end()}, random);
    Counts counts{};
    for (const std::size_t part : part_of) ++counts.at(part);
    check_filled(shares, counts, config);
    return collect(regions, part_of);
  }
  // One group for each fold, and one for the test part.
  std::vector<double> shares(static_cast<std::size_t>(config.folds),
                             (1 - test_share(config)) / static_cast<double>(config.folds));
  check_folds(static_cast<std::int64_t>(regions.size()), config);
  shares.push_back(test_share(config));
  std::vector<std::size_t> part_of = stratify(contents, shares, random);
  for (std::size_t& part : part_of) {
    const auto group = static_cast<std::int64_t>(part);
    part = group == config.folds ? kTest : group == config.fold ? kVal : kTrain;
  }
  return collect(regions, part_of);
}

}  // namespace

void SplitConfig::fields(FieldVisitor& visit) {
  visit.field("train", train, at_least(0));
  visit.field("val", val, at_least(0));
  visit.field("test", test, at_least(0));
  visit.field("by", by, {"block", "scene", "stratified", "source", "list"});
  visit.field("block", block, at_least(1));
  visit.field("buffer", buffer, at_least(0));
  visit.field("folds", folds, at_least(0));
  visit.field("fold", fold, at_least(0));
  for (const auto& [name, list] : {std::pair{"train_list", &train_list}, std::pair{"val_list", &val_list},
                                   std::pair{"test_list", &test_list}}) {
    visit.field(name, *list);
    // So that a stored recipe works from any folder.
    for (std::string& entry : *list) {
      if (is_list_file(entry)) entry = std::filesystem::absolute(entry).lexically_normal().string();
    }
  }
  visit.field("seed", seed);
}

void SplitConfig::validate() const {
  const double sum = train + val + test;
  if (!(sum > 0) || !std::isfinite(sum)) {
    throw ConfigError("the shares train, val and test must be finite, and one of them above 0; found " +
                      shortest(train) + ", " + shortest(val) + " and " + shortest(test));
  }
  if (by == "block" && buffer > block) {
    throw ConfigError("buffer " + std::to_string(buffer) + " is above block " + std::to_string(block) +
                      ": nothing would be left; lower it, or raise block");
  }
  if (folds == 1) throw ConfigError("folds: one fold divides nothing; use 2 or more, or 0 for shares");
  if (folds > 0 && fold >= folds) {
    throw ConfigError("fold " + std::to_string(fold) + " is not among the " + std::to_string(folds) +
                      " folds, which are numbered from 0");
  }
  if (folds > 0 && test >= sum) throw ConfigError("folds: the test share takes everything");
  if (folds > 0 && (by == "source" || by == "list")) {
    throw ConfigError("folds are drawn, and by: " + by + " says which scene belongs where; use one of them");
  }
  const bool has_lists = !train_list.empty() || !val_list.empty() || !test_list.empty();
  if (has_lists != (by == "list")) {
    throw ConfigError(by == "list"
                          ? "by: list wants train_list, and val_list and test_list as far as there are any"
                          : "train_list, val_list and test_list want by: list");
  }
}

const std::vector<Region>& Split::part(const std::string& name) const {
  if (name == "train") return train;
  if (name == "val") return val;
  if (name == "test") return test;
  throw ConfigError("a split has no part '" + name + "'; use train, val or test");
}

Split make_split(const std::vector<Scene>& scenes, const SplitConfig& config) {
  config.validate();
  if (config.by == "stratified") {
    throw ConfigError("data.split: by: stratified needs the source, to know the scenes' classes");
  }
  if (config.by == "source") return with_buffer(split_by_source(scenes, config), scenes, config);
  if (config.by == "list") return with_buffer(split_by_list(scenes, config), scenes, config);
  const std::vector<Region> regions = assignable(scenes, config);
  const auto total = static_cast<std::int64_t>(regions.size());
  const auto part_of = config.folds > 0 ? assign_folds(total, config) : assign_shares(total, config);
  return with_buffer(collect(regions, part_of), scenes, config);
}

Split make_split(const Source& source, std::int64_t classes, const SplitConfig& config,
                 ProgressObserver& observer) {
  config.validate();
  if (config.by == "stratified") {
    return with_buffer(split_by_classes(source, classes, config, observer), source.scenes(), config);
  }
  Split split = make_split(source.scenes(), config);
  if (config.by == "list") {
    const std::size_t listed = split.train.size() + split.val.size() + split.test.size();
    const auto left = static_cast<std::int64_t>(source.scenes().size() - listed);
    if (left > 0 && config.buffer == 0) observer.message(counted(left, "scene") + " in no list, left out");
  }
  return split;
}

}  // namespace nadir
