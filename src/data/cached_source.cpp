#include <chrono>

#include "core/parse_bytes.h"
#include "data/cache.h"
#include "data/pixel_moves.h"
#include "nadir/data.h"

namespace nadir {
namespace {

constexpr std::int64_t kUnitValues = 1 << 24;  // scenes of up to so many values are one unit
constexpr std::int64_t kBlock = 1024;          // side of the units of larger ones, pixels

// Copies what `unit` has of `window` to its place in `whole`, which has the window's size.
void copy_overlap(const torch::Tensor& unit, const Window& unit_window, torch::Tensor& whole,
                  const Window& window) {
  if (!unit.defined() || unit.dim() < 2) return;
  const Window both = intersection(unit_window, window);
  const auto cut = [&](const torch::Tensor& pixels, const Window& frame) {
    return pixels.narrow(-2, both.row - frame.row, both.height)
        .narrow(-1, both.column - frame.column, both.width);
  };
  const torch::Tensor from = unit.scalar_type() == torch::kUInt16 ? unit.view(torch::kInt16) : unit;
  const torch::Tensor to = whole.scalar_type() == torch::kUInt16 ? whole.view(torch::kInt16) : whole;
  cut(to, window).copy_(cut(from, unit_window));
}

torch::Tensor of_size(const torch::Tensor& like, const Window& window) {
  std::vector<std::int64_t> shape = like.sizes().vec();
  shape[shape.size() - 2] = window.height;
  shape[shape.size() - 1] = window.width;
  return torch::empty(shape, like.options());
}

std::int64_t bytes_of(const std::string& field, const std::string& text) {
  if (const auto bytes = parse_bytes(text)) return *bytes;
  throw ConfigError("'" + field + "' must be a size such as 2 GiB or 500 MiB; found '" + text + "'");
}

class CachedSource final : public Source {
 public:
  CachedSource(std::shared_ptr<const Source> source, const CacheConfig& config, std::string key)
      : source_(std::move(source)),
        key_(std::move(key)),
        memory_(config.memory.empty() ? 0 : bytes_of("cache.memory", config.memory)) {
    if (!config.disk.empty()) disk_.emplace(config.disk);
    for (std::size_t i = 0; i < source_->scenes().size(); ++i) {
      scene_keys_.push_back(scene_key(static_cast<std::int64_t>(i)));
    }
  }

  const std::vector<Scene>& scenes() const override { return source_->scenes(); }
  const std::vector<std::string>& band_names() const override { return source_->band_names(); }
  std::vector<bool> classes_in(std::int64_t scene) const override { return source_->classes_in(scene); }
  std::vector<std::int64_t> band_numbers() const override { return source_->band_numbers(); }
  std::vector<std::string> files(std::int64_t scene) const override { return source_->files(scene); }
  std::vector<std::string> remarks() const override { return source_->remarks(); }
  std::vector<std::string> problems() const override { return source_->problems(); }

  Sample read(std::int64_t scene, const Window& window) const override {
    const std::vector<Window> units = units_of(scene, window);
    if (units.size() == 1 && units[0] == window) return unit(scene, window);
    // A unit that nobody keeps would be read for this window alone.
    if (!disk_ && memory_.full() && !in_memory(scene, units)) return source_->read(scene, window);
    std::vector<Sample> parts;
    for (const Window& each : units) parts.push_back(unit(scene, each));
    return assemble(scene, window, units, parts);
  }

  // The source may know the target without decoding the image.
  torch::Tensor read_target(std::int64_t scene, const Window& window) const override {
    const bool held = in_memory(scene, units_of(scene, window));
    return held ? read(scene, window).target : source_->read_target(scene, window);
  }

 private:
  // Settings, scene, and size and time of its files.
  std::string scene_key(std::int64_t scene) const {
    const Scene& which = source_->scenes()[static_cast<std::size_t>(scene)];
    std::string key = key_ + "\nscene " + which.id + ", " + std::to_string(which.height) + " x " +
                      std::to_string(which.width) + " x " + std::to_string(which.bands);
    for (const std::string& file : source_->files(scene)) {
      std::error_code error;
      const auto size = std::filesystem::file_size(file, error);
      const auto time = std::filesystem::last_write_time(file, error);
      key += "\nfile " + file;
      if (!error) key += ", " + std::to_string(size) + ", " + std::to_string(time.time_since_epoch().count());
    }
    return key;
  }

  std::string unit_key(std::int64_t scene, const Window& window) const {
    return scene_keys_.at(static_cast<std::size_t>(scene)) + "\n" + to_string(window);
  }

  bool in_memory(std::int64_t scene, const std::vector<Window>& units) const {
    return std::all_of(units.begin(), units.end(),
                       [&](const Window& each) { return memory_.find(unit_key(scene, each)).has_value(); });
  }

  // The units that `window` lies in, in rows.
  std::vector<Window> units_of(std::int64_t scene, const Window& window) const {
    const Scene& which = scenes().at(static_cast<std::size_t>(scene));
    const Window whole{0, 0, which.height, which.width};
    if (whole.area() * which.bands <= kUnitValues) return {whole};
    std::vector<Window> units;
    for (std::int64_t row = window.row / kBlock * kBlock; row < window.bottom(); row += kBlock) {
      for (std::int64_t column = window.column / kBlock * kBlock; column < window.right(); column += kBlock) {
        units.push_back(intersection(whole, {row, column, kBlock, kBlock}));
      }
    }
    return units;
  }

  Sample unit(std::int64_t scene, const Window& window) const {
    const std::string key = unit_key(scene, window);
    if (std::optional<Sample> held = memory_.find(key)) return *std::move(held);
    Sample sample;
    if (std::optional<Sample> stored = disk_ ? disk_->find(key) : std::nullopt) {
      sample = *std::move(stored);
    } else {
      sample = source_->read(scene, window);
      if (disk_) disk_->keep(key, sample);
    }
    memory_.keep(key, sample);
    return sample;
  }

  Sample assemble(std::int64_t scene, const Window& window, const std::vector<Window>& units,
                  const std::vector<Sample>& parts) const {
    Sample whole;
    whole.id = scenes()[static_cast<std::size_t>(scene)].id + "[" + to_string(window) + "]";
    whole.image = of_size(parts[0].image, window);
    whole.target = parts[0].target;
    const bool labelled = whole.target.defined() && whole.target.dim() >= 2;
    if (labelled) whole.target = of_size(whole.target, window);
    const bool masked =
        std::any_of(parts.begin(), parts.end(), [](const Sample& part) { return part.valid.defined(); });
    if (masked) whole.valid = torch::ones({window.height, window.width}, torch::kBool);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      copy_overlap(parts[i].image, units[i], whole.image, window);
      if (labelled) copy_overlap(parts[i].target, units[i], whole.target, window);
      copy_overlap(parts[i].valid, units[i], whole.valid, window);
    }
    return whole;
  }

  std::shared_ptr<const Source> source_;
  const std::string key_;
  std::vector<std::string> scene_keys_;
  mutable MemoryCache memory_;
  std::optional<DiskCache> disk_;
};

}  // namespace

void CacheConfig::fields(FieldVisitor& visit) {
  visit.field("memory", memory);
  visit.path("disk", disk);
}

void CacheConfig::validate() const {
  if (!memory.empty()) bytes_of("memory", memory);
}

std::shared_ptr<const Source> make_cached_source(std::shared_ptr<const Source> source,
                                                 const CacheConfig& config, const std::string& key) {
  if (config.memory.empty() && config.disk.empty()) return source;
  return std::make_shared<CachedSource>(std::move(source), config, key);
}

}  // namespace nadir
