#include <nlohmann/json.hpp>

#include "core/text.h"
#include "nadir/data.h"
#include "weights/safetensors_writer.h"

namespace nadir {
namespace {

struct PreparedRegion {
  std::string id;
  Region region;
};

// The scene's id alone for a whole scene.
std::string region_id(const Scene& scene, const Window& window) {
  if (window == Window{0, 0, scene.height, scene.width}) return scene.id;
  return scene.id + "[" + to_string(window) + "]";
}

template <class T, class ToText>
std::string joined(const std::vector<T>& values, const ToText& to_text) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ",") + to_text(value);
  return text;
}

// What the source `prepared` has to know beside the pixels.
std::map<std::string, std::string> metadata_of(const Source& source, const nlohmann::ordered_json& parts) {
  std::map<std::string, std::string> metadata;
  metadata["bands"] = joined(source.band_names(), [](std::string name) {
    std::replace(name.begin(), name.end(), ',', ' ');  // which divides the names
    return name;
  });
  metadata["band_numbers"] =
      joined(source.band_numbers(), [](std::int64_t number) { return std::to_string(number); });
  metadata["parts"] = parts.dump();
  const std::vector<Scene>& scenes = source.scenes();
  if (!scenes.empty() && scenes[0].resolution) metadata["resolution"] = shortest(*scenes[0].resolution);
  return metadata;
}

}  // namespace

PreparedSummary write_prepared(const Source& source, const Split& split, const std::filesystem::path& file,
                               ProgressObserver& observer) {
  std::vector<PreparedRegion> regions;
  std::vector<std::string> names;
  nlohmann::ordered_json parts = nlohmann::ordered_json::object();
  for (const char* part : {"train", "val", "test"}) {
    nlohmann::ordered_json ids = nlohmann::ordered_json::array();
    for (const Region& region : split.part(part)) {
      const Scene& scene = source.scenes().at(static_cast<std::size_t>(region.scene));
      regions.push_back({region_id(scene, region.window), region});
      const std::string& id = regions.back().id;
      ids.push_back(id);
      for (const char* kind : {"/image", "/target", "/valid"}) names.push_back(id + kind);
    }
    if (!ids.empty()) parts[part] = ids;
  }
  if (regions.empty())
    throw ConfigError(file.string() + ": there is nothing to prepare: the parts are empty");
  SafeTensorsWriter writer(file, metadata_of(source, parts), names);
  const auto total = static_cast<std::int64_t>(regions.size());
  std::int64_t done = 0;
  for (const auto& [id, region] : regions) {
    if (stop_requested()) throw Interrupted("preparing was interrupted; nothing was written");
    const Sample sample = source.read(region.scene, region.window);
    writer.add(id + "/image", sample.image);
    if (sample.target.defined()) writer.add(id + "/target", sample.target);
    if (sample.valid.defined()) writer.add(id + "/valid", sample.valid);
    observer.progress({"prepare", ++done, total, counted(done, "sample")});
  }
  return {total, writer.finish()};
}

}  // namespace nadir
