#include "train/diffusion/conditions.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>

#include "core/parse_number.h"
#include "core/text.h"
#include "data/csv.h"
#include "nadir/generate.h"

namespace nadir {
namespace {

constexpr std::array<const char*, 4> kMetadataColumns = {"lon", "lat", "gsd", "date"};

bool has_metadata(const CsvTable& table) {
  const auto there = [&](const char* column) { return table.has_column(column); };
  if (std::none_of(kMetadataColumns.begin(), kMetadataColumns.end(), there)) return false;
  for (const char* column : kMetadataColumns) {
    if (there(column)) continue;
    throw DataError(table.path + ": has no column " + column +
                    "; metadata go together: lon, lat, gsd and date (cloud is 0 if left out)");
  }
  return true;
}

double number(const std::string& text, const std::string& column) {
  if (const auto value = parse_number<double>(text)) return *value;
  throw DataError(column + ": '" + text + "' is no number");
}

std::array<double, 7> metadata_of(const CsvTable& table, const CsvRow& row) {
  const auto field = [&](const char* column) { return row.fields[table.column(column)]; };
  ImageMetadata metadata{.longitude = number(field("lon"), "lon"),
                         .latitude = number(field("lat"), "lat"),
                         .gsd = number(field("gsd"), "gsd")};
  if (table.has_column("cloud")) metadata.cloud_cover = number(field("cloud"), "cloud");
  try {
    set_date(metadata, field("date"));  // checks the other numbers too
  } catch (const ConfigError& error) {
    throw DataError(error.what());
  }
  return normalise(metadata);
}

}  // namespace

Conditions read_conditions(const std::filesystem::path& list) {
  Problems problems(false);
  const CsvTable table = read_csv(list, problems);
  const std::size_t caption = table.column("caption");
  const bool with_metadata = has_metadata(table);
  Conditions conditions;
  std::vector<double> numbers;
  for (const CsvRow& row : table.rows) {
    conditions.captions.push_back(row.fields[caption]);
    if (!with_metadata) continue;
    try {
      const std::array<double, 7> of_row = metadata_of(table, row);
      numbers.insert(numbers.end(), of_row.begin(), of_row.end());
    } catch (const DataError& error) {
      throw DataError(table.where(row) + ": " + error.what());
    }
  }
  if (with_metadata) {
    conditions.metadata = torch::tensor(numbers, torch::kFloat64).to(torch::kFloat32).reshape({-1, 7});
  }
  return conditions;
}

}  // namespace nadir
