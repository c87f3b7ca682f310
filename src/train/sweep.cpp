#include "train/sweep.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/parse_number.h"
#include "core/text.h"
#include "train/checkpoint.h"

namespace nadir {
namespace {

// At commas that are not inside brackets.
std::vector<std::string> split_values(const std::string& text) {
  std::vector<std::string> values(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (c == ',' && depth == 0) {
      values.emplace_back();
    } else {
      values.back() += c;
    }
  }
  return values;
}

// "0:1:0.2"; empty when the text is no such range.
std::vector<std::string> range_values(const std::string& text) {
  const std::size_t first = text.find(':'), second = text.find(':', first + 1);
  if (first == std::string::npos || second == std::string::npos) return {};
  const auto begin = parse_number<double>(text.substr(0, first)),
             end = parse_number<double>(text.substr(first + 1, second - first - 1)),
             stride = parse_number<double>(text.substr(second + 1));
  if (!begin || !end || !stride) return {};
  const double from = *begin, to = *end, step = *stride;
  if (step == 0 || (to - from) / step < 0 || (to - from) / step > 1000) {
    throw ConfigError("--over: the range " + text + " does not get from " + shortest(from) + " to " +
                      shortest(to) + " in at most 1000 steps of " + shortest(step));
  }
  const auto count = static_cast<std::int64_t>(std::floor((to - from) / step + 1e-9));
  std::vector<std::string> values;
  for (std::int64_t i = 0; i <= count; ++i) {
    // 3 * 0.2 is not 0.6 to the last digit: twelve of them are kept.
    const double value = std::round((from + static_cast<double>(i) * step) * 1e12) / 1e12;
    values.push_back(shortest(value));
  }
  return values;
}

std::string last_word(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string::npos ? key : key.substr(dot + 1);
}

// A folder's name has no room for these: "{unet: {start: 4}}" becomes "unet-start-4".
std::string folder_word(const std::string& text) {
  std::string word;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) ||
                       std::string_view("._=-+").find(c) != std::string_view::npos;
    if (plain) word += c;
    if (!plain && !word.empty() && word.back() != '-' && word.back() != '=') word += '-';
  }
  while (word.ends_with('-')) word.pop_back();
  return word;
}

// The parts of the recipe that a key may mean without their names.
std::vector<const Component*> parts(const Recipe& recipe, const std::string& group) {
  if (group == "model") return {&recipe.model};
  if (group == "optimizer") return {&recipe.optimizer};
  if (group == "schedule") return {&recipe.schedule};
  std::vector<const Component*> found;
  if (group == "loss") {
    for (const Component& each : recipe.loss) found.push_back(&each);
  }
  return found;
}

std::string full_key(const Recipe& recipe, const std::string& key) {
  const std::size_t dot = key.find('.');
  if (dot == std::string::npos) return key;
  const std::string group = key.substr(0, dot), setting = key.substr(dot + 1);
  std::vector<std::string> found;
  for (const Component* each : parts(recipe, group)) {
    if (setting.starts_with(each->name + ".") || setting == each->name) return key;
    const std::string first = setting.substr(0, setting.find('.'));
    if (each->options.find(first)) found.push_back(group + "." + each->name + "." + setting);
  }
  if (found.size() > 1) {
    throw ConfigError("--over " + key + ": may mean " + join_words(found) + "; say which");
  }
  return found.empty() ? key : found.front();
}

nlohmann::json stored_state(const RunFolder& run) {
  const auto metadata = read_safetensors_metadata(checkpoint_file(run));
  const auto found = metadata.find("nadir.state");
  return found == metadata.end() ? nlohmann::json() : nlohmann::json::parse(found->second, nullptr, false);
}

}  // namespace

SweepAxis parse_axis(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    throw ConfigError("--over '" + text + "' is not of the form key=a,b,c or key=from:to:step");
  }
  const std::string values = text.substr(equals + 1);
  const std::vector<std::string> range = range_values(values);
  return {text.substr(0, equals), range.empty() ? split_values(values) : range};
}

std::vector<SweepRun> sweep_runs(const Recipe& recipe, const std::vector<SweepAxis>& axes) {
  std::vector<SweepRun> runs = {{}};
  for (const SweepAxis& axis : axes) {
    std::vector<SweepRun> longer;
    for (const SweepRun& run : runs) {
      for (const std::string& value : axis.values) {
        SweepRun next = run;
        next.name += (run.name.empty() ? "" : ",") + folder_word(last_word(axis.key) + "=" + value);
        next.overrides.push_back(full_key(recipe, axis.key) + "=" + value);
        longer.push_back(std::move(next));
      }
    }
    runs = std::move(longer);
  }
  std::set<std::string> names;
  for (const SweepRun& each : runs) {
    if (!names.insert(each.name).second) throw ConfigError("--over: two runs would be '" + each.name + "'");
  }
  return runs;
}

bool run_begun(const RunFolder& run) { return std::filesystem::exists(checkpoint_file(run)); }

bool run_finished(const RunFolder& run) {
  if (!run_begun(run)) return false;
  const nlohmann::json state = stored_state(run);
  return state.is_object() && state.value("finished", false);
}

}  // namespace nadir
