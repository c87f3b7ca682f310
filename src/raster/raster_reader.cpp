#include <ATen/ATen.h>
#include <sys/mman.h>

#include <cmath>
#include <new>
#include <stdexcept>

#include "core/text.h"
#include "nadir/raster.h"
#include "raster/gdal.h"
#include "raster/raster_file.h"
#include "raster/validity.h"

namespace nadir {
namespace {

std::vector<int> chosen_bands(const RasterInfo& info, const std::vector<std::int64_t>& bands) {
  const auto count = static_cast<std::int64_t>(info.bands.size());
  std::vector<int> numbers;
  for (const std::int64_t band : bands) {
    if (band < 1 || band > count) {
      throw ConfigError(info.path + ": band " + std::to_string(band) + " is out of range: the raster has " +
                        counted(count, "band") + ", numbered from 1");
    }
    numbers.push_back(static_cast<int>(band));
  }
  for (int band = 1; bands.empty() && band <= count; ++band) numbers.push_back(band);
  return numbers;
}

void check_inside(const RasterInfo& info, const Window& window) {
  if (!window.empty() && Window{0, 0, info.height, info.width}.contains(window)) return;
  throw std::logic_error(info.path + ": the window " + to_string(window) +
                         " is empty or leaves the raster of " + std::to_string(info.height) + " x " +
                         std::to_string(info.width) + " pixels");
}

constexpr std::int64_t kCachedBytes = 16 << 20;  // half of GDAL's block cache

// Whole rows of blocks whose pixels of all bands the block cache can hold.
std::vector<Window> in_cached_parts(const RasterInfo& info, const Window& window) {
  const std::int64_t row_bytes = window.width * std::ssize(info.bands) * 4;
  const std::int64_t rows =
      std::max<std::int64_t>(1, kCachedBytes / row_bytes / info.block_rows) * info.block_rows;
  std::vector<Window> parts;
  for (std::int64_t row = window.row; row < window.bottom();) {
    const std::int64_t end = std::min(row / info.block_rows * info.block_rows + rows, window.bottom());
    parts.push_back({row, window.column, end - row, window.width});
    row = end;
  }
  return parts;
}

constexpr std::size_t kOwnMapping = 4 << 20;  // bytes

// Large arrays do not come from the thread's heap: GDAL's cached blocks lie there too, come and go between
// them, and leave holes that the next array does not fit, so that a long run's memory would creep up.
at::Tensor empty_pixels(at::IntArrayRef shape, at::ScalarType type) {
  const std::size_t bytes = static_cast<std::size_t>(c10::multiply_integers(shape)) * c10::elementSize(type);
  if (bytes < kOwnMapping) return at::empty(shape, type);
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  ::madvise(memory, bytes, MADV_HUGEPAGE);  // fewer faults, where the system does so
  return at::from_blob(
      memory, shape, [bytes](void* each) { ::munmap(each, bytes); }, type);
}

// Classes and colour indices have no mean.
bool can_average(const RasterInfo& info, GDALDataset& dataset) {
  return info.palette.empty() && info.category_names.empty() &&
         !GDALDataTypeIsComplex(dataset.GetRasterBand(1)->GetRasterDataType());
}

}  // namespace

class RasterReader::State {
 public:
  explicit State(const std::string& path)
      : dataset(open_raster(path)), info(describe_raster(*dataset, path)) {}

  // The window resampled to [bands, height, width].
  at::Tensor fetch(const Window& window, std::int64_t height, std::int64_t width, std::vector<int> bands,
                   GDALRIOResampleAlg resampling) const;

