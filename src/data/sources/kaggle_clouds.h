// Cloud photographs with multilabel masks as run lengths, as Kaggle's understanding_cloud_organization is
// published: train.csv (Image_Label, EncodedPixels), train_images/, test_images/ (studies 000 and 001).
#pragma once

#include "data/run_lengths.h"
#include "data/sources/picture_set.h"

namespace nadir {

struct KaggleCloudsConfig {
  std::string root;                             // folder with train.csv and train_images/
  std::vector<std::int64_t> size = {256, 384};  // height and width of image and target
  std::string color = "rgb";                    // rgb, gray
  std::string resize = "opencv";                // as PictureSetConfig's; the studies': opencv
  std::string mask_resize = "overlap";          // overlap: study 001's rule; nearest; floor_nearest
  bool scaled_decode = false;
  bool skip_unreadable = false;
  void fields(FieldVisitor& visit);
  void validate() const;
};

// The classes are the labels of train.csv ("Fish"); a row with an empty field, and a label without a row, are
// masks without a pixel. Throws DataError, naming line and image, for run lengths that are malformed or leave
// the image, labels that are no class, rows that come twice, rows without a picture and pictures without a
// row.
std::shared_ptr<Source> make_kaggle_clouds(const KaggleCloudsConfig& config, const LabelSpec& labels);

// Pictures of a folder, as the source reads them, without labels: what is to be submitted.
std::shared_ptr<Source> make_cloud_pictures(const std::string& folder, const KaggleCloudsConfig& config);

}  // namespace nadir
