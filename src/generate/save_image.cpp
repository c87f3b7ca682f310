#include <nlohmann/json.hpp>

#include "nadir/generate.h"
#include "nadir/model_file.h"
#ifdef NADIR_RASTER
#include "nadir/raster.h"
#include "raster/local_utm.h"
#endif

namespace nadir {
namespace {

using Json = nlohmann::ordered_json;

Json describe(const KnownMetadata& known) {
  Json json = Json::object();
  const auto add = [&](const char* name, const auto& value) {
    if (value) json[name] = *value;
  };
  add("longitude", known.longitude), add("latitude", known.latitude), add("gsd", known.gsd);
  add("cloud_cover", known.cloud_cover);
  add("year", known.year), add("month", known.month), add("day", known.day);
  return json;
}

// Height and width are those of the picture; 0 before there is one.
Json describe(const GenerateJob& job, std::int64_t height, std::int64_t width) {
  const GenerateConfig& config = job.config;
  Json json = {{"prompt", config.prompt},
               {"negative", config.negative},
               {"seed", config.seed},
               {"steps", config.steps},
               {"guidance", config.guidance},
               {"guidance_rescale", config.guidance_rescale},
               {"scheduler", config.scheduler},
               {"eta", config.eta},
               {"height", height},
               {"width", width}};
  if (config.image.defined()) json["strength"] = config.strength.value_or(config.mask.defined() ? 1 : 0.8);
  if (job.known.any()) json["metadata"] = describe(job.known);
  if (config.mend_text) json["mend_text"] = true;
  if (config.metadata) json["raw_metadata"] = config.raw_metadata;
  for (const auto& [name, value] : job.about) json[name] = value;
  return json;
}

std::filesystem::path stem_of(const std::filesystem::path& folder, const GenerateJob& job) {
  return folder / job.name;
}

std::filesystem::path with_suffix(const std::filesystem::path& stem, const char* suffix) {
  return stem.string() + suffix;  // not replace_extension: names may have dots
}

const char* suffix_of(ImageFormat format) { return format == ImageFormat::kPng ? ".png" : ".tif"; }

void write_geotiff(const std::filesystem::path& file, const GenerateJob& job,
                   [[maybe_unused]] const at::Tensor& pixels, [[maybe_unused]] const std::string& settings) {
  if (!job.known.has_place()) {
    throw ConfigError(job.name + ": a GeoTIFF wants a place: longitude, latitude and gsd (metres a pixel)");
  }
#ifdef NADIR_RASTER
  RasterLayout layout;
  layout.height = pixels.size(1), layout.width = pixels.size(2), layout.bands = pixels.size(0);
  layout.geo = local_utm({.longitude = *job.known.longitude,
                          .latitude = *job.known.latitude,
                          .pixel = *job.known.gsd,
                          .height = layout.height,
                          .width = layout.width});
  if (layout.bands == 3) layout.band_names = {"red", "green", "blue"};
  layout.metadata = {{"NADIR_GENERATED", settings}};
  RasterWriter writer(file, layout);
  writer.write({0, 0, layout.height, layout.width}, pixels.contiguous());
  writer.finish();
#else
  throw ConfigError(file.string() +
                    ": this build is without GDAL (NADIR_RASTER=OFF), which GeoTIFFs need; "
                    "take png");
#endif
}

}  // namespace

std::filesystem::path save_image(const std::filesystem::path& folder, const GenerateJob& job,
                                 const GeneratedImage& image, ImageFormat format) {
  const std::filesystem::path stem = stem_of(folder, job);
  const std::filesystem::path picture = with_suffix(stem, suffix_of(format));
  const Json json = describe(job, image.pixels.size(1), image.pixels.size(2));
  write_safetensors(with_suffix(stem, ".safetensors"),
                    {.tensors = {{"latents", image.latents}}, .metadata = {{"image", json.dump(2)}}});
  if (format == ImageFormat::kPng) {
    write_file_atomically(picture, encode_plain_png(image.pixels.permute({1, 2, 0})));
  } else {
    write_geotiff(picture, job, image.pixels, json.dump());
  }
  // Last: where it is, the others are whole.
  write_file_atomically(with_suffix(stem, ".json"), json.dump(2) + "\n");
  return picture;
}

bool is_saved(const std::filesystem::path& folder, const GenerateJob& job, ImageFormat format) {
  const std::filesystem::path stem = stem_of(folder, job), settings = with_suffix(stem, ".json");
  if (!std::filesystem::exists(with_suffix(stem, suffix_of(format))) || !std::filesystem::exists(settings) ||
      !std::filesystem::exists(with_suffix(stem, ".safetensors"))) {
    return false;
  }
  const Json found = Json::parse(read_text_file(settings), nullptr, /*allow_exceptions=*/false);
  if (!found.is_object() || !found.contains("height") || !found.contains("width")) return false;
  // A size that is left to the model is whatever the picture has.
  const auto side = [&](std::int64_t asked, const char* name) {
    const Json& was = found.at(name);
    return asked == 0 && was.is_number_integer() ? was.get<std::int64_t>() : asked;
  };
  const Json wanted = describe(job, side(job.config.height, "height"), side(job.config.width, "width"));
  // Written and read again, as the other was: numbers compare as text has them.
  return found == Json::parse(wanted.dump());
}

}  // namespace nadir