  GDALDatasetUniquePtr dataset;
  RasterInfo info;
};

at::Tensor RasterReader::State::fetch(const Window& window, std::int64_t height, std::int64_t width,
                                      std::vector<int> bands, GDALRIOResampleAlg resampling) const {
  const bool signed_bytes = holds_signed_bytes(*dataset);
  const at::ScalarType type = signed_bytes ? at::kByte : info.type;
  const at::Tensor pixels = empty_pixels({static_cast<std::int64_t>(bands.size()), height, width}, type);
  GDALRasterIOExtraArg extra;
  INIT_RASTERIO_EXTRA_ARG(extra);
  extra.eResampleAlg = resampling;
  const GdalMessages messages;
  const CPLErr result =
      dataset->RasterIO(GF_Read, static_cast<int>(window.column), static_cast<int>(window.row),
                        static_cast<int>(window.width), static_cast<int>(window.height),
                        pixels.mutable_data_ptr(), static_cast<int>(width), static_cast<int>(height),
                        gdal_type(type), static_cast<int>(bands.size()), bands.data(), 0, 0, 0, &extra);
  if (result != CE_None) throw_unreadable(info.path, window, messages);
  check_complete(info.path, window, messages);
  // The bits of an int8 came as a uint8.
  return signed_bytes ? pixels.view(at::kChar).to(at::kShort) : pixels;
}

RasterReader::RasterReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
RasterReader::~RasterReader() = default;
RasterReader::RasterReader(RasterReader&&) noexcept = default;
RasterReader& RasterReader::operator=(RasterReader&&) noexcept = default;

const RasterInfo& RasterReader::info() const { return state_->info; }

at::Tensor RasterReader::read(const Window& window, const std::vector<std::int64_t>& bands) const {
  check_inside(info(), window);
  return state_->fetch(window, window.height, window.width, chosen_bands(info(), bands),
                       GRIORA_NearestNeighbour);
}

at::Tensor RasterReader::read_valid(const Window& window, const std::vector<std::int64_t>& bands) const {
  check_inside(info(), window);
  const std::vector<int> numbers = chosen_bands(info(), bands);
  at::Tensor valid = read_masks(*state_->dataset, info(), window, numbers);
  if (info().type == at::kFloat) {
    const at::Tensor finite = at::isfinite(read(window, bands)).all(0);
    valid = valid.defined() ? valid.logical_and_(finite) : finite;
  }
  return valid.defined() && !valid.all().item<bool>() ? valid : at::Tensor();
}

RasterReader::Pixels RasterReader::read_with_valid(const Window& window,
                                                   const std::vector<std::int64_t>& bands) const {
  check_inside(info(), window);
  const std::vector<int> numbers = chosen_bands(info(), bands);
  const bool by_values = masks_are_values(*state_->dataset, info(), numbers);
  Pixels pixels;
  if (by_values) {
    pixels.image = read(window, bands);
    pixels.valid = valid_values(info(), pixels.image, numbers);
  } else {
    // Mask and image lie in the same blocks: few enough rows that the block cache holds them between the two.
    std::vector<at::Tensor> images, masks;
    for (const Window& part : in_cached_parts(info(), window)) {
      images.push_back(read(part, bands));
      const at::Tensor mask = read_masks(*state_->dataset, info(), part, numbers);
      const at::Tensor finite = valid_values(info(), images.back(), {});
      at::Tensor valid = mask.defined() ? mask : at::ones({part.height, part.width}, at::kBool);
      masks.push_back(finite.defined() ? valid.logical_and_(finite) : valid);
    }
    pixels.image = images.size() == 1 ? images.front() : at::cat(images, 1);
    pixels.valid = masks.size() == 1 ? masks.front() : at::cat(masks, 0);
  }
  if (pixels.valid.defined() && pixels.valid.all().item<bool>()) pixels.valid = at::Tensor();
  return pixels;
}

at::Tensor RasterReader::read_overview(std::int64_t longest, const std::vector<std::int64_t>& bands) const {
  return read_overview(longest, bands, {0, 0, info().height, info().width});
}

at::Tensor RasterReader::read_overview(std::int64_t longest, const std::vector<std::int64_t>& bands,
                                       const Window& whole) const {
  if (longest < 1) throw std::logic_error("read_overview: at least one pixel a side");
  check_inside(info(), whole);
  const double scale =
      std::min(1.0, static_cast<double>(longest) / static_cast<double>(std::max(whole.height, whole.width)));
  const auto shrunk = [&](std::int64_t size) {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(size) * scale));
  };
  const auto resampling =
      can_average(info(), *state_->dataset) && scale < 1 ? GRIORA_Average : GRIORA_NearestNeighbour;
  return state_->fetch(whole, shrunk(whole.height), shrunk(whole.width), chosen_bands(info(), bands),
                       resampling);
}

}  // namespace nadir
