// What every long-running job needs: a device, named random streams, progress for whoever watches, a way to
// stop.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "nadir/error.h"

namespace nadir {

// "cpu", "cuda", "cuda:1", or "auto" (the first GPU when one works, else the CPU).
// Throws ConfigError for another name, and for "cuda" where no GPU can be used.
c10::Device choose_device(const std::string& name);

// A stream of random numbers that depends on nothing but its key: the same key gives the same numbers on
// every machine, in any thread, in any order of use. Keys are made by chaining names and indices:
//   RandomStream(seed).child("augment").child(epoch).child(index)
// Numbers: SplitMix64 (Steele, Lea, Flood 2014) over the key.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed);
  RandomStream child(std::string_view name) const;
  RandomStream child(std::uint64_t index) const;

  std::uint64_t next();                     // 64 random bits
  double uniform();                         // [0, 1)
  double uniform(double low, double high);  // [low, high)
  std::int64_t below(std::int64_t bound);   // [0, bound), unbiased; bound >= 1
  bool chance(double probability) { return uniform() < probability; }

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

// 0 .. size-1 in an order that depends on the stream alone (Fisher-Yates).
std::vector<std::int64_t> permutation(std::int64_t size, RandomStream stream);

// How far a job is. `done` of `total` steps (0 when unknown); `text` is what to show beside the bar.
struct Progress {
  std::string stage;  // "train epoch 3/20", "predict"
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::string text;
};

// The library never prints: it tells an observer. Calls come from one thread at a time.
class ProgressObserver {
 public:
  virtual ~ProgressObserver() = default;
  virtual void progress(const Progress&) {}
  // A line worth keeping: an epoch's scores, a file that was written, a warning.
  virtual void message(const std::string& line) { static_cast<void>(line); }
  virtual void warning(const std::string& line) { message("warning: " + line); }
};
// An observer that ignores everything; the default everywhere.
ProgressObserver& silent_observer();

// Whether a stop was asked for (Ctrl-C); long jobs look at it between steps, save and throw Interrupted.
bool stop_requested();
// Asks for it; safe in a signal handler. `clear_stop` is for tests and for programs that go on.
void request_stop() noexcept;
void clear_stop() noexcept;

// A whole file as text. Throws DataError.
std::string read_text_file(const std::filesystem::path& file);

// Writes a file so that other programs see the old contents or the new, never a part: the text goes to a
// temporary file in the same folder, which is synced and renamed. Missing folders are made.
// Throws DataError (folder not writable, disk full, with the number of bytes that were wanted).
void write_file_atomically(const std::filesystem::path& file, std::string_view contents);
// The same for writers that need a path of their own: `write` fills the temporary file it is given.
void write_file_atomically(const std::filesystem::path& file,
                           const std::function<void(const std::filesystem::path&)>& write);

}  // namespace nadir
