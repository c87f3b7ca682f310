#include <numeric>

#include "core/text.h"
#include "nadir/data.h"

namespace nadir {
namespace {

constexpr std::array<const char*, 3> kParts = {"train", "val", "test"};
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
    if (config.by == "scene") {
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
    const bool by_scene = config.by == "scene";
    const std::string found =
        by_scene ? counted(total, "scene")
                 : counted(total, "block") + " of " + std::to_string(config.block) + " pixels";
    throw ConfigError("data.split: the part '" + std::string(kParts[i]) + "' is empty: there " +
                      (total == 1 ? "is " : "are ") + found + " to divide; " +
                      (by_scene ? "add scenes, split by block" : "lower data.split.block, add scenes") +
                      ", or set data.split." + kParts[i] + " to 0");
  }
}

}  // namespace

void SplitConfig::fields(FieldVisitor& visit) {
  visit.field("train", train, at_least(0));
  visit.field("val", val, at_least(0));
  visit.field("test", test, at_least(0));
  visit.field("by", by, {"block", "scene"});
  visit.field("block", block, at_least(1));
  visit.field("seed", seed);
}

void SplitConfig::validate() const {
  const double sum = train + val + test;
  if (!(sum > 0) || !std::isfinite(sum)) {
    throw ConfigError("the shares train, val and test must be finite, and one of them above 0; found " +
                      shortest(train) + ", " + shortest(val) + " and " + shortest(test));
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
  const std::vector<Region> regions = assignable(scenes, config);
  const Shares shares = {config.train, config.val, config.test};
  Counts counts = apportion(static_cast<std::int64_t>(regions.size()), shares);
  fill_empty_parts(shares, counts);
  check_filled(shares, counts, config);

  const std::vector<std::int64_t> order =
      permutation(static_cast<std::int64_t>(regions.size()),
                  RandomStream(static_cast<std::uint64_t>(config.seed)).child("split"));
  std::vector<std::size_t> part_of(regions.size());
  std::size_t at = 0;
  for (std::size_t part = 0; part < counts.size(); ++part) {
    for (std::int64_t i = 0; i < counts[part]; ++i) part_of[static_cast<std::size_t>(order[at++])] = part;
  }
  Split split;
  const std::array<std::vector<Region>*, 3> parts = {&split.train, &split.val, &split.test};
  for (std::size_t i = 0; i < regions.size(); ++i) parts[part_of[i]]->push_back(regions[i]);
  return split;
}

}  // namespace nadir
