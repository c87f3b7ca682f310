// Whole pictures as a classifier saw them in training.
#pragma once

#include <string>

#include "nadir/model_file.h"
#include "nadir/predict.h"

namespace nadir {

// Brings a picture to the card's image_size in the way of training; as it is where it has that size. The card
// has an image_size. Throws DataError naming the picture when it is not 8-bit and would need more than
// nearest neighbours.
PixelSource::Pixels at_image_size(const PixelSource::Pixels& picture, const ModelCard& card,
                                  const std::string& name);

}  // namespace nadir
