// Sources whose scenes are plain pictures: decoded whole, brought to one size when asked, cut to windows.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "data/problems.h"
#include "nadir/data.h"
#include "pictures/picture.h"

namespace nadir {

struct PictureSetConfig {          // its fields stand beside a source's own
  std::vector<std::int64_t> size;  // height and width of every scene; none: as the files are
  std::string resize =
      "bilinear";  // how images get there: box, bilinear, bicubic, lanczos (Pillow's, antialiased),
                   // opencv (OpenCV's bilinear), nearest; masks are always nearest
  std::string color = "stored";  // stored, rgb, gray
  bool scaled_decode = false;    // JPEG at 1/2, 1/4 or 1/8 where `size` allows: faster, other pixels
  bool skip_unreadable = false;  // leave out what cannot be decoded, with a remark; else it is an error
  void fields(FieldVisitor& visit);
  void validate() const;
};

// One picture of a source, in the order of its scenes.
struct PictureScene {
  std::string image;                // file
  std::string id, part;             // as Scene's; "" takes the file's name
  std::int64_t index = 0;           // in the source's own lists
  std::string labels;               // the file that holds its labels, where that is not a picture; "": none
  std::optional<PictureInfo> info;  // none: read from the file's header
};

struct PictureSize {
  std::int64_t height = 0, width = 0;
};

// The image as the config wants it: [C, height, width] of the scene's final size.
torch::Tensor load_image(const std::string& file, const PictureSetConfig& config);

// What a source adds to its pictures. Thread-safe.
class PictureContent {
 public:
  virtual ~PictureContent() = default;
  // Image and target of a whole scene, both of its final size; by default load_image and load_target.
  virtual Sample load(const PictureScene& scene, const PictureSetConfig& config) const;
  // [H, W] (multilabel: [K, H, W]) uint8 of the final size, [] int64 for classification, or undefined.
  virtual torch::Tensor load_target(const PictureScene& scene, const PictureSize& size) const = 0;
  virtual std::vector<bool> classes_in(const PictureScene& scene) const;
  // The size of image and target; `scene` has its info. By default the config's, or the file's.
  virtual PictureSize final_size(const PictureScene& scene, const PictureSetConfig& config) const;
  // The files that skip_unreadable decodes to see whether they can be.
  virtual std::vector<std::string> files(const PictureScene& scene) const { return {scene.image}; }
};

// Makes the source. Problems of single scenes (a picture that is no picture, or unlike the others) go to
// `problems`, and the scene is left out; so does the lack of any scene.
std::shared_ptr<Source> make_picture_set(std::vector<PictureScene> scenes,
                                         std::unique_ptr<PictureContent> content,
                                         const PictureSetConfig& config, Problems problems);

// Pictures of a folder (.png, .jpg, .jpeg) in the order of their names; of its subfolders too when `deep`.
// Throws DataError when there is no such folder.
std::vector<std::string> pictures_in(const std::string& folder, bool deep = false);

// What a source says that finds no picture: the folder, what should be there, and what is.
std::string no_pictures(const std::string& folder, const std::string& expected);

}  // namespace nadir
