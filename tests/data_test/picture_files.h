// Pictures on disk for tests of sources, and sources made by name from settings.
#pragma once

#include "data_test/messages.h"
#include "nadir/data.h"
#include "nadir/runtime.h"
#include "pictures/picture.h"
#include "temporary_folder.h"

namespace nadir {

class PictureFiles {
 public:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void text(const std::string& name, const std::string& contents) const {
    write_file_atomically(path(name), contents);
  }
  // A picture by its name's end; pixels: [H, W] or [H, W, C].
  void picture(const std::string& name, const torch::Tensor& pixels,
               const std::vector<std::array<std::uint8_t, 3>>& palette = {}) const {
    text(name, name.ends_with(".png") ? encode_png_file(pixels, palette) : encode_jpeg_file(pixels, 95));
  }
  // A picture of one colour.
  void plain(const std::string& name, std::int64_t height, std::int64_t width, int value = 100) const {
    picture(name, torch::full({height, width, 3}, value, torch::kUInt8));
  }
  // Cuts a file's second half off.
  void damage(const std::string& name) const {
    const std::string whole = read_text_file(path(name));
    text(name, whole.substr(0, whole.size() / 2));
  }

 private:
  TemporaryFolder folder_;
};

inline LabelSpec labels_of(Task task, const std::vector<std::string>& names, bool keep_going = false) {
  LabelSpec labels{task, {}, keep_going};
  for (const std::string& name : names) labels.classes.push_back({.name = name});
  complete_classes(labels.classes);
  return labels;
}

// options: YAML of the source's settings.
inline std::shared_ptr<Source> open_source(const std::string& name, const std::string& options,
                                           const LabelSpec& labels) {
  return sources().make(name, parse_yaml(options, "test"), labels);
}

inline Sample read_whole(const Source& source, std::size_t scene) {
  const Scene& about = source.scenes().at(scene);
  return source.read(static_cast<std::int64_t>(scene), {0, 0, about.height, about.width});
}

inline torch::Tensor bytes_of(std::initializer_list<int> values, at::IntArrayRef shape) {
  return torch::tensor(std::vector<int>(values)).to(torch::kUInt8).view(shape);
}

}  // namespace nadir
