#include <gdal_alg.h>

#include <cmath>
#include <exception>

#include "core/text.h"
#include "nadir/raster.h"
#include "raster/cell_area.h"
#include "raster/class_rows.h"
#include "raster/connected_areas.h"
#include "raster/label_raster.h"
#include "raster/outline_simplifier.h"
#include "raster/polygon_file.h"
#include "raster/sieved_raster.h"

namespace nadir {
namespace {

// Three passes over the rows: sum up the areas, write their numbers, trace their outlines.
class Stages {
 public:
  Stages(std::int64_t rows, ProgressObserver& observer) : rows_(rows), observer_(observer) {}

  // Says how far it is, seldom enough to cost nothing. Throws Interrupted when a stop was asked for.
  void at(int stage, std::int64_t row) {
    if (row % 256 != 0) return;
    if (stop_requested()) throw Interrupted("polygons: stopped; no file was written");
    observer_.progress({.stage = "polygons", .done = stage * rows_ + row, .total = 3 * rows_, .text = ""});
  }
  std::int64_t rows() const { return rows_; }

 private:
  std::int64_t rows_;
  ProgressObserver& observer_;
};

AreaSums sums_of(const Run& run, const ClassRows::Row& row, const std::optional<CellArea>& cell) {
  AreaSums sums{.value = run.value, .pixels = run.end - run.first};
  if (cell) sums.square_metres = cell->of_run(row.row, run.first, run.end);
  for (std::int64_t i = run.first; !row.probabilities.empty() && i < run.end; ++i) {
    const float probability = row.probabilities[static_cast<std::size_t>(i)];
    if (std::isnan(probability)) continue;
    sums.probability += static_cast<double>(probability);
    ++sums.probability_pixels;
  }
  return sums;
}

AreaTable sum_areas(const ClassRows& rows, const std::optional<CellArea>& cell, Stages& stages) {
  AreaTable table;
  RunLabeller labeller;
  const auto join = [&](std::int32_t a, std::int32_t b) { table.join(a, b); };
  rows.for_each([&](const ClassRows::Row& row) {
    stages.at(0, row.row);
    for (const Run& run : labeller.next_row(row.values, join)) table.add(run.label, sums_of(run, row, cell));
  });
  return table;
}

void write_labels(const ClassRows& rows, const std::vector<std::int32_t>& numbers, LabelRaster& raster,
                  Stages& stages) {
  RunLabeller labeller;
  std::vector<std::int32_t> labels(static_cast<std::size_t>(rows.info().width));
  rows.for_each([&](const ClassRows::Row& row) {
    stages.at(1, row.row);
    std::fill(labels.begin(), labels.end(), 0);
    for (const Run& run : labeller.next_row(row.values, [](std::int32_t, std::int32_t) {})) {
      std::fill(labels.begin() + run.first, labels.begin() + run.end,
                numbers[static_cast<std::size_t>(run.label)]);
    }
    raster.write_row(row.row, labels);
  });
}

// Stands where GDALPolygonize wants a layer, and hands on each polygon with the sums of its area.
class PolygonSink final : public OGRLayer {
 public:
  using Take = std::function<void(const OGRGeometry&, std::int32_t number)>;
  explicit PolygonSink(Take take) : definition_(new OGRFeatureDefn("areas")), take_(std::move(take)) {
    definition_->Reference();
    OGRFieldDefn number("number", OFTInteger);
    definition_->AddFieldDefn(&number);
  }
  ~PolygonSink() override { definition_->Release(); }

