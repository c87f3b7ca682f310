#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/parse_number.h"
#include "core/text.h"
#include "data/csv.h"
#include "generate/job_settings.h"
#include "nadir/config.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

// A row of either kind of file.
struct ListRow {
  std::string where;                          // "points.csv, line 3"
  std::map<std::string, std::string> values;  // by column; empty ones are left out
};

std::vector<ListRow> csv_rows(const std::filesystem::path& file) {
  Problems problems(/*keep_going=*/false);
  const CsvTable table = read_csv(file, problems);
  std::map<std::string, std::string> columns;
  for (const std::string& column : table.header) {
    const auto [first, added] = columns.emplace(name_of_setting(column), column);
    if (!added) {
      throw DataError(file.string() + ": the columns " + first->second + " and " + column +
                      " mean the same; leave one out");
    }
  }
  std::vector<ListRow> rows;
  for (const CsvRow& row : table.rows) {
    ListRow& added = rows.emplace_back(ListRow{table.where(row), {}});
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
      if (!row.fields[i].empty()) added.values[table.header[i]] = row.fields[i];
    }
  }
  return rows;
}

std::string text_of(const nlohmann::json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Longitude and latitude of a GeoJSON feature, which is a point. "" or what is wrong.
std::string read_point(const nlohmann::json& feature, std::map<std::string, std::string>& values) {
  const nlohmann::json geometry = feature.value("geometry", nlohmann::json());
  if (geometry.is_null()) return "";
  if (!geometry.is_object() || geometry.value("type", nlohmann::json()) != "Point") {
    return "its geometry is no Point";
  }
  const nlohmann::json place = geometry.value("coordinates", nlohmann::json());
  if (!place.is_array() || place.size() < 2 || !place[0].is_number() || !place[1].is_number()) {
    return "its point has no longitude and latitude";
  }
  values.emplace("lon", shortest(place[0].get<double>()));
  values.emplace("lat", shortest(place[1].get<double>()));
  return "";
}

std::vector<ListRow> geojson_rows(const std::filesystem::path& file, std::vector<std::string>& problems) {
  const nlohmann::json json =
      nlohmann::json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("features") || !json.at("features").is_array()) {
    throw DataError(file.string() + ": is no GeoJSON FeatureCollection");
  }
  std::vector<ListRow> rows;
  for (const nlohmann::json& feature : json.at("features")) {
    ListRow row{file.string() + ", feature " + std::to_string(rows.size() + 1), {}};
    std::string wrong = feature.is_object() ? "" : "is no object";
    if (wrong.empty() && feature.contains("properties") && feature.at("properties").is_object()) {
      for (const auto& [name, value] : feature.at("properties").items()) {
        const std::string text = text_of(value);
        if (!text.empty()) row.values[name_of_setting(name)] = text;
      }
    }
    if (wrong.empty()) wrong = read_point(feature, row.values);
    if (!wrong.empty()) problems.push_back(row.where + ": " + wrong);
    rows.push_back(std::move(row));
  }
  return rows;
}

// "26 ms_building; 3 wind_turbine in the top left"
std::vector<SatlasObjects> parse_objects(const std::string& text) {
  std::vector<SatlasObjects> objects;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    part.erase(0, part.find_first_not_of(' '));
    SatlasObjects each;
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), each.count);
    const auto digits = static_cast<std::size_t>(stop - part.data());
    if (error != std::errc() || each.count < 1 || digits + 1 >= part.size() || part[digits] != ' ') {
      throw ConfigError("objects: '" + part + "' is not written as '3 wind_turbine in the top left'");
    }
    const std::size_t in = std::min(part.find(" in the "), part.size());
    each.category = part.substr(digits + 1, in - digits - 1);
    if (in < part.size()) each.corner = part.substr(in + 8);
    const std::set<std::string> corners = {"", "top left", "top right", "bottom right", "bottom left"};
    if (!corners.contains(each.corner))
      throw ConfigError("objects: there is no corner '" + each.corner + "'");
    objects.push_back(std::move(each));
  }
  return objects;
}

