#include <c10/util/Exception.h>
#include <torch/cuda.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "data/batch.h"
#include "data/single_thread.h"
#include "nadir/data.h"

namespace nadir {
namespace {

void check(const LoaderConfig& config) {
  if (config.batch_size < 1 || config.threads < 0 || config.prefetch < 1) {
    throw ConfigError("loader: batch_size and prefetch must be at least 1, threads at least 0; found " +
                      std::to_string(config.batch_size) + ", " + std::to_string(config.prefetch) + " and " +
                      std::to_string(config.threads));
  }
}

// Reads a sample; errors say which one it was.
Sample get_sample(const Dataset& dataset, std::int64_t epoch, std::int64_t index) {
  const auto what = [&](const std::string& message) {
    return "sample " + std::to_string(index) + " of epoch " + std::to_string(epoch) + ": " + message;
  };
  try {
    return dataset.get(epoch, index);
  } catch (const ConfigError& error) {
    throw ConfigError(what(error.what()));
  } catch (const DataError& error) {
    throw DataError(what(error.what()));
  } catch (const c10::Error& error) {
    throw std::logic_error(what(error.what_without_backtrace()));
  }
}

// A batch, or why there is none.
struct Made {
  Batch batch;
  std::exception_ptr error;
};

struct Epoch {
  std::int64_t number = 0;
  std::vector<std::int64_t> order;  // empty: as the dataset has them
};

}  // namespace

// The batches being made: a ring of `prefetch` slots. Batch i goes to slot i % prefetch; workers claim
// batches in order, never more than `prefetch` beyond the last one given out.
class Loader::Workers {
 public:
  Workers(const Dataset& dataset, LoaderConfig config, std::uint64_t seed, BatchTransforms transforms)
      : dataset_(dataset), config_(config), seed_(seed), transforms_(std::move(transforms)) {
    check(config_);
    config_.pin_memory = config_.pin_memory && torch::cuda::is_available();
    slots_.resize(static_cast<std::size_t>(config_.prefetch));
    for (std::int64_t i = 0; i < config_.threads; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
  }

  std::int64_t batches() const {
    const std::int64_t size = dataset_.size();
    return config_.drop_last ? size / config_.batch_size
                             : (size + config_.batch_size - 1) / config_.batch_size;
  }

  void start(std::int64_t number, std::int64_t first_batch) {
    if (first_batch < 0 || first_batch > batches()) {
      throw std::logic_error("loader: epoch " + std::to_string(number) + " has no batch " +
                             std::to_string(first_batch));
    }
    auto epoch = std::make_shared<Epoch>();
    epoch->number = number;
    if (config_.shuffle) {
      epoch->order = permutation(
          dataset_.size(), RandomStream(seed_).child("shuffle").child(static_cast<std::uint64_t>(number)));
    }
    {
      const std::lock_guard lock(mutex_);
      epoch_ = std::move(epoch);
      batches_ = batches();
      claimed_ = given_ = first_batch;
      for (auto& slot : slots_) slot.reset();
    }
    waited_ = {};
    may_claim_.notify_all();
  }

  std::optional<Batch> next() {
    if (!epoch_) throw std::logic_error("loader: next() before start()");
    if (given_ == batches_) return std::nullopt;
    const auto begin = std::chrono::steady_clock::now();
    Made made = threads_.empty() ? make_here() : take();
    waited_ += std::chrono::steady_clock::now() - begin;
    if (made.error) std::rethrow_exception(made.error);
    return std::move(made.batch);
  }

  double seconds_waited() const { return waited_.count(); }

 private:
  Made make_here() {
    const SingleThread single;
    return make(*epoch_, given_++);
  }

  Made take() {
    std::unique_lock lock(mutex_);
    std::optional<Made>& slot = slot_of(given_);
    made_.wait(lock, [&] { return slot.has_value(); });
    Made made = std::move(*slot);
    slot.reset();
    ++given_;
    lock.unlock();
    may_claim_.notify_one();
    return made;
  }

  void work(const std::stop_token& stop) {
    const SingleThread single;
    std::unique_lock lock(mutex_);
    while (may_claim_.wait(lock, stop, [&] { return can_claim(); })) {
      const std::int64_t batch = claimed_++;
      const std::shared_ptr<const Epoch> epoch = epoch_;
      lock.unlock();
      Made made = make(*epoch, batch);
      lock.lock();
      if (stop.stop_requested()) return;
      if (epoch != epoch_) continue;  // another epoch has begun: nobody wants it
      slot_of(batch) = std::move(made);
      made_.notify_one();
    }
  }

  bool can_claim() const { return epoch_ && claimed_ < batches_ && claimed_ < given_ + config_.prefetch; }

  std::optional<Made>& slot_of(std::int64_t batch) {
    return slots_[static_cast<std::size_t>(batch % config_.prefetch)];
  }

  // Not in inference mode: the network's backward pass may need the images.
  Made make(const Epoch& epoch, std::int64_t batch) const {
    Made made;
    try {
      const torch::NoGradGuard no_grad;
      const std::int64_t first = batch * config_.batch_size;
      const std::int64_t last = std::min(first + config_.batch_size, dataset_.size());
      std::vector<Sample> samples;
      for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t index = epoch.order.empty() ? i : epoch.order[static_cast<std::size_t>(i)];
        samples.push_back(get_sample(dataset_, epoch.number, index));
      }
      // Transforms make new tensors: those of the last step are the ones to be page-locked.
      made.batch = make_batch(samples, config_.pin_memory && transforms_.empty());
      if (!transforms_.empty()) made.batch = transform(std::move(made.batch), epoch.number, batch);
    } catch (...) {
      made.error = std::current_exception();
    }
    return made;
  }

