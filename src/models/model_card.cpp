#include "models/card_task.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace nadir {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const ConfigNode& node) {
  switch (node.kind()) {
    case ConfigNode::Kind::kNull:
      return nullptr;
    case ConfigNode::Kind::kScalar: {
      // Numbers and truth values stay what they are; everything else is a text.
      const Json value = node.quoted() ? Json() : Json::parse(node.text(), nullptr, false);
      return value.is_number() || value.is_boolean() ? value : Json(node.text());
    }
    case ConfigNode::Kind::kList: {
      Json list = Json::array();
      for (const ConfigNode& item : node.items()) list.push_back(to_json(item));
      return list;
    }
    case ConfigNode::Kind::kMap: {
      Json map = Json::object();
      for (const auto& [key, value] : node.entries()) map[key] = to_json(value);
      return map;
    }
  }
  throw std::logic_error("a ConfigNode of no kind");
}

// JSON has no NaN; a score that is undefined is null.
Json numbers_or_null(const std::map<std::string, double>& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) object[name] = std::isfinite(value) ? Json(value) : Json(nullptr);
  return object;
}

std::map<std::string, double> read_scores(const Json& object) {
  std::map<std::string, double> values;
  for (const auto& [name, value] : object.items()) {
    values[name] = value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
  }
  return values;
}

Task read_task(const std::string& name) {
  return name == "generation" ? Task::kClassification : parse_task(name);
}

Json classes_to_json(const std::vector<ClassInfo>& classes) {
  Json list = Json::array();
  for (const ClassInfo& each : classes) {
    list.push_back({{"name", each.name}, {"color", each.color}, {"value", each.value}});
  }
  return list;
}

std::vector<ClassInfo> read_classes(const Json& list) {
  std::vector<ClassInfo> classes;
  for (const Json& each : list) {
    classes.push_back({each.at("name").get<std::string>(), each.at("color").get<std::string>(),
                       each.at("value").get<std::int64_t>()});
  }
  return classes;
}

Json normalization_to_json(const Normalization& value) {
  return {{"scale", value.scale},
          {"offset", value.offset},
          {"range", value.range},
          {"mean", value.mean},
          {"std", value.std}};
}

Normalization read_normalization(const Json& object) {
  Normalization value;
  value.scale = object.at("scale").get<std::string>();
  value.offset = object.at("offset").get<std::vector<double>>();
  value.range = object.at("range").get<std::vector<double>>();
  value.mean = object.at("mean").get<std::vector<double>>();
  value.std = object.at("std").get<std::vector<double>>();
  return value;
}

void check(const ModelCard& card) {
  const std::size_t bands = card.bands.size();
  const Normalization& n = card.normalization;
  for (const auto* list : {&n.offset, &n.range, &n.mean, &n.std}) {
    if (list->size() != bands) {
      throw ModelError("the model card has " + std::to_string(bands) + " bands and a normalization of " +
                       std::to_string(list->size()));
    }
  }
  if (!card.image_size.empty() &&
      (card.image_size.size() != 2 || card.image_size[0] < 1 || card.image_size[1] < 1)) {
    throw ModelError("the model card's image_size is not a height and a width");
  }
  if (!(card.temperature > 0) || !std::isfinite(card.temperature))
    throw ModelError("the model card's temperature is not above 0");
  // A model that makes images has none; its targets, numbers of captions, have a class's form.
  if (card.classes.empty() && card.task != Task::kClassification) {
    throw ModelError("the model card has no classes");
  }
}

}  // namespace

std::string card_to_json(const ModelCard& card, int indent) {
  Json json = {
      {"format", card.format},
      {"nadir_version", card.nadir_version},
      {"task", task_name(card)},
      {"architecture", {{"name", card.architecture.name}, {"options", to_json(card.architecture.options)}}},
      {"classes", classes_to_json(card.classes)},
      {"bands", card.bands},
      {"band_numbers", card.band_numbers},
      {"pixel_type", card.pixel_type},
      {"normalization", normalization_to_json(card.normalization)},
      {"tile", card.tile},
      {"resolution", card.resolution ? Json(*card.resolution) : Json(nullptr)},
      {"training", card.training},
      {"scores", numbers_or_null(card.scores)}};
  if (!card.image_size.empty()) json["image_size"] = card.image_size;
  if (!card.resize.empty()) json["resize"] = card.resize;
  if (card.temperature != 1) json["temperature"] = card.temperature;
  return json.dump(indent);
}

ModelCard card_from_json(const std::string& text) {
  ModelCard card;
  try {
    const Json json = Json::parse(text);
    card.format = json.at("format").get<std::int64_t>();
    if (card.format > ModelCard{}.format) {
      throw ModelError("the model card has format " + std::to_string(card.format) +
                       ", this nadir reads up to " + std::to_string(ModelCard{}.format) + "; update nadir");
    }
    card.nadir_version = json.at("nadir_version").get<std::string>();
    card.task = read_task(json.at("task").get<std::string>());
    card.architecture.name = json.at("architecture").at("name").get<std::string>();
    card.architecture.options = parse_yaml(json.at("architecture").at("options").dump(), "model card");
    card.classes = read_classes(json.at("classes"));
    card.bands = json.at("bands").get<std::vector<std::string>>();
    card.band_numbers = json.at("band_numbers").get<std::vector<std::int64_t>>();
    card.pixel_type = json.at("pixel_type").get<std::string>();
    card.normalization = read_normalization(json.at("normalization"));
    card.tile = json.at("tile").get<std::int64_t>();
    if (!json.at("resolution").is_null()) card.resolution = json.at("resolution").get<double>();
    card.image_size = json.value("image_size", card.image_size);
    card.resize = json.value("resize", card.resize);
    card.temperature = json.value("temperature", card.temperature);
    card.training = json.at("training").get<std::map<std::string, std::string>>();
    card.scores = read_scores(json.at("scores"));
  } catch (const nlohmann::json::exception& error) {
    throw ModelError(std::string("the model card is not what nadir writes: ") + error.what());
  } catch (const ConfigError& error) {
    throw ModelError(std::string("the model card is not what nadir writes: ") + error.what());
  }
  check(card);
  return card;
}

std::int64_t class_index(const ModelCard& card, const std::string& name, const std::string& what) {
  std::vector<std::string> names;
  for (const ClassInfo& each : card.classes) names.push_back(each.name);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return found - names.begin();
  const std::string hint = nearest(name, names);
  throw ConfigError(what + " '" + name + "' is no class of the model" +
                    (hint.empty() ? "" : "; did you mean " + hint + "?") +
                    " Its classes: " + join_words(names));
}

}  // namespace nadir
