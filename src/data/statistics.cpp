#include "core/text.h"
#include "data/pixel_types.h"
#include "nadir/data.h"

namespace nadir {
namespace {

constexpr std::int64_t kWindow = 512;  // side of what is held at once, pixels

// Mean and sum of squared deviations of one band.
struct Moments {
  std::int64_t count = 0;
  double mean = 0;
  double squares = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  // Chan, Golub and LeVeque 1979: exact where sums of squares would cancel.
  void merge(const Moments& other) {
    if (other.count == 0) return;
    const auto total = static_cast<double>(count + other.count);
    const double delta = other.mean - mean;
    squares +=
        other.squares + delta * delta * static_cast<double>(count) * static_cast<double>(other.count) / total;
    mean += delta * static_cast<double>(other.count) / total;
    count += other.count;
    min = std::min(min, other.min);
    max = std::max(max, other.max);
  }
};

template <class T>
Moments moments_of(const T* pixels, const std::vector<bool>& counting) {
  Moments result;
  double sum = 0;
  for (std::size_t i = 0; i < counting.size(); ++i) {
    if (!counting[i]) continue;
    const auto value = static_cast<double>(pixels[i]);
    sum += value;
    ++result.count;
    result.min = std::min(result.min, value);
    result.max = std::max(result.max, value);
  }
  if (result.count == 0) return result;
  result.mean = sum / static_cast<double>(result.count);
  for (std::size_t i = 0; i < counting.size(); ++i) {
    const double deviation = static_cast<double>(pixels[i]) - result.mean;
    if (counting[i]) result.squares += deviation * deviation;
  }
  return result;
}

// Pixels that are valid, and finite in every band.
std::vector<bool> counting_pixels(const torch::Tensor& image, const torch::Tensor& valid) {
  const auto pixels = static_cast<std::size_t>(image.size(1) * image.size(2));
  std::vector<bool> counting(pixels, true);
  if (valid.defined()) {
    const torch::Tensor mask = valid.contiguous();
    std::copy_n(mask.const_data_ptr<bool>(), pixels, counting.begin());
  }
  if (image.scalar_type() != torch::kFloat32) return counting;
  const float* value = image.const_data_ptr<float>();
  for (std::int64_t band = 0; band < image.size(0); ++band) {
    for (std::size_t i = 0; i < pixels; ++i, ++value) counting[i] = counting[i] && std::isfinite(*value);
  }
  return counting;
}

void add_image(const Sample& sample, std::vector<Moments>& bands) {
  const torch::Tensor image = sample.image.contiguous();
  const std::vector<bool> counting = counting_pixels(image, sample.valid);
  bands.resize(static_cast<std::size_t>(image.size(0)));
  visit_pixel_type(image.scalar_type(), [&]<class T>(T) {
    const T* band = image.const_data_ptr<T>();
    for (Moments& each : bands) {
      each.merge(moments_of(band, counting));
      band += counting.size();
    }
  });
}

// Multiclass targets count their values, multilabel ones [K, H, W] the pixels of each label.
void add_target(const torch::Tensor& target, std::vector<std::int64_t>& class_pixels) {
  const torch::Tensor labels = target.contiguous();
  const auto* value = labels.const_data_ptr<std::uint8_t>();
  const bool multilabel = labels.dim() == 3;
  const std::int64_t plane = labels.size(-1) * labels.size(-2);
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    const std::int64_t found = multilabel ? (value[i] == 1 ? i / plane : kIgnore) : value[i];
    if (found < static_cast<std::int64_t>(class_pixels.size()))
      ++class_pixels[static_cast<std::size_t>(found)];
  }
}

std::vector<Region> windows_of(const Region& region) {
  std::vector<Region> windows;
  const Window& whole = region.window;
  for (std::int64_t row = whole.row; row < whole.bottom(); row += kWindow) {
    for (std::int64_t column = whole.column; column < whole.right(); column += kWindow) {
      windows.push_back({region.scene, intersection(whole, {row, column, kWindow, kWindow})});
    }
  }
  return windows;
}

BandStats summarize(const std::vector<Moments>& bands, std::vector<std::int64_t> class_pixels) {
  BandStats stats;
  stats.count = bands.empty() ? 0 : bands[0].count;
  if (stats.count == 0) {
    throw DataError("band statistics: no pixel of the part is valid; look at the images' nodata values");
  }
  for (const Moments& band : bands) {
    stats.mean.push_back(band.mean);
    stats.std.push_back(std::sqrt(band.squares / static_cast<double>(band.count)));
    stats.min.push_back(band.min);
    stats.max.push_back(band.max);
  }
  stats.class_pixels = std::move(class_pixels);
  return stats;
}

}  // namespace

BandStats band_statistics(const Source& source, const std::vector<Region>& part, std::int64_t classes,
                          ProgressObserver& observer) {
  std::int64_t total = 0;
  for (const Region& region : part) total += region.window.area();
  std::vector<Moments> bands;
  std::vector<std::int64_t> class_pixels;
  std::int64_t done = 0;
  for (const Region& region : part) {
    for (const Region& window : windows_of(region)) {
      if (stop_requested()) throw Interrupted("band statistics were interrupted");
      const Sample sample = source.read(window.scene, window.window);
      add_image(sample, bands);
      if (sample.target.defined() && sample.target.dim() >= 2) {
        class_pixels.resize(static_cast<std::size_t>(classes));
        add_target(sample.target, class_pixels);
      }
      done += window.window.area();
      observer.progress({"band statistics", done, total, counted(done, "pixel")});
    }
  }
  return summarize(bands, std::move(class_pixels));
}

}  // namespace nadir
