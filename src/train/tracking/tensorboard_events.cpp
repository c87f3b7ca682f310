#include <cmath>
#include <protozero/pbf_builder.hpp>

#include "train/tracking/tensorboard.h"

namespace nadir {
namespace {

using protozero::pbf_builder;

// The fields that are used of each message, by their numbers in TensorFlow's and TensorBoard's .proto files.
enum class EventField : protozero::pbf_tag_type {
  kTime = 1,
  kStep = 2,
  kVersion = 3,
  kSummary = 5,
  kLog = 7
};
enum class LogField : protozero::pbf_tag_type { kStatus = 1 };
enum class SummaryField : protozero::pbf_tag_type { kValue = 1 };
enum class ValueField : protozero::pbf_tag_type {
  kTag = 1,
  kNumber = 2,
  kPicture = 4,
  kTensor = 8,
  kMetadata = 9
};
enum class PictureField : protozero::pbf_tag_type { kHeight = 1, kWidth = 2, kColors = 3, kFile = 4 };
enum class MetadataField : protozero::pbf_tag_type { kPlugin = 1 };
enum class PluginField : protozero::pbf_tag_type { kName = 1, kContent = 2 };
enum class SettingsField : protozero::pbf_tag_type { kExperiment = 2, kStart = 3, kEnd = 4 };
enum class ExperimentField : protozero::pbf_tag_type { kTime = 3, kMetric = 5 };
enum class MetricField : protozero::pbf_tag_type { kName = 1 };
enum class MetricNameField : protozero::pbf_tag_type { kTag = 2 };
enum class StartField : protozero::pbf_tag_type { kSettings = 1, kTime = 5 };
enum class EntryField : protozero::pbf_tag_type { kKey = 1, kValue = 2 };
enum class AnyField : protozero::pbf_tag_type { kNumber = 2, kText = 3, kTruth = 4 };
enum class EndField : protozero::pbf_tag_type { kStatus = 1, kTime = 2 };

constexpr std::int32_t kSessionStart = 1;
// A tensor without an element, which the hyperparameters' summaries have to carry.
const std::string kNullTensor = {8, 1, 18, 2, 18, 0};

std::string event_with_summary(double time, std::int64_t step, const std::string& summary) {
  std::string bytes;
  pbf_builder<EventField> event(bytes);
  event.add_double(EventField::kTime, time);
  if (step != 0) event.add_int64(EventField::kStep, step);
  event.add_message(EventField::kSummary, summary);
  return bytes;
}

// A summary of the plugin for hyperparameters.
void add_settings_value(pbf_builder<SummaryField>& summary, const std::string& tag,
                        const std::string& content) {
  std::string plugin;
  pbf_builder<PluginField> plugin_builder(plugin);
  plugin_builder.add_string(PluginField::kName, "hparams");
  plugin_builder.add_bytes(PluginField::kContent, content);
  std::string metadata;
  pbf_builder<MetadataField>(metadata).add_message(MetadataField::kPlugin, plugin);
  pbf_builder<ValueField> value(summary, SummaryField::kValue);
  value.add_string(ValueField::kTag, tag);
  value.add_message(ValueField::kTensor, kNullTensor);
  value.add_message(ValueField::kMetadata, metadata);
}

void add_setting(pbf_builder<StartField>& start, const std::string& name, const Parameter& setting) {
  pbf_builder<EntryField> entry(start, StartField::kSettings);
  entry.add_string(EntryField::kKey, name);
  pbf_builder<AnyField> value(entry, EntryField::kValue);
  if (const auto* number = std::get_if<double>(&setting)) value.add_double(AnyField::kNumber, *number);
  if (const auto* text = std::get_if<std::string>(&setting)) value.add_string(AnyField::kText, *text);
  if (const auto* truth = std::get_if<bool>(&setting)) value.add_bool(AnyField::kTruth, *truth);
}

std::string start_content(const RunFacts& facts) {
  std::string content;
  pbf_builder<SettingsField> settings(content);
  pbf_builder<StartField> start(settings, SettingsField::kStart);
  for (const auto& [name, value] : facts.settings) add_setting(start, name, value);
  start.add_double(StartField::kTime, facts.time);
  return content;
}

std::string experiment_content(const RunFacts& facts) {
  std::string content;
  pbf_builder<SettingsField> settings(content);
  pbf_builder<ExperimentField> experiment(settings, SettingsField::kExperiment);
  experiment.add_double(ExperimentField::kTime, facts.time);
  for (const std::string& score : facts.scores) {
    pbf_builder<MetricField> metric(experiment, ExperimentField::kMetric);
    pbf_builder<MetricNameField>(metric, MetricField::kName).add_string(MetricNameField::kTag, score);
  }
  return content;
}

// Height or width of an encoded PNG, from its header.
std::int32_t png_size(const std::string& png, std::size_t at) {
  std::uint32_t size = 0;
  for (std::size_t i = at; i < at + 4 && i < png.size(); ++i) {
    size = (size << 8) | static_cast<std::uint8_t>(png[i]);
  }
  return static_cast<std::int32_t>(size);
}

}  // namespace

std::string version_event(double time) {
  std::string bytes;
  pbf_builder<EventField> event(bytes);
  event.add_double(EventField::kTime, time);
  event.add_string(EventField::kVersion, "brain.Event:2");
  return bytes;
}

std::string restart_event(double time, std::int64_t step) {
  std::string bytes;
  pbf_builder<EventField> event(bytes);
  event.add_double(EventField::kTime, time);
  event.add_int64(EventField::kStep, step);
  pbf_builder<LogField>(event, EventField::kLog).add_enum(LogField::kStatus, kSessionStart);
  return bytes;
}

std::string scalars_event(double time, std::int64_t step,
                          const std::vector<std::pair<std::string, double>>& values) {
  std::string bytes;
  pbf_builder<SummaryField> summary(bytes);
  for (const auto& [name, number] : values) {
    if (!std::isfinite(number)) continue;
    pbf_builder<ValueField> value(summary, SummaryField::kValue);
    value.add_string(ValueField::kTag, name);
    value.add_float(ValueField::kNumber, static_cast<float>(number));
  }
  return event_with_summary(time, step, bytes);
}

std::string picture_event(double time, std::int64_t step, const std::string& tag, const std::string& png) {
  std::string bytes;
  {
    pbf_builder<SummaryField> summary(bytes);
    pbf_builder<ValueField> value(summary, SummaryField::kValue);
    value.add_string(ValueField::kTag, tag);
    pbf_builder<PictureField> picture(value, ValueField::kPicture);
    picture.add_int32(PictureField::kHeight, png_size(png, 20));
    picture.add_int32(PictureField::kWidth, png_size(png, 16));
    picture.add_int32(PictureField::kColors, 3);
    picture.add_bytes(PictureField::kFile, png);
  }
  return event_with_summary(time, step, bytes);
}

std::string settings_event(const RunFacts& facts) {
  std::string bytes;
  pbf_builder<SummaryField> summary(bytes);
  add_settings_value(summary, "_hparams_/experiment", experiment_content(facts));
  add_settings_value(summary, "_hparams_/session_start_info", start_content(facts));
  return event_with_summary(facts.time, facts.step, bytes);
}

std::string end_event(double time, std::int64_t step, RunEnd how) {
  std::string content;
  {
    pbf_builder<SettingsField> settings(content);
    pbf_builder<EndField> end(settings, SettingsField::kEnd);
    end.add_enum(EndField::kStatus, how == RunEnd::kFailed ? 2 : how == RunEnd::kStopped ? 3 : 1);
    end.add_double(EndField::kTime, time);
  }
  std::string bytes;
  pbf_builder<SummaryField> summary(bytes);
  add_settings_value(summary, "_hparams_/session_end_info", content);
  return event_with_summary(time, step, bytes);
}

}  // namespace nadir