  void ResetReading() override {}
  OGRFeature* GetNextFeature() override { return nullptr; }
  OGRFeatureDefn* GetLayerDefn() override { return definition_; }
  int TestCapability(const char* capability) override { return EQUAL(capability, OLCSequentialWrite); }
  // No exception may pass through GDAL.
  OGRErr ICreateFeature(OGRFeature* feature) override {
    if (failure_) return OGRERR_FAILURE;  // GDAL 3.8 comes with the next polygon all the same
    try {
      take_(*feature->GetGeometryRef(), feature->GetFieldAsInteger(0));
      return OGRERR_NONE;
    } catch (...) {
      failure_ = std::current_exception();
      return OGRERR_FAILURE;
    }
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  OGRFeatureDefn* definition_;  // counted by GDAL
  Take take_;
  std::exception_ptr failure_;
};

// GDAL's progress callback: 0 ends the work.
int CPL_STDCALL trace_progress(double part, const char*, void* stages) noexcept {
  try {
    auto& self = *static_cast<Stages*>(stages);
    const auto row = static_cast<std::int64_t>(part * static_cast<double>(self.rows()));
    self.at(2, row / 256 * 256);
    return TRUE;
  } catch (...) {
    return FALSE;
  }
}

void trace(LabelRaster& labels, const std::string& source, PolygonSink& sink, Stages& stages) {
  GDALRasterBandH band = GDALRasterBand::ToHandle(&labels.finish());
  const GdalMessages messages;
  // A label of 0 masks its pixel.
  const CPLErr result =
      GDALPolygonize(band, band, OGRLayer::ToHandle(&sink), 0, nullptr, trace_progress, &stages);
  sink.rethrow();
  if (stop_requested()) throw Interrupted("polygons: stopped; no file was written");
  if (result != CE_None) throw DataError(source + ": no polygons could be made: " + messages.text());
}

class Describer {
 public:
  Describer(const PolygonOptions& options, const RasterInfo& info, bool measured) : measured_(measured) {
    for (const RasterClass& each : options.classes) names_.push_back(each.name);
    if (names_.empty()) names_ = info.category_names;
  }

  PolygonAttributes operator()(const AreaSums& area) const {
    PolygonAttributes attributes{
        .name = name_of(area.value), .value = area.value, .square_metres = {}, .mean_probability = {}};
    if (measured_) attributes.square_metres = area.square_metres;
    if (area.probability_pixels > 0) {
      attributes.mean_probability = area.probability / static_cast<double>(area.probability_pixels);
    }
    return attributes;
  }

 private:
  std::string name_of(std::int32_t value) const {
    const auto i = static_cast<std::size_t>(value);
    return i < names_.size() ? names_[i] : "class " + std::to_string(value);
  }

  std::vector<std::string> names_;
  bool measured_;
};

PolygonSummary summarize(const std::vector<AreaSums>& areas, std::size_t classes) {
  PolygonSummary summary{.polygons = std::ssize(areas), .pixels = std::vector<std::int64_t>(classes, 0)};
  for (const AreaSums& area : areas) {
    const auto value = static_cast<std::size_t>(area.value);
    if (value >= summary.pixels.size()) summary.pixels.resize(value + 1, 0);
    summary.pixels[value] += area.pixels;
  }
  return summary;
}

void check(const PolygonOptions& options, const std::filesystem::path& output, bool measured) {
  if (options.min_area > 0 && !measured) {
    throw ConfigError(output.string() +
                      ": areas in square metres need a raster with CRS and transform; use "
                      "pixels");
  }
  if (!(options.simplify >= 0)) {
    throw ConfigError(output.string() + ": outlines may move by 0 pixels or more, not " +
                      shortest(options.simplify));
  }
}

}  // namespace

PolygonSummary write_polygons(const std::string& class_raster, const std::string& probability,
                              const std::filesystem::path& output, const PolygonOptions& options,
                              ProgressObserver& observer) {
  std::optional<SievedRaster> sieved;
  if (options.sieve > 1) sieved.emplace(class_raster, output, options.sieve);
  const ClassRows rows(sieved ? sieved->path() : class_raster, probability, options.skip_values);
  const RasterInfo& info = rows.info();
  PolygonFile file(output, options.layer, info.geo);
  Stages stages(info.height, observer);
  const std::optional<CellArea> cell = CellArea::of(info.geo);
  check(options, output, cell.has_value());

  const AreaTable::Numbered numbered = sum_areas(rows, cell, stages).number([&](const AreaSums& area) {
    return area.pixels >= options.min_pixels &&
           (options.min_area <= 0 || area.square_metres >= options.min_area);
  });
  LabelRaster labels(output, info);
  write_labels(rows, numbered.by_label, labels, stages);

  const Describer describe(options, info, cell.has_value());
  std::optional<OutlineSimplifier> simplify;
  if (options.simplify > 0) simplify.emplace(labels.finish(), info.geo.transform, options.simplify);
  PolygonSink sink([&](const OGRGeometry& polygon, std::int32_t number) {
    const PolygonAttributes attributes = describe(numbered.areas[static_cast<std::size_t>(number - 1)]);
    if (!simplify) return file.add(polygon, attributes);
    if (const auto simple = (*simplify)(*polygon.toPolygon())) file.add(*simple, attributes);
  });
  trace(labels, class_raster, sink, stages);
  file.finish();
  if (file.reprojects()) {
    observer.message("the GeoJSON is in longitude and latitude on WGS 84, as its standard (RFC 7946) wants");
  }
  return summarize(numbered.areas, options.classes.size());
}

}  // namespace nadir
