// Patches of a scene as a list of captions: what a small generative model learns from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "nadir/runtime.h"

namespace nadir {

struct CaptionPatchesConfig {
  std::int64_t size = 32;    // side of a patch, pixels
  std::int64_t stride = 16;  // from one patch to the next
  std::string index = "mndwi";
  std::map<std::string, std::int64_t> bands;  // role -> band number from 1: {"green", 2}, {"swir1", 5}
  double threshold = 0;                       // a pixel above it is of the second class
  // Of patches with at most a tenth of their pixels above, at least nine tenths, and those between; "" leaves
  // such patches out.
  std::vector<std::string> captions = {"land", "water", "coast"};
  std::int64_t most = 0;   // patches of a caption, drawn evenly from the scene's top to its bottom; 0: all
  std::string date;        // of the scene: 2020-02-27
  double cloud_cover = 0;  // 0 .. 1
  // A folder that gets every patch as a PNG too, by its caption: water/0016-0320.png, row and column of its
  // corner; "" writes none. Of these bands, one or three, which have 8 bits.
  std::string pictures = {};
  std::vector<std::int64_t> picture_bands = {1, 2, 3};
};
struct CaptionPatchesSummary {
  std::vector<std::int64_t> patches;  // by caption, as written
  std::vector<double> share;          // mean of theirs; 0 where there is none
};
// Writes a CSV with a line for each patch: image (relative to the CSV's folder), row, column, height, width,
// caption, share (of pixels above the threshold), lon and lat of the patch's centre, gsd (metres), cloud,
// date. Patches with pixels that are not valid are left out. The source `captions` reads it; `image_folder`
// reads the pictures. Throws ConfigError (index, bands, sizes), DataError (no place on the ground, no patch,
// pictures of more than 8 bits).
CaptionPatchesSummary write_caption_patches(const std::string& image, const CaptionPatchesConfig& config,
                                            const std::filesystem::path& output);

}  // namespace nadir
