#include "image_classes.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "table.h"

namespace nadir {
namespace {

// RFC 4180
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& each : fields) line += (line.empty() ? "" : ",") + csv_field(each);
  return line + "\n";
}

// The classes that an image is given, by index.
std::vector<std::size_t> chosen(const torch::Tensor& probabilities, bool several) {
  if (!several) return {static_cast<std::size_t>(probabilities.argmax().item<std::int64_t>())};
  std::vector<std::size_t> found;
  for (std::int64_t k = 0; k < probabilities.size(0); ++k) {
    if (probabilities[k].item<double>() >= 0.5) found.push_back(static_cast<std::size_t>(k));
  }
  return found;
}

class ClassTable {
 public:
  explicit ClassTable(const ModelCard& card)
      : card_(card), counts_(card.classes.size(), 0), several_(is_multilabel(card.task)) {
    std::vector<std::string> head = {"image", "class"};
    for (const ClassInfo& each : card.classes) head.push_back("probability_" + each.name);
    head.insert(head.end(), {"patches", "error"});
    csv_ = csv_line(head);
  }

  void add(const std::string& image, const ImageClasses& found, bool json) {
    std::string names;
    for (const std::size_t k : chosen(found.probabilities, several_)) {
      names += (names.empty() ? "" : ";") + card_.classes[k].name;
      ++counts_[k];
    }
    std::vector<std::string> fields = {image, names};
    nlohmann::ordered_json probabilities = nlohmann::ordered_json::object();
    for (std::size_t k = 0; k < card_.classes.size(); ++k) {
      const double p = found.probabilities[static_cast<std::int64_t>(k)].item<double>();
      fields.push_back(fixed(p, 6));
      probabilities[card_.classes[k].name] = p;
    }
    fields.insert(fields.end(), {std::to_string(found.patches), ""});
    csv_ += csv_line(fields);
    if (!json) return;
    std::cout << nlohmann::ordered_json{{"image", image},
                                        {"class", names},
                                        {"probabilities", probabilities},
                                        {"patches", found.patches}}
                     .dump()
              << "\n";
  }

  void add_failure(const std::string& image, const std::string& error) {
    std::vector<std::string> fields(card_.classes.size() + 4);
    fields.front() = image;
    fields.back() = error;
    csv_ += csv_line(fields);
  }

  const std::string& csv() const { return csv_; }
  std::string counts() const {
    Table table({"class", "images"});
    for (std::size_t k = 0; k < counts_.size(); ++k)
      table.add({card_.classes[k].name, with_thousands(counts_[k])});
    return table.text();
  }

 private:
  const ModelCard& card_;
  std::vector<std::int64_t> counts_;
  bool several_;
  std::string csv_;
};

}  // namespace

void write_image_classes(const LoadedModel& model, const PredictConfig& config,
                         const std::vector<PredictInput>& inputs, const std::filesystem::path& file,
                         bool json, ProgressObserver& observer) {
  if (!labels_images(model.card.task))
    throw ConfigError(file.string() + ": the model labels pixels; its output is a map (.tif, .png)");
  const TileFunction network = make_tile_function(model, config);
  ClassTable table(model.card);
  std::int64_t failed = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (stop_requested()) throw Interrupted("stopped; " + file.string() + " was not written");
    const std::string& image = inputs[i].files.front();
    try {
      table.add(image, classify_image(model, network, inputs[i], config, observer), json);
    } catch (const DataError& error) {
      // One bad image does not end the work on many; alone it does.
      if (inputs.size() == 1) throw;
      ++failed;
      table.add_failure(image, error.what());
      observer.message(std::string("error: ") + error.what());
    }
    observer.progress({.stage = "images",
                       .done = static_cast<std::int64_t>(i) + 1,
                       .total = std::ssize(inputs),
                       .text = counted(static_cast<std::int64_t>(i) + 1, "image")});
  }
  write_file_atomically(file, table.csv());
  if (!json) std::cout << table.counts() << "wrote " << file.string() << "\n";
  if (failed > 0)
    throw DataError(counted(failed, "image") + " of " + std::to_string(inputs.size()) +
                    " could not be classified; " + file.string() + " names them");
}

}  // namespace nadir
