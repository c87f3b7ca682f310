#include "commands/data_patches.h"

#include <iostream>

#include "band_roles.h"
#include "core/text.h"
#include "nadir/nadir.h"

namespace nadir {

DataPatchesCommand::DataPatchesCommand(CLI::App& app) {
  app.add_option("image", image_, "The raster, georeferenced")->required();
  app.add_option("-o,--output", output_, "The list to write (.csv)")->required();
  app.add_option("--size", config_.size, "Side of a patch, pixels")->capture_default_str();
  app.add_option("--stride", config_.stride, "From one patch to the next, pixels")->capture_default_str();
  app.add_option("--index", config_.index, "Which index; `nadir data index --list` shows them")
      ->capture_default_str();
  app.add_option("--bands", bands_, "Which band is what: green=2 swir1=5 (numbers from 1)");
  app.add_option("--threshold", config_.threshold, "Pixels above it count")->capture_default_str();
  app.add_option("--captions", config_.captions,
                 "Of patches with at most a tenth of such pixels, at least nine tenths, and between; "
                 "\"\" leaves them out")
      ->expected(3)
      ->capture_default_str();
  app.add_option(
      "--pictures", config_.pictures,
      "Also write the patches as pictures, a folder for each caption: what image_folder trains on");
  app.add_option("--picture-bands", config_.picture_bands, "The bands of these pictures, numbers from 1")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--most", config_.most, "Patches of a caption at most, spread over the scene; 0: all")
      ->capture_default_str();
  app.add_option("--date", config_.date, "When the scene was taken, as 2020-02-27")->required();
  app.add_option("--cloud", config_.cloud_cover, "Cloud cover, 0 to 1")->capture_default_str();
}

int DataPatchesCommand::run() {
  ImageMetadata metadata{.cloud_cover = config_.cloud_cover};
  set_date(metadata, config_.date);  // refuses what training would
  config_.bands = parse_band_roles(bands_);
  const CaptionPatchesSummary summary = write_caption_patches(image_, config_, output_);
  for (std::size_t i = 0; i < summary.patches.size(); ++i) {
    if (config_.captions[i].empty()) continue;
    std::cout << config_.captions[i] << " " << counted(summary.patches[i], "patch", "patches") << ", "
              << fixed(summary.share[i], 3) << " of their pixels above\n";
  }
  std::cout << "wrote " << output_ << (config_.pictures.empty() ? "" : " and pictures to " + config_.pictures)
            << "\n";
  return 0;
}

}  // namespace nadir
