#include "golden.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace nadir::golden {
namespace {

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t h = 0xcbf29ce484222325U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return h;
}

std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

bool ends_with(const std::string& text, const char* suffix) { return text.ends_with(suffix); }

}  // namespace

std::filesystem::path folder() {
  const char* chosen = std::getenv("NADIR_GOLDENS");
  return chosen && *chosen ? std::filesystem::path(chosen)
                           : std::filesystem::path(NADIR_TEST_DATA) / "goldens";
}

std::vector<std::filesystem::path> files(const std::string& prefix) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".json")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

nlohmann::json read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("no golden " + file.string());
  return nlohmann::json::parse(stream);
}

std::string hash(const std::string& text) {
  std::ostringstream digits;
  digits << std::hex << std::setw(16) << std::setfill('0') << fnv1a(text);
  return digits.str();
}

double unit(const std::string& name, std::uint64_t index) {
  return static_cast<double>(splitmix64(fnv1a(name) + index) >> 40) / 16777216.0;
}

torch::Tensor units(const std::string& name, at::IntArrayRef shape) {
  torch::Tensor result = torch::empty(shape, torch::kFloat64);
  const std::uint64_t key = fnv1a(name);
  double* values = result.data_ptr<double>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    values[i] = static_cast<double>(splitmix64(key + static_cast<std::uint64_t>(i)) >> 40) / 16777216.0;
  }
  return result;
}

torch::Tensor labels(const std::string& name, at::IntArrayRef shape, std::int64_t classes) {
  return (units(name, shape) * static_cast<double>(classes)).floor().to(torch::kInt64);
}

torch::Tensor state(const std::string& name, at::IntArrayRef shape, bool is_norm, Kind kind) {
  if (ends_with(name, "num_batches_tracked")) return torch::zeros(shape, torch::kInt64);
  if (kind == Kind::kZero) return torch::zeros(shape, torch::kFloat64);
  torch::Tensor u = units(name, shape);
  if (kind == Kind::kOther) {
    u = (u - 0.5) * 0.2;
  } else if (shape.size() >= 2) {
    double fan_in = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) fan_in *= static_cast<double>(shape[i]);
    u = (2 * u - 1) * std::sqrt(3 / fan_in);
  } else if (ends_with(name, "running_var") || (is_norm && ends_with(name, ".weight"))) {
    u = 0.5 + u;
  } else {
    u = (u - 0.5) * 0.2;
  }
  return u.to(torch::kFloat32).to(torch::kFloat64);
}

}  // namespace nadir::golden
