#include <nlohmann/json.hpp>

#include "data/region_index.h"
#include "nadir/data.h"

namespace nadir {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kFormat = 1;

// Regions of one scene that follow each other share an entry: {"scene": id, "windows": [[row, column, height,
// width]]}.
Json part_to_json(const std::vector<Region>& part, const std::vector<Scene>& scenes) {
  Json entries = Json::array();
  std::int64_t last = -1;
  for (const Region& region : part) {
    if (region.scene != last) {
      entries.push_back(
          {{"scene", scenes.at(static_cast<std::size_t>(region.scene)).id}, {"windows", Json::array()}});
      last = region.scene;
    }
    const Window& w = region.window;
    entries.back()["windows"].push_back({w.row, w.column, w.height, w.width});
  }
  return entries;
}

using SceneNumbers = std::map<std::string, std::int64_t>;

SceneNumbers number_scenes(const std::vector<Scene>& scenes) {
  SceneNumbers numbers;
  for (std::size_t i = 0; i < scenes.size(); ++i) numbers[scenes[i].id] = static_cast<std::int64_t>(i);
  return numbers;
}

std::string size_text(std::int64_t height, std::int64_t width) {
  return std::to_string(height) + " x " + std::to_string(width) + " pixels";
}

// The stored scenes must be the ones there are, with their sizes.
void check_scenes(const Json& stored, const std::vector<Scene>& scenes) {
  const SceneNumbers numbers = number_scenes(scenes);
  std::map<std::string, bool> seen;
  for (const Json& each : stored) {
    const auto id = each.at("id").get<std::string>();
    const auto found = numbers.find(id);
    if (found == numbers.end())
      throw DataError("stored split: its scene '" + id + "' is not among the images");
    const Scene& scene = scenes[static_cast<std::size_t>(found->second)];
    const auto height = each.at("height").get<std::int64_t>();
    const auto width = each.at("width").get<std::int64_t>();
    if (height != scene.height || width != scene.width) {
      throw DataError("stored split: scene '" + id + "' had " + size_text(height, width) + ", now it has " +
                      size_text(scene.height, scene.width) + "; make a new split, or restore the image");
    }
    seen[id] = true;
  }
  for (const Scene& scene : scenes) {
    if (!seen.contains(scene.id)) {
      throw DataError("stored split: it does not know the scene '" + scene.id +
                      "'; make a new split (a new run folder), or remove the image");
    }
  }
}

Window window_from_json(const Json& numbers) {
  if (numbers.size() != 4) throw DataError("stored split: a window is not [row, column, height, width]");
  return {numbers[0].get<std::int64_t>(), numbers[1].get<std::int64_t>(), numbers[2].get<std::int64_t>(),
          numbers[3].get<std::int64_t>()};
}

std::vector<Region> part_from_json(const Json& entries, const std::vector<Scene>& scenes) {
  const SceneNumbers numbers = number_scenes(scenes);
  std::vector<Region> part;
  for (const Json& entry : entries) {
    const auto id = entry.at("scene").get<std::string>();
    const auto found = numbers.find(id);
    if (found == numbers.end())
      throw DataError("stored split: its scene '" + id + "' is not among the images");
    const Scene& scene = scenes[static_cast<std::size_t>(found->second)];
    for (const Json& each : entry.at("windows")) {
      const Window window = window_from_json(each);
      if (window.empty() || !Window{0, 0, scene.height, scene.width}.contains(window)) {
        throw DataError("stored split: " + to_string(window) + " lies outside of scene '" + id + "' of " +
                        size_text(scene.height, scene.width));
      }
      part.push_back({found->second, window});
    }
  }
  return part;
}

void check_disjoint(const Split& split, const std::vector<Scene>& scenes) {
  RegionIndex index;
  for (const auto* part : {&split.train, &split.val, &split.test}) {
    for (const Region& region : *part) {
      if (index.covered(region) > 0) {
        throw DataError("stored split: " + to_string(region.window) + " of scene '" +
                        scenes[static_cast<std::size_t>(region.scene)].id +
                        "' overlaps another region of the split");
      }
      index.add(region);
    }
  }
}

}  // namespace

std::string split_to_json(const Split& split, const std::vector<Scene>& scenes) {
  Json json = {{"format", kFormat}, {"scenes", Json::array()}};
  for (const Scene& scene : scenes) {
    json["scenes"].push_back({{"id", scene.id}, {"height", scene.height}, {"width", scene.width}});
  }
  json["train"] = part_to_json(split.train, scenes);
  json["val"] = part_to_json(split.val, scenes);
  json["test"] = part_to_json(split.test, scenes);
  return json.dump();
}

Split split_from_json(const std::string& text, const std::vector<Scene>& scenes) {
  try {
    const Json json = Json::parse(text);
    if (const auto format = json.at("format").get<std::int64_t>(); format != kFormat) {
      throw DataError("stored split: format " + std::to_string(format) +
                      " is unknown; this nadir reads format " + std::to_string(kFormat));
    }
    check_scenes(json.at("scenes"), scenes);
    Split split{.train = part_from_json(json.at("train"), scenes),
                .val = part_from_json(json.at("val"), scenes),
                .test = part_from_json(json.at("test"), scenes)};
    check_disjoint(split, scenes);
    return split;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(std::string("stored split: not a split in JSON: ") + error.what());
  }
}

}  // namespace nadir