  Batch transform(Batch made, std::int64_t epoch, std::int64_t batch) const {
    const RandomStream random = RandomStream(seed_)
                                    .child("mix")
                                    .child(static_cast<std::uint64_t>(epoch))
                                    .child(static_cast<std::uint64_t>(batch));
    for (std::size_t i = 0; i < transforms_.size(); ++i) {
      RandomStream own = random.child(i);
      made = transforms_[i]->apply(std::move(made), own);
    }
    if (config_.pin_memory) {
      for (torch::Tensor* each : {&made.images, &made.targets, &made.valid, &made.mix_targets}) {
        if (each->defined()) *each = each->pin_memory();
      }
    }
    return made;
  }

  const Dataset& dataset_;
  LoaderConfig config_;
  const std::uint64_t seed_;
  const BatchTransforms transforms_;
  std::chrono::duration<double> waited_{};

  std::mutex mutex_;  // of all that follows; the caller's thread alone changes epoch_, batches_ and given_
  std::condition_variable_any may_claim_;
  std::condition_variable made_;
  std::shared_ptr<const Epoch> epoch_;
  std::int64_t batches_ = 0;
  std::int64_t claimed_ = 0;  // batches before it are made or being made
  std::int64_t given_ = 0;    // batches before it were given out
  std::vector<std::optional<Made>> slots_;
  std::vector<std::jthread> threads_;  // last: they stop before what they use goes away
};

Loader::Loader(const Dataset& dataset, LoaderConfig config, std::uint64_t seed, BatchTransforms transforms)
    : workers_(std::make_unique<Workers>(dataset, config, seed, std::move(transforms))) {}
Loader::~Loader() = default;

std::int64_t Loader::batches() const { return workers_->batches(); }
void Loader::start(std::int64_t epoch, std::int64_t first_batch) { workers_->start(epoch, first_batch); }
std::optional<Batch> Loader::next() { return workers_->next(); }
double Loader::seconds_waited() const { return workers_->seconds_waited(); }

}  // namespace nadir
