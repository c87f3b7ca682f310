#include <functional>

#include "core/parse_number.h"
#include "core/text.h"
#include "generate/job_settings.h"
#include "nadir/config.h"

namespace nadir {
namespace {

template <class Number>
Number parse_as(const std::string& name, const std::string& text, const char* wanted) {
  if (const auto value = parse_number<Number>(text)) return *value;
  throw ConfigError(name + ": '" + text + "' is not " + wanted);
}
double real(const std::string& name, const std::string& text) {
  const auto value = parse_as<double>(name, text, "a number");
  if (!std::isfinite(value)) throw ConfigError(name + ": '" + text + "' is not a finite number");
  return value;
}
std::int64_t whole_number(const std::string& name, const std::string& text) {
  return parse_as<std::int64_t>(name, text, "a whole number");
}
// Tables out of other programs write 2020.0 for 2020.
int calendar_number(const std::string& name, const std::string& text) {
  const double value = real(name, text);
  if (value != std::floor(value) || std::abs(value) > 1e6) {
    throw ConfigError(name + ": '" + text + "' is not a whole number");
  }
  return static_cast<int>(value);
}

void set_known_date(KnownMetadata& known, const std::string& text) {
  ImageMetadata date;
  set_date(date, text);
  known.year = date.year, known.month = date.month, known.day = date.day;
}

struct Setting {
  std::vector<std::string> names;  // the first is the one that messages use
  std::function<void(GenerateJob&, const std::string& name, const std::string& value)> set;
};

const std::vector<Setting>& settings() {
  using Job = GenerateJob;
  using Text = const std::string&;
  static const std::vector<Setting> list = {
      {{"name", "id"}, [](Job& job, Text, Text v) { job.name = v; }},
      {{"prompt", "caption", "text"}, [](Job& job, Text, Text v) { job.config.prompt = v; }},
      {{"negative"}, [](Job& job, Text, Text v) { job.config.negative = v; }},
      {{"steps"}, [](Job& job, Text n, Text v) { job.config.steps = whole_number(n, v); }},
      {{"guidance"}, [](Job& job, Text n, Text v) { job.config.guidance = real(n, v); }},
      {{"guidance_rescale"}, [](Job& job, Text n, Text v) { job.config.guidance_rescale = real(n, v); }},
      {{"scheduler"}, [](Job& job, Text, Text v) { job.config.scheduler = v; }},
      {{"eta"}, [](Job& job, Text n, Text v) { job.config.eta = real(n, v); }},
      {{"strength"}, [](Job& job, Text n, Text v) { job.config.strength = real(n, v); }},
      {{"seed"},
       [](Job& job, Text n, Text v) {
         job.config.seed = parse_as<std::uint64_t>(n, v, "a whole number of 0 or more");
       }},
      {{"size"}, [](Job& job, Text n, Text v) { job.config.height = job.config.width = whole_number(n, v); }},
      {{"height"}, [](Job& job, Text n, Text v) { job.config.height = whole_number(n, v); }},
      {{"width"}, [](Job& job, Text n, Text v) { job.config.width = whole_number(n, v); }},
      {{"lon", "longitude"}, [](Job& job, Text n, Text v) { job.known.longitude = real(n, v); }},
      {{"lat", "latitude"}, [](Job& job, Text n, Text v) { job.known.latitude = real(n, v); }},
      {{"gsd"}, [](Job& job, Text n, Text v) { job.known.gsd = real(n, v); }},
      {{"cloud", "cloud_cover"}, [](Job& job, Text n, Text v) { job.known.cloud_cover = real(n, v); }},
      {{"date"}, [](Job& job, Text, Text v) { set_known_date(job.known, v); }},
      {{"year"}, [](Job& job, Text n, Text v) { job.known.year = calendar_number(n, v); }},
      {{"month"}, [](Job& job, Text n, Text v) { job.known.month = calendar_number(n, v); }},
      {{"day"}, [](Job& job, Text n, Text v) { job.known.day = calendar_number(n, v); }},
  };
  return list;
}

const Setting* find_setting(const std::string& name) {
  for (const Setting& each : settings()) {
    if (std::find(each.names.begin(), each.names.end(), name) != each.names.end()) return &each;
  }
  return nullptr;
}

}  // namespace

bool is_setting(const std::string& name) { return find_setting(name) != nullptr; }

std::string name_of_setting(const std::string& name) {
  const Setting* found = find_setting(name);
  return found ? found->names.front() : name;
}

void set_setting(GenerateJob& job, const std::string& name, const std::string& value) {
  const Setting* found = find_setting(name);
  if (!found) {
    std::vector<std::string> known;
    for (const Setting& each : settings()) known.push_back(each.names.front());
    throw_unknown_name("setting", name, known, {});
  }
  found->set(job, name, value);
}

void fit_metadata(GenerateJob& job, const DiffusionModel& model) {
  job.config.metadata.reset();
  if (model.denoiser->config().metadata > 0) job.config.metadata = job.known.whole();
}

}  // namespace nadir
