// Runs on an MLflow server, over its REST interface (https://mlflow.org/docs/latest/rest-api.html,
// version 2.0).
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "train/tracking/tracker.h"

namespace nadir {

class MlflowTracker final : public Tracker {
 public:
  // url: "http://host:5000"; the run's id is kept in `memory`, so that a resumed run goes on with it.
  MlflowTracker(std::string url, std::string experiment, std::filesystem::path memory,
                std::shared_ptr<const std::atomic<bool>> cancelled);
  std::string name() const override { return "MLflow at " + url_; }
  void begin(const RunFacts& facts) override;
  void scalars(std::int64_t step, double time,
               const std::vector<std::pair<std::string, double>>& values) override;
  void end(RunEnd how, std::int64_t step, double time) override;

 private:
  std::string call(const std::string& method, const std::string& path, const std::string& body);
  std::string experiment_id();
  void ensure_run();
  void make_run();
  void log_settings();

  std::string url_, experiment_;
  std::filesystem::path memory_;
  std::shared_ptr<const std::atomic<bool>> cancelled_;
  RunFacts facts_;
  std::string run_id_;  // "" until the server has made one
};

}  // namespace nadir
