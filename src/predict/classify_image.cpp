#include <torch/torch.h>

#include <algorithm>

#include "core/text.h"
#include "nadir/predict.h"
#include "predict/mirrored_tile.h"
#include "predict/raster_source.h"
#include "predict/whole_picture.h"

namespace nadir {
namespace {

constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;  // of a picture that is read whole

// As a training sample was made of its file.
ImageClasses of_whole(const ModelCard& card, const TileFunction& network, RasterSource& source) {
  const Window area = source.area();
  if (area.area() > kMostPixels)
    throw DataError(source.info().path + ": has " + counted(area.area(), "pixel") +
                    "; the model looks at whole pictures, of up to " + with_thousands(kMostPixels));
  const PixelSource::Pixels picture = at_image_size(source.pixels().read(area), card, source.info().path);
  const torch::Tensor valid = picture.valid.defined() ? picture.valid.unsqueeze(0) : picture.valid;
  return {network(picture.image.unsqueeze(0), valid).flatten(), 1};
}

// Patches side by side; those at the right and lower border are mirrored up to the size.
ImageClasses of_patches(const TileFunction& network, RasterSource& source, std::int64_t side) {
  const Window area = source.area();
  PixelSource pixels = source.pixels();
  ImageClasses result{{}, 0};
  for (std::int64_t row = area.row; row < area.bottom(); row += side) {
    for (std::int64_t column = area.column; column < area.right(); column += side) {
      if (stop_requested()) throw Interrupted("classification was interrupted; nothing was written");
      const PixelSource::Pixels part = pixels.read(intersection(area, {row, column, side, side}));
      if (part.valid.defined() && !part.valid.any().item<bool>()) continue;
      const MirroredTile tile = mirrored_tile(part.image, part.valid, side, side);
      const torch::Tensor p = network(tile.image.unsqueeze(0), tile.valid.unsqueeze(0)).flatten();
      result.probabilities = result.patches == 0 ? p : result.probabilities + p;
      ++result.patches;
    }
  }
  if (result.patches == 0) throw DataError(source.info().path + ": has no valid pixel");
  result.probabilities = result.probabilities / static_cast<double>(result.patches);
  return result;
}

}  // namespace

ImageClasses classify_image(const LoadedModel& model, const TileFunction& network, const PredictInput& input,
                            const PredictConfig& config, ProgressObserver& observer) {
  const ModelCard& card = model.card;
  if (!labels_images(card.task))
    throw ModelError("the model labels pixels; classes of whole images need a classifier");
  const torch::NoGradGuard no_grad;
  RasterSource source(input, card, observer);
  const std::int64_t side = config.tile > 0 ? config.tile : card.tile;
  ImageClasses result = card.image_size.empty() || config.tile > 0
                            ? of_patches(network, source, std::max<std::int64_t>(side, 1))
                            : of_whole(card, network, source);
  if (!result.probabilities.isfinite().all().item<bool>())
    throw ModelError(input.files.front() +
                     ": the model gives probabilities that are not finite; its weights "
                     "or its normalization do not fit these values");
  return result;
}

}  // namespace nadir
