#include "commands/predict.h"

#include <iostream>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"

namespace nadir {

PredictCommand::PredictCommand(CLI::App& app) {
  app.add_option("model", model_, "A .safetensors model file")->required();
  app.add_option("image", images_, "Rasters to map: anything that GDAL opens")->required();
  app.add_option("-o,--output", output_, "The class map (.tif); with several images, a folder for their maps")
      ->required();
  app.add_option("--probability", probability_, "Also write probabilities (.tif)");
  app.add_option("--probability-class", options_.probability_class,
                 "of this class only; default: a band for each");
  app.add_option("--polygons", polygons_, "Also write areas as polygons (.gpkg, .geojson, .fgb)");
  app.add_option("--polygon-class", options_.polygon_classes, "of these classes only; default: all");
  app.add_option("--min-pixels", options_.min_pixels, "Leave smaller areas out of the polygons")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--tile", config_.tile, "Side of the tiles, pixels; default: as the model was trained");
  app.add_option("--overlap", config_.overlap, "Share of a tile that its neighbour covers too, 0 to 0.75")
      ->check(CLI::Range(0.0, 0.75))
      ->capture_default_str();
  app.add_option("--window", config_.window, "How overlapping tiles are weighted: spline, hann, linear, none")
      ->check(CLI::IsMember({"spline", "hann", "linear", "none"}))
      ->capture_default_str();
  app.add_option("--batch", config_.batch_size, "Tiles at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--precision", config_.precision, "fp32 or bf16")
      ->check(CLI::IsMember({"fp32", "bf16"}))
      ->capture_default_str();
  app.add_option("--bands", config_.bands,
                 "Band numbers of the raster, from 1; default: those of the training")
      ->delimiter(',');
  app.add_option("--device", config_.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
}

namespace {

namespace fs = std::filesystem;

// "folder/scene_suffix.ext" for one of several images.
fs::path beside(const fs::path& folder, const std::string& image, const std::string& suffix,
                const std::string& extension) {
  return folder / (fs::path(image).stem().string() + suffix + extension);
}

void print_areas(const ModelCard& card, const PredictSummary& summary) {
  Table table({"class", "pixels", "share"});
  for (std::size_t k = 0; k < card.classes.size(); ++k) {
    const std::int64_t pixels = summary.class_pixels.at(k);
    const double share =
        summary.pixels > 0 ? 100.0 * static_cast<double>(pixels) / static_cast<double>(summary.pixels) : 0;
    table.add({card.classes[k].name, with_thousands(pixels), fixed(share, 2) + "%"});
  }
  std::cout << table.text();
}

}  // namespace

PredictOutputs PredictCommand::outputs_for(const std::string& image) const {
  PredictOutputs outputs = options_;
  if (images_.size() == 1) {
    outputs.classes = output_;
    outputs.probability = probability_;
    outputs.polygons = polygons_;
    return outputs;
  }
  outputs.classes = beside(output_, image, "", ".tif");
  if (!probability_.empty()) outputs.probability = beside(output_, image, "_probability", ".tif");
  if (!polygons_.empty())
    outputs.polygons = beside(output_, image, "", fs::path(polygons_).extension().string());
  return outputs;
}

int PredictCommand::run() {
  Console console;
  const LoadedModel model = load_model(model_);
  for (const std::string& image : images_) {
    const PredictOutputs outputs = outputs_for(image);
    const PredictSummary summary = predict_raster(model, image, outputs, config_, console);
    std::cout << image << ": " << counted(summary.pixels, "pixel") << " in " << fixed(summary.seconds, 1)
              << " s\n";
    print_areas(model.card, summary);
    for (const fs::path& each : {outputs.classes, outputs.probability, outputs.polygons}) {
      if (!each.empty()) std::cout << "wrote " << each.string() << "\n";
    }
  }
  return 0;
}

}  // namespace nadir
