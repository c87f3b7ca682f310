#include <exception>
#include <mutex>
#include <thread>

#include "core/text.h"
#include "data/class_counts.h"
#include "data/pixel_types.h"
#include "data/single_thread.h"
#include "data/value_histogram.h"
#include "nadir/data.h"

namespace nadir {
namespace {

constexpr std::int64_t kWindow = 512;           // side of what is held at once, pixels, of large regions
constexpr std::int64_t kWholeValues = 1 << 24;  // regions of up to so many values are read at once
constexpr std::int64_t kSteps = 1000;           // of the quantiles

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

// One window's share of the result.
struct WindowStats {
  torch::Tensor image;  // contiguous
  std::vector<bool> counting;
  std::vector<Moments> bands;
  ClassCounts classes{0};
};

WindowStats measure(const Source& source, const Region& window, std::int64_t classes) {
  const Sample sample = source.read(window.scene, window.window);
  WindowStats stats;
  stats.image = sample.image.contiguous();
  stats.counting = counting_pixels(stats.image, sample.valid);
  visit_pixel_type(stats.image.scalar_type(), [&]<class T>(T) {
    const T* band = stats.image.const_data_ptr<T>();
    for (std::int64_t i = 0; i < stats.image.size(0); ++i) {
      stats.bands.push_back(moments_of(band, stats.counting));
      band += stats.counting.size();
    }
  });
  stats.classes = ClassCounts(classes);
  if (sample.target.defined()) stats.classes.add(window.scene, sample.target);
  return stats;
}

// Puts the windows' shares together. Counts add up in any order; means are merged in the windows' order, so
// that rounding does not depend on which thread was faster.
class Collector {
 public:
  explicit Collector(std::int64_t classes) : classes_(classes) {}

  void add(std::size_t index, const WindowStats& window) {
    count_values(window);
    classes_.merge(window.classes);
    waiting_.emplace(index, window.bands);
    for (auto next = waiting_.find(merged_); next != waiting_.end(); next = waiting_.find(++merged_)) {
      bands_.resize(next->second.size());
      for (std::size_t band = 0; band < bands_.size(); ++band) bands_[band].merge(next->second[band]);
      waiting_.erase(next);
    }
  }

  BandStats result() const {
    BandStats stats;
    stats.count = bands_.empty() ? 0 : bands_[0].count;
    if (stats.count == 0) {
      throw DataError("band statistics: no pixel of the part is valid; look at the images' nodata values");
    }
    for (std::size_t i = 0; i < bands_.size(); ++i) {
      const Moments& band = bands_[i];
      stats.mean.push_back(band.mean);
      stats.std.push_back(std::sqrt(band.squares / static_cast<double>(band.count)));
      stats.min.push_back(band.min);
      stats.max.push_back(band.max);
      stats.quantiles.push_back(histograms_[i].quantiles(kSteps));
      for (double& value : stats.quantiles.back()) value = std::clamp(value, band.min, band.max);
      stats.quantiles.back().front() = band.min;  // a bin's middle is not its end
      stats.quantiles.back().back() = band.max;
    }
    if (classes_.empty()) return stats;
    stats.class_pixels = classes_.pixels();
    stats.class_scene_pixels = classes_.scene_pixels();
    return stats;
  }

 private:
  void count_values(const WindowStats& window) {
    const torch::ScalarType type = window.image.scalar_type();
    while (histograms_.size() < window.bands.size()) histograms_.emplace_back(type);
    visit_pixel_type(type, [&]<class T>(T) {
      const T* value = window.image.const_data_ptr<T>();
      for (ValueHistogram& histogram : histograms_) {
        for (const bool counts : window.counting) {
          if (counts) histogram.add(*value);
          ++value;
        }
      }
    });
  }

  std::vector<ValueHistogram> histograms_;
  std::vector<Moments> bands_;
  ClassCounts classes_;
  std::map<std::size_t, std::vector<Moments>> waiting_;
  std::size_t merged_ = 0;  // windows before it are in bands_
};

std::vector<Region> windows_of(const Source& source, const std::vector<Region>& part) {
  std::vector<Region> windows;
  for (const Region& region : part) {
    const Window& whole = region.window;
    const std::int64_t bands = source.scenes().at(static_cast<std::size_t>(region.scene)).bands;
    const std::int64_t side =
        whole.area() * bands <= kWholeValues ? std::max(whole.height, whole.width) : kWindow;
    for (std::int64_t row = whole.row; row < whole.bottom(); row += side) {
      for (std::int64_t column = whole.column; column < whole.right(); column += side) {
        windows.push_back({region.scene, intersection(whole, {row, column, side, side})});
      }
    }
  }
  return windows;
}

// The pass over all windows, by any number of threads.
class Pass {
 public:
  Pass(const Source& source, std::vector<Region> windows, std::int64_t classes, ProgressObserver& observer)
      : source_(source),
        windows_(std::move(windows)),
        classes_(classes),
        observer_(observer),
        collector_(classes) {
    for (const Region& window : windows_) total_ += window.window.area();
  }

  BandStats run(std::int64_t threads) {
    {
      std::vector<std::jthread> others;
      for (std::int64_t i = 1; i < threads; ++i) others.emplace_back([this] { work(); });
      work();
    }
    if (error_) std::rethrow_exception(error_);
    return collector_.result();
  }

 private:
  void work() {
    const SingleThread single;
    while (const auto index = claim()) {
      try {
        if (stop_requested()) throw Interrupted("band statistics were interrupted");
        const WindowStats window = measure(source_, windows_[*index], classes_);
        take(*index, window);
      } catch (...) {
        fail(*index);
      }
    }
  }

  std::optional<std::size_t> claim() {
    const std::lock_guard lock(mutex_);
    if (error_ || next_ == windows_.size()) return std::nullopt;
    return next_++;
  }

  void take(std::size_t index, const WindowStats& window) {
    const std::lock_guard lock(mutex_);
    if (error_) return;
    collector_.add(index, window);
    done_ += windows_[index].window.area();
    observer_.progress({"band statistics", done_, total_, counted(done_, "pixel")});
  }

  // Of several errors, the one that a single thread would have met.
  void fail(std::size_t index) {
    const std::lock_guard lock(mutex_);
    if (error_ && failed_ < index) return;
    error_ = std::current_exception();
    failed_ = index;
  }

  const Source& source_;
  const std::vector<Region> windows_;
  const std::int64_t classes_;
  ProgressObserver& observer_;
  std::int64_t total_ = 0;

  std::mutex mutex_;  // of all that follows
  Collector collector_;
  std::size_t next_ = 0;
  std::int64_t done_ = 0;
  std::exception_ptr error_;
  std::size_t failed_ = 0;
};

}  // namespace

double BandStats::percentile(std::size_t band, double percent) const {
  const std::vector<double>& values = quantiles.at(band);
  const double place = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double share = place - static_cast<double>(below);
  return share > 0 ? values[below] + share * (values[below + 1] - values[below]) : values[below];
}

BandStats band_statistics(const Source& source, const std::vector<Region>& part, std::int64_t classes,
                          ProgressObserver& observer, std::int64_t threads) {
  return Pass(source, windows_of(source, part), classes, observer).run(threads);
}

}  // namespace nadir
