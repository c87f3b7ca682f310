#include <optional>
#include <stdexcept>
#include <system_error>

#include "core/temporary.h"
#include "core/text.h"
#include "nadir/raster.h"
#include "raster/gdal.h"
#include "raster/geotiff.h"

namespace nadir {

class RasterWriter::State {
 public:
  State(const std::filesystem::path& path, const RasterLayout& raster_layout)
      : target(path),
        layout(checked(raster_layout, path)),
        temporary(path),
        made_side_car(side_car(temporary.path())) {
    guarded("", [&] { dataset = create_geotiff(temporary.path(), layout); });
  }
  ~State() {
    const GdalMessages quiet;
    dataset.reset();
    std::error_code ignored;
    std::filesystem::remove(made_side_car, ignored);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Runs one step; a failure of GDAL, even one that it reports late and elsewhere, ends the writer.
  template <class Step>
  void guarded(const std::string& where, const Step& step);
  static std::filesystem::path side_car(const std::filesystem::path& file) {
    return file.string() + ".aux.xml";
  }
  void put_in_place();
  // A COG's overviews come before its pixels, so it is made of the finished file.
  void rewrite_as_cog();

  std::filesystem::path target;
  RasterLayout layout;
  TemporaryFile temporary;
  std::filesystem::path made_side_car;  // holds the names of classes, which GeoTIFF has no place for
  GDALDatasetUniquePtr dataset;
};

template <class Step>
void RasterWriter::State::guarded(const std::string& where, const Step& step) {
  const GdalMessages messages;
  step();
  if (!messages.failed()) return;
  const std::string why = why_not_written(messages, target.parent_path());
  dataset.reset();
  throw DataError(target.string() + ": " + where + why + what_stays(target));
}

// The names of classes lie in a side-car file; one of an older raster must not describe this one.
void RasterWriter::State::put_in_place() {
  std::optional<TemporaryFile> names;
  std::error_code error;
  if (std::filesystem::exists(made_side_car)) {
    names.emplace(side_car(target));
    std::filesystem::rename(made_side_car, names->path(), error);
    if (error) throw DataError(side_car(target).string() + ": cannot be written: " + error.message());
  }
  temporary.commit();
  for (const char* suffix : {".ovr", ".msk", ".msk.ovr", ".aux.xml"}) {
    std::filesystem::remove(target.string() + suffix, error);
  }
  if (names) names->commit();
}

void RasterWriter::State::rewrite_as_cog() {
  const std::filesystem::path from = temporary.path().string() + ".tiled.tif";
  std::error_code error;
  std::filesystem::rename(temporary.path(), from, error);
  if (std::filesystem::exists(made_side_car)) std::filesystem::rename(made_side_car, side_car(from), error);
  const auto remove_source = [&] {
    for (const std::filesystem::path& each : {from, side_car(from)}) std::filesystem::remove(each, error);
  };
  try {
    guarded("", [&] { write_cog(from, temporary.path(), layout); });
  } catch (...) {
    remove_source();
    throw;
  }
  remove_source();
}

RasterWriter::RasterWriter(const std::filesystem::path& path, const RasterLayout& layout)
    : state_(std::make_unique<State>(path, layout)) {}
RasterWriter::~RasterWriter() = default;
RasterWriter::RasterWriter(RasterWriter&&) noexcept = default;
RasterWriter& RasterWriter::operator=(RasterWriter&&) noexcept = default;

void RasterWriter::write(const Window& window, const at::Tensor& pixels) {
  const RasterLayout& layout = state_->layout;
  if (!state_->dataset)
    throw std::logic_error(state_->target.string() + ": written after finish() or a failure");
  if (window.empty() || !Window{0, 0, layout.height, layout.width}.contains(window)) {
    throw std::logic_error(state_->target.string() + ": the window " + to_string(window) +
                           " leaves the raster");
  }
  const std::vector<std::int64_t> shape{layout.bands, window.height, window.width};
  if (pixels.scalar_type() != layout.type || pixels.sizes() != shape) {
    throw std::logic_error(state_->target.string() + ": pixels of another type or shape than the window's");
  }
  const at::Tensor contiguous = pixels.contiguous().cpu();
  state_->guarded(to_string(window) + " ", [&] {
    // GDAL reports a failure to its error handler whenever it returns one.
    const CPLErr reported = state_->dataset->RasterIO(
        GF_Write, static_cast<int>(window.column), static_cast<int>(window.row),
        static_cast<int>(window.width), static_cast<int>(window.height),
        const_cast<void*>(contiguous.const_data_ptr()), static_cast<int>(window.width),
        static_cast<int>(window.height), gdal_type(layout.type), static_cast<int>(layout.bands), nullptr, 0,
        0, 0, nullptr);
    static_cast<void>(reported);
  });
}

void RasterWriter::finish() {
  if (!state_->dataset)
    throw std::logic_error(state_->target.string() + ": finished twice or after a failure");
  state_->guarded("", [&] {
    state_->dataset->FlushCache(true);
    state_->dataset.reset();
  });
  if (state_->layout.cog) {
    state_->rewrite_as_cog();
  } else if (state_->layout.overviews) {
    state_->guarded("overviews ", [&] { add_overviews(state_->temporary.path(), state_->layout); });
  }
  state_->put_in_place();
}

}  // namespace nadir
