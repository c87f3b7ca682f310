// Event files that TensorBoard reads: records in TFRecord's framing, each an Event in protobuf's wire format
// (tensorflow/core/util/event.proto; tensorboard/plugins/hparams/plugin_data.proto).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "train/tracking/tracker.h"

namespace nadir {

// CRC-32C (Castagnoli polynomial, reflected 0x82f63b78), as iSCSI's: of "123456789" 0xe3069283.
std::uint32_t crc32c(std::string_view bytes);
// Length (8 bytes, little-endian), masked CRC of it, data, masked CRC of them. The mask is
// ((crc >> 15) | (crc << 17)) + 0xa282ead8.
std::string tfrecord(std::string_view data);

// Events as bytes. Times are seconds since 1970.
std::string version_event(double time);
std::string restart_event(double time,
                          std::int64_t step);  // what comes later than `step` was written in vain
std::string scalars_event(double time, std::int64_t step,
                          const std::vector<std::pair<std::string, double>>& values);
std::string picture_event(double time, std::int64_t step, const std::string& tag, const std::string& png);
std::string settings_event(const RunFacts& facts);  // the hyperparameters' page: session start, its scores
std::string end_event(double time, std::int64_t step, RunEnd how);

// One file for each start of the program, in `folder`.
class TensorBoard final : public Tracker {
 public:
  explicit TensorBoard(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::string name() const override { return "TensorBoard in " + folder_.string(); }
  void begin(const RunFacts& facts) override;
  void scalars(std::int64_t step, double time,
               const std::vector<std::pair<std::string, double>>& values) override;
  void picture(std::int64_t step, double time, const std::string& tag, const std::string& png) override;
  void end(RunEnd how, std::int64_t step, double time) override;

 private:
  void write(const std::string& event);

  std::filesystem::path folder_, path_;
  std::ofstream file_;
};

}  // namespace nadir
