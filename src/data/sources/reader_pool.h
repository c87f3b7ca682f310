// Open rasters for many threads: a reader serves one thread at a time, and idle ones are kept for the next.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "nadir/raster.h"

namespace nadir {

class ReaderPool {
 public:
  // A reader of one's own; it goes back to the pool, which must live longer.
  class Lease {
   public:
    Lease(ReaderPool& pool, std::string path, std::unique_ptr<RasterReader> reader)
        : pool_(pool), path_(std::move(path)), reader_(std::move(reader)) {}
    ~Lease() { pool_.give_back(path_, std::move(reader_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    const RasterReader* operator->() const { return reader_.get(); }
    const RasterReader& operator*() const { return *reader_; }

   private:
    ReaderPool& pool_;
    std::string path_;
    std::unique_ptr<RasterReader> reader_;
  };

  // At most `idle` files are kept open between leases, the last used.
  explicit ReaderPool(std::size_t idle = 64) : most_idle_(idle) {}
  // Thread-safe. Throws what RasterReader throws.
  Lease take(const std::string& path);

 private:
  struct Idle {
    std::string path;
    std::unique_ptr<RasterReader> reader;
  };
  void give_back(const std::string& path, std::unique_ptr<RasterReader> reader) noexcept;

  const std::size_t most_idle_;
  std::mutex mutex_;
  std::list<Idle> idle_;  // the last used first
};

}  // namespace nadir
