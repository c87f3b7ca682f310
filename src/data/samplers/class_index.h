// How many pixels of each class lie where: what samplers need to draw a pixel of a class with equal chances.
#pragma once

#include "data/region_index.h"
#include "nadir/data.h"

namespace nadir {

// One pass over the targets of the part. Memory: a few bytes for each class in each cell of 256 x 256 pixels
// that has it; no pixel is kept.
class ClassIndex {
 public:
  // Windows of `regions` that lie in the same region belong together. Throws ConfigError for a source without
  // labels, beginning with `sampler`.
  ClassIndex(std::shared_ptr<const Source> source, const std::vector<Region>& regions, std::int64_t classes,
             const std::string& sampler);

  std::int64_t pixels(std::int64_t of_class) const {
    return counts_.at(static_cast<std::size_t>(of_class)).total();
  }
  struct Pixel {
    std::size_t region = 0;            // of the constructor's regions
    std::int64_t row = 0, column = 0;  // in the scene
  };
  // Any of the pixels of the class, all alike likely; reads one cell's target. The class has pixels.
  Pixel draw(std::int64_t of_class, RandomStream& random) const;

 private:
  struct Cell {
    std::size_t region;
    Window window;
  };
  std::shared_ptr<const Source> source_;
  std::vector<Region> regions_;
  std::vector<Cell> cells_;
  std::vector<std::vector<std::uint32_t>> cells_of_class_;  // numbers of cells that have the class
  std::vector<CumulativeCounts> counts_;                    // of each class, over those cells
};

}  // namespace nadir
