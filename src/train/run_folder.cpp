#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "nadir/train.h"
#include "train/run_records.h"

namespace nadir {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

RunFolder::RunFolder(std::filesystem::path folder) : path_(std::move(folder)) {}

std::string epoch_to_json(const EpochRecord& record) {
  Json json = {{"epoch", record.epoch}};
  for (const auto& [name, value] : record.values)
    json[name] = std::isfinite(value) ? Json(value) : Json(nullptr);
  return json.dump();
}

EpochRecord epoch_from_json(const std::string& line) {
  const Json json = Json::parse(line);
  EpochRecord record{json.at("epoch").get<std::int64_t>(), {}};
  for (const auto& [name, value] : json.items()) {
    if (name == "epoch") continue;
    record.values.emplace_back(name, value.is_null() ? std::nan("") : value.get<double>());
  }
  return record;
}

void write_epochs(const RunFolder& run, const std::vector<EpochRecord>& epochs) {
  if (epochs.empty()) return;
  std::string csv = "epoch";
  for (const auto& [name, value] : epochs.front().values) csv += "," + name;
  csv += "\n";
  std::string lines;
  for (const EpochRecord& record : epochs) {
    csv += std::to_string(record.epoch);
    for (const auto& [name, value] : record.values)
      csv += "," + (std::isfinite(value) ? shortest(value) : "");
    csv += "\n";
    lines += epoch_to_json(record) + "\n";
  }
  write_file_atomically(run.metrics_csv(), csv);
  write_file_atomically(run.metrics_jsonl(), lines);
}

std::vector<EpochRecord> read_epochs(const RunFolder& run) {
  std::ifstream stream(run.metrics_jsonl());
  std::vector<EpochRecord> epochs;
  std::string line;
  while (std::getline(stream, line)) {
    try {
      epochs.push_back(epoch_from_json(line));
    } catch (const nlohmann::json::exception& error) {
      throw DataError(run.metrics_jsonl().string() + ":" + std::to_string(epochs.size() + 1) + ": " +
                      error.what());
    }
  }
  return epochs;
}

}  // namespace nadir