std::string made_caption(const std::string& kind, const std::map<std::string, std::string>& values) {
  const auto text = [&](const char* column) {
    const auto found = values.find(column);
    return found == values.end() ? std::string() : found->second;
  };
  const auto number = [&](const char* column) {
    const std::string written = text(column);
    if (const auto value = parse_number<double>(written)) return *value;
    throw ConfigError(std::string(column) + ": '" + written + "' is not a number");
  };
  if (kind == "fmow") return fmow_caption(text("category"), text("country"));
  if (kind == "satlas") return satlas_caption(parse_objects(text("objects")));
  SpacenetObjects objects;
  if (values.contains("buildings")) objects.buildings = static_cast<std::int64_t>(number("buildings"));
  if (values.contains("area")) objects.square_metres = number("area");
  if (values.contains("roads")) objects.road_metres = number("roads");
  return spacenet_caption(objects, text("city"));
}

void check_name(const std::string& name) {
  if (name.empty() || name.starts_with(".") || name.find_first_of("/\\") != std::string::npos) {
    throw ConfigError("name: '" + name + "' cannot be a file's name");
  }
}

void check_known(const KnownMetadata& known) {
  ImageMetadata metadata;
  metadata.longitude = known.longitude.value_or(0);
  metadata.latitude = known.latitude.value_or(0);
  metadata.gsd = known.gsd.value_or(1);
  metadata.cloud_cover = known.cloud_cover.value_or(0);
  metadata.year = known.year.value_or(2020);
  metadata.month = known.month.value_or(1);
  metadata.day = known.day.value_or(1);
  check(metadata);
}

GenerateJob job_of(const ListRow& row, const GenerateJob& defaults, const std::string& caption) {
  GenerateJob job = defaults;
  job.config.prompt.clear();
  for (const auto& [column, value] : row.values) {
    // Other columns are somebody else's: a table of points has many.
    if (is_setting(column)) set_setting(job, column, value);
  }
  if (job.config.prompt.empty() && !caption.empty()) job.config.prompt = made_caption(caption, row.values);
  if (job.config.prompt.empty()) job.config.prompt = defaults.config.prompt;
  if (job.config.prompt.empty()) throw ConfigError("has no prompt");
  check_name(job.name);
  check_known(job.known);
  return job;
}

}  // namespace

std::vector<GenerateJob> read_jobs(const std::filesystem::path& file, const GenerateJob& defaults,
                                   const std::string& caption) {
  const std::vector<std::string> kinds = {"", "fmow", "spacenet", "satlas"};
  if (std::find(kinds.begin(), kinds.end(), caption) == kinds.end()) {
    throw ConfigError("caption '" + caption + "' is unknown; use fmow, spacenet or satlas");
  }
  const std::string suffix = file.extension().string();
  std::vector<std::string> problems;
  const std::vector<ListRow> rows =
      suffix == ".geojson" || suffix == ".json" ? geojson_rows(file, problems) : csv_rows(file);
  if (rows.empty()) throw DataError(file.string() + ": has no rows");
  std::vector<GenerateJob> jobs;
  std::map<std::string, std::string> names;
  for (const ListRow& row : rows) {
    try {
      GenerateJob numbered = defaults;
      const std::string number = std::to_string(jobs.size() + 1);
      numbered.name = std::string(number.size() < 4 ? 4 - number.size() : 0, '0') + number;
      jobs.push_back(numbered);  // keeps the numbers of those that follow a bad row
      jobs.back() = job_of(row, numbered, caption);
      const auto [first, added] = names.emplace(jobs.back().name, row.where);
      if (!added) throw ConfigError("is called " + jobs.back().name + ", as " + first->second);
    } catch (const Error& error) {
      problems.push_back(row.where + ": " + error.what());
    }
  }
  if (problems.empty()) return jobs;
  std::string message = counted(static_cast<std::int64_t>(problems.size()), "row") + " cannot be used:";
  for (const std::string& each : problems) message += "\n  " + each;
  throw DataError(message);
}

}  // namespace nadir
