#include "data/sources/reader_pool.h"

namespace nadir {

ReaderPool::Lease ReaderPool::take(const std::string& path) {
  {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [&](const Idle& each) { return each.path == path; });
    if (found != idle_.end()) {
      std::unique_ptr<RasterReader> reader = std::move(found->reader);
      idle_.erase(found);
      return {*this, path, std::move(reader)};
    }
  }
  return {*this, path, std::make_unique<RasterReader>(path)};
}

void ReaderPool::give_back(const std::string& path, std::unique_ptr<RasterReader> reader) noexcept {
  std::list<Idle> closing;  // closes its file after the lock is gone
  try {
    closing.push_front({path, std::move(reader)});
    const std::lock_guard lock(mutex_);
    idle_.splice(idle_.begin(), closing);
    if (idle_.size() > most_idle_) closing.splice(closing.begin(), idle_, std::prev(idle_.end()));
  } catch (const std::bad_alloc&) {
    // Without memory for the list the file is closed.
  }
}

}  // namespace nadir
