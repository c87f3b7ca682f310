#include "data/split_list.h"

namespace nadir {
namespace {

Region whole_scene(const std::vector<Scene>& scenes, std::int64_t scene) {
  const Scene& which = scenes[static_cast<std::size_t>(scene)];
  return {scene, {0, 0, which.height, which.width}};
}

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

}  // namespace

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
      part.push_back(whole_scene(scenes, found->second));
    }
  };
  fill("train_list", config.train_list, split.train);
  fill("val_list", config.val_list, split.val);
  fill("test_list", config.test_list, split.test);
  if (split.train.empty()) throw ConfigError("data.split.train_list: names no scene");
  return split;
}

}  // namespace nadir
