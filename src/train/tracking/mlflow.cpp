#include "train/tracking/mlflow.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "nadir/runtime.h"
#include "train/tracking/http.h"

namespace nadir {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostParameters = 100, kMostMetrics = 1000, kLongestParameter = 500;
constexpr long kOk = 200, kNotFound = 404;

std::int64_t milliseconds(double time) { return static_cast<std::int64_t>(time * 1000); }

// Letters, digits and "_-. /" are all that MLflow takes.
std::string key(const std::string& name) {
  std::string text = name;
  for (char& c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("_-. /").find(c) == std::string_view::npos) c = '_';
  }
  return text;
}

std::string text_of(const Parameter& value) {
  if (const auto* number = std::get_if<double>(&value)) return shortest(*number);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  return std::get<std::string>(value).substr(0, kLongestParameter);
}

// What of its own words a server's refusal holds.
std::string message_of(const HttpAnswer& answer) {
  const Json json = Json::parse(answer.body, nullptr, false);
  return json.is_object() && json.contains("message") && json["message"].is_string()
             ? json["message"].get<std::string>()
             : answer.body.substr(0, 200);
}

}  // namespace

MlflowTracker::MlflowTracker(std::string url, std::string experiment, std::filesystem::path memory,
                             std::shared_ptr<const std::atomic<bool>> cancelled)
    : url_(std::move(url)),
      experiment_(std::move(experiment)),
      memory_(std::move(memory)),
      cancelled_(std::move(cancelled)) {
  while (url_.ends_with('/')) url_.pop_back();
}

std::string MlflowTracker::call(const std::string& method, const std::string& path, const std::string& body) {
  const HttpAnswer answer = http_json(method, url_ + "/api/2.0/mlflow/" + path, body, *cancelled_);
  if (answer.status != kOk) {
    throw Error(path + " was answered with " + std::to_string(answer.status) + ": " + message_of(answer));
  }
  return answer.body;
}

std::string MlflowTracker::experiment_id() {
  const std::string question = "experiments/get-by-name?experiment_name=" + url_encoded(experiment_);
  const HttpAnswer found = http_json("GET", url_ + "/api/2.0/mlflow/" + question, "", *cancelled_);
  if (found.status == kOk) return Json::parse(found.body).at("experiment").at("experiment_id");
  if (found.status != kNotFound) {
    throw Error("asking for the experiment '" + experiment_ + "' was answered with " +
                std::to_string(found.status) + ": " + message_of(found));
  }
  return Json::parse(call("POST", "experiments/create", Json{{"name", experiment_}}.dump()))
      .at("experiment_id");
}

void MlflowTracker::make_run() {
  const Json run = {{"experiment_id", experiment_id()},
                    {"run_name", facts_.name},
                    {"start_time", milliseconds(facts_.time)},
                    {"tags", Json::array({{{"key", "mlflow.source.name"}, {"value", "nadir train"}}})}};
  run_id_ = Json::parse(call("POST", "runs/create", run.dump())).at("run").at("info").at("run_id");
  write_file_atomically(memory_, Json{{"url", url_}, {"run_id", run_id_}}.dump() + "\n");
  log_settings();
}

void MlflowTracker::log_settings() {
  Json parameters = Json::array();
  const auto send = [&] {
    call("POST", "runs/log-batch", Json{{"run_id", run_id_}, {"params", parameters}}.dump());
    parameters.clear();
  };
  for (const auto& [name, value] : facts_.settings) {
    if (const std::string text = text_of(value); !text.empty()) {
      parameters.push_back({{"key", key(name)}, {"value", text}});
    }
    if (parameters.size() == kMostParameters) send();
  }
  if (!parameters.empty()) send();
}

// The server may come up after the run began.
void MlflowTracker::ensure_run() {
  if (!run_id_.empty()) return;
  if (facts_.resumed && std::filesystem::exists(memory_)) {
    const Json kept = Json::parse(read_text_file(memory_), nullptr, false);
    if (kept.is_object() && kept.value("url", "") == url_) {
      const std::string run_id = kept.value("run_id", "");
      call("POST", "runs/update", Json{{"run_id", run_id}, {"status", "RUNNING"}}.dump());
      run_id_ = run_id;
      return;
    }
  }
  make_run();
}

void MlflowTracker::begin(const RunFacts& facts) {
  facts_ = facts;
  ensure_run();
}

void MlflowTracker::scalars(std::int64_t step, double time,
                            const std::vector<std::pair<std::string, double>>& values) {
  ensure_run();
  Json metrics = Json::array();
  for (const auto& [name, value] : values) {
    if (!std::isfinite(value) || metrics.size() == kMostMetrics) continue;
    metrics.push_back(
        {{"key", key(name)}, {"value", value}, {"timestamp", milliseconds(time)}, {"step", step}});
  }
  if (metrics.empty()) return;
  call("POST", "runs/log-batch", Json{{"run_id", run_id_}, {"metrics", metrics}}.dump());
}

void MlflowTracker::end(RunEnd how, std::int64_t, double time) {
  ensure_run();
  const char* status = how == RunEnd::kFinished ? "FINISHED" : how == RunEnd::kFailed ? "FAILED" : "KILLED";
  call("POST", "runs/update",
       Json{{"run_id", run_id_}, {"status", status}, {"end_time", milliseconds(time)}}.dump());
}

}  // namespace nadir
