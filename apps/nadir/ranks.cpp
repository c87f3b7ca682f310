#include "ranks.h"

#include <cstdlib>

namespace nadir {
namespace {

std::optional<std::int64_t> number(const char* name) {
  const char* const text = std::getenv(name);
  if (!text || !*text) return std::nullopt;
  char* end = nullptr;
  const long long value = std::strtoll(text, &end, 10);
  return *end ? std::nullopt : std::optional<std::int64_t>(value);
}

}  // namespace

std::optional<PredictShard> shard_of_environment() {
  constexpr const char* kLaunchers[][2] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                           {"PMI_RANK", "PMI_SIZE"},
                                           {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"}};
  for (const auto& [rank, size] : kLaunchers) {
    const std::optional<std::int64_t> index = number(rank), count = number(size);
    if (index && count && *count > 1) return PredictShard{*index, *count};
  }
  return std::nullopt;
}

}  // namespace nadir
