#include "predict/work_plan.h"

#include <torch/torch.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "nadir/nadir.h"
#include "predict/row_store.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

// FNV-1a over 8 bytes at a time.
std::uint64_t hash_of(const Model& model) {
  std::uint64_t hash = 14695981039346656037U;
  for (const auto& [name, tensor] : named_state(model)) {
    const torch::Tensor bytes = tensor.detach().cpu().contiguous();
    const auto* data = static_cast<const char*>(bytes.const_data_ptr());
    const auto count = static_cast<std::size_t>(bytes.numel() * bytes.element_size());
    for (std::size_t i = 0; i < count; i += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, data + i, std::min(sizeof word, count - i));
      hash = (hash ^ word) * 1099511628211U;
    }
  }
  return hash;
}

nlohmann::json file_identity(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return path;
  const auto time = fs::last_write_time(path, error).time_since_epoch().count();
  return {{"path", fs::weakly_canonical(path).string()}, {"bytes", size}, {"time", time}};
}

}  // namespace

std::string describe_work(const LoadedModel& model, const PredictInput& input, const RasterSource& source,
                          const PredictConfig& config, const std::vector<Product>& products) {
  nlohmann::ordered_json plan{{"nadir", version()}, {"model", hash_of(*model.model)}};
  plan["card"] = nlohmann::json::parse(card_to_json(model.card));
  for (const std::string& file : input.files) plan["images"].emplace_back(file_identity(file));
  plan["bands"] = input.bands;
  plan["size"] = {source.info().height, source.info().width};
  plan["area"] = to_string(source.area());
  if (!input.aoi.empty()) plan["aoi"] = file_identity(input.aoi);
  plan["resolution"] =
      input.model_resolution ? model.card.resolution.value_or(0) : input.resolution.value_or(0);
  plan["skip_unreadable"] = input.skip_unreadable;
  plan["tiles"] = {config.tile,       config.overlap,    config.window,    config.borders,
                   config.batch_size, config.symmetries, config.precision, config.trace};
  if (!config.gate.empty()) {
    plan["gate"] = file_identity(config.gate);
    plan["gate_thresholds"] = config.gate_thresholds;
  }
  for (const Product& each : products) {
    plan["products"].emplace_back(nlohmann::json::array(
        {static_cast<int>(each.role), each.layout.band_names, c10::toString(each.layout.type)}));
  }
  return plan.dump(1) + "\n";
}

Window rows_of_shard(const Window& area, const PredictShard& shard) {
  if (shard.count < 1 || shard.index < 0 || shard.index >= shard.count) {
    throw ConfigError("there is no shard " + std::to_string(shard.index) + " of " +
                      std::to_string(shard.count) + "; shards are 0 to n - 1 of n");
  }
  const std::int64_t top = area.height * shard.index / shard.count;
  const std::int64_t bottom = area.height * (shard.index + 1) / shard.count;
  return {area.row + top, area.column, bottom - top, area.width};
}

std::vector<Window> strips_of(const Window& window, std::int64_t width) {
  std::vector<Window> strips;
  for (std::int64_t column = window.column; column < window.right(); column += width) {
    strips.push_back({window.row, column, window.height, std::min(width, window.right() - column)});
  }
  return strips;
}

std::string part_name(const Window& part) {
  return std::to_string(part.row) + "-" + std::to_string(part.column) + "-" + std::to_string(part.height) +
         "-" + std::to_string(part.width);
}

bool is_whole(const fs::path& folder, const Window& area) {
  std::vector<Window> done;
  std::set<std::int64_t> rows{area.row, area.bottom()}, columns{area.column, area.right()};
  std::error_code error;
  for (const fs::directory_entry& each : fs::directory_iterator(folder, error)) {
    Window part;
    long long row = 0, column = 0, height = 0, width = 0;
    const std::string name = each.path().filename().string();
    if (std::sscanf(name.c_str(), "done-%lld-%lld-%lld-%lld", &row, &column, &height, &width) != 4) continue;
    part = {row, column, std::min<std::int64_t>(height, last_mark(each.path()).value_or(row) - row), width};
    if (part.empty()) continue;
    done.push_back(part);
    rows.insert({part.row, part.bottom()});
    columns.insert({part.column, part.right()});
  }
  for (auto row = rows.begin(); std::next(row) != rows.end(); ++row) {
    for (auto column = columns.begin(); std::next(column) != columns.end(); ++column) {
      const Window cell{*row, *column, *std::next(row) - *row, *std::next(column) - *column};
      if (!area.contains(cell)) continue;
      if (std::none_of(done.begin(), done.end(), [&](const Window& part) { return part.contains(cell); }))
        return false;
    }
  }
  return true;
}

}  // namespace nadir
