#include "data/sources/captions.h"

#include <algorithm>
#include <array>
#include <map>

#include "core/parse_number.h"
#include "data/csv.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 4> kWindowColumns = {"row", "column", "height", "width"};

std::int64_t whole_number(const std::string& text, const std::string& column) {
  const auto value = parse_number<std::int64_t>(text);
  if (value && *value >= 0) return *value;
  throw DataError(column + ": '" + text + "' is no whole number of 0 or more");
}

// One line of the file.
struct Entry {
  std::string image, part;
  std::optional<Window> window;
  std::string where;  // "patches.csv, line 7"
};

class CaptionsReader {
 public:
  CaptionsReader(const CaptionsConfig& config, Problems& problems)
      : folder_(fs::path(config.file).parent_path()),
        problems_(problems),
        table_(read_csv(config.file, problems)) {}

  std::vector<Entry> read() {
    std::vector<Entry> entries;
    const bool known = problems_.guard([&] {
      static_cast<void>(table_.column("image"));
      if (windows()) {
        for (const char* each : kWindowColumns) static_cast<void>(table_.column(each));
      }
    });
    if (!known) return entries;
    for (const CsvRow& row : table_.rows) {
      try {
        entries.push_back(entry(row));
      } catch (const DataError& error) {
        problems_.add(table_.where(row) + ": " + error.what());
      }
    }
    if (entries.empty()) problems_.add(table_.path + ": lists no image");
    return entries;
  }

 private:
  bool windows() const {
    return std::any_of(kWindowColumns.begin(), kWindowColumns.end(),
                       [&](const char* each) { return table_.has_column(each); });
  }

  Entry entry(const CsvRow& row) const {
    Entry entry{.image = (folder_ / row.fields[table_.column("image")]).string(), .where = table_.where(row)};
    if (!fs::exists(entry.image)) throw DataError(entry.image + ": there is no such file");
    if (table_.has_column("part")) entry.part = row.fields[table_.column("part")];
    if (!entry.part.empty() && entry.part != "train" && entry.part != "val" && entry.part != "test") {
      throw DataError("'" + entry.part + "' is no part; use train, val or test");
    }
    if (!windows()) return entry;
    const auto number = [&](const char* column) {
      return whole_number(row.fields[table_.column(column)], column);
    };
    entry.window = Window{number("row"), number("column"), number("height"), number("width")};
    return entry;
  }

  fs::path folder_;
  Problems& problems_;
  CsvTable table_;
};

class Captions final : public Source {
 public:
  Captions(const std::vector<Entry>& entries, const CaptionsConfig& config, Problems& problems)
      : list_(config.file), images_(distinct(entries), config.image) {
    for (const Entry& each : entries) {
      try {
        add(each);
      } catch (const DataError& error) {
        problems.add(each.where + ": " + error.what());
      }
    }
    problems_ = problems.list();
  }

  const std::vector<Scene>& scenes() const override { return scenes_; }
  const std::vector<std::string>& band_names() const override { return images_.band_names(); }
  std::vector<std::int64_t> band_numbers() const override { return images_.band_numbers(); }
  std::vector<std::string> problems() const override { return problems_; }
  // The list too: which line a scene is depends on it.
  std::vector<std::string> files(std::int64_t scene) const override {
    return {scenes_.at(static_cast<std::size_t>(scene)).path, list_};
  }

  Sample read(std::int64_t scene, const Window& window) const override {
    const Place& place = places_.at(static_cast<std::size_t>(scene));
    Window moved = window;
    moved.row += place.window.row;
    moved.column += place.window.column;
    Sample sample = images_.read(place.image, moved);
    sample.target = torch::scalar_tensor(scene, torch::kInt64);
    return sample;
  }

 private:
  struct Place {
    std::int64_t image = 0;
    Window window;
  };

  std::vector<std::string> distinct(const std::vector<Entry>& entries) {
    std::vector<std::string> files;
    for (const Entry& each : entries) {
      if (numbers_.emplace(each.image, static_cast<std::int64_t>(files.size())).second)
        files.push_back(each.image);
    }
    return files;
  }

  void add(const Entry& entry) {
    const std::int64_t number = numbers_.at(entry.image);
    Scene scene = images_.scenes()[static_cast<std::size_t>(number)];
    const Window window = entry.window.value_or(Window{0, 0, scene.height, scene.width});
    const bool inside = window.height > 0 && window.width > 0 && window.row + window.height <= scene.height &&
                        window.column + window.width <= scene.width;
    if (!inside) {
      throw DataError("the window " + to_string(window) + " is empty or leaves " + scene.path +
                      ", which is " + std::to_string(scene.height) + " x " + std::to_string(scene.width) +
                      " pixels");
    }
    if (entry.window) scene.id += "[" + to_string(window) + "]";
    // An image may have several captions.
    if (const int times = ++ids_[scene.id]; times > 1) scene.id += " #" + std::to_string(times);
    scene.part = entry.part;
    scene.height = window.height;
    scene.width = window.width;
    if (scene.transform) {
      auto& t = *scene.transform;
      const auto column = static_cast<double>(window.column), row = static_cast<double>(window.row);
      t[0] += column * t[1] + row * t[2];
      t[3] += column * t[4] + row * t[5];
    }
    scenes_.push_back(std::move(scene));
    places_.push_back({number, window});
  }

  std::string list_;
  std::map<std::string, std::int64_t> numbers_;  // of the images, by path
  std::map<std::string, int> ids_;               // how often each came
  ImageSet images_;
  std::vector<Scene> scenes_;
  std::vector<Place> places_;
  std::vector<std::string> problems_;
};

}  // namespace

void CaptionsConfig::fields(FieldVisitor& visit) {
  visit.path("file", file);
  image.fields(visit);
}

void CaptionsConfig::validate() const {
  if (file.empty()) throw ConfigError("'file' is missing; for example file: captions.csv");
}

std::shared_ptr<Source> make_captions(const CaptionsConfig& config, const LabelSpec& labels) {
  if (labels.task != Task::kClassification) {
    throw ConfigError("captions: has no masks and no classes; it is for task generation");
  }
  Problems problems(labels.keep_going);
  const std::vector<Entry> entries = CaptionsReader(config, problems).read();
  return std::make_shared<Captions>(entries, config, problems);
}

}  // namespace nadir
