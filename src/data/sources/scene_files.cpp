#include "data/sources/scene_files.h"

#include <glob.h>

#include <set>

#include "core/text.h"
#include "nadir/error.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kListed = 10;  // names in a message, at most

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  std::sort(files.begin(), files.end());
  return files;
}

void check_unique(const std::vector<std::string>& files, const std::string& what) {
  std::set<std::string> seen;
  for (const std::string& file : files) {
    if (!seen.insert(file).second) throw DataError(what + ": the file " + file + " comes twice");
  }
}

std::string common_prefix(const std::vector<std::string>& words) {
  std::string prefix = words.empty() ? "" : words[0];
  for (const std::string& word : words) {
    const auto [stop, ignored] = std::mismatch(prefix.begin(), prefix.end(), word.begin(), word.end());
    prefix.erase(stop, prefix.end());
  }
  return prefix;
}

std::vector<std::string> reversed(std::vector<std::string> words) {
  for (std::string& word : words) std::reverse(word.begin(), word.end());
  return words;
}

// Where one of two begins with the other: the shorter for both.
void shorten_to_common(std::string& a, std::string& b) {
  if (a.starts_with(b)) a = b;
  if (b.starts_with(a)) b = a;
}

void strip_front(std::vector<std::string>& words, const std::string& prefix) {
  for (std::string& word : words) word.erase(0, prefix.size());
}

// Removes what all of a and what all of b begin with: "img_1", "img_2" and "mask_1", "mask_2" become 1, 2 and
// 1, 2.
void strip_common_prefixes(std::vector<std::string>& a, std::vector<std::string>& b) {
  std::string prefix_a = common_prefix(a);
  std::string prefix_b = common_prefix(b);
  shorten_to_common(prefix_a, prefix_b);
  strip_front(a, prefix_a);
  strip_front(b, prefix_b);
}

std::vector<std::string> stems(const std::vector<std::string>& files) {
  std::vector<std::string> names;
  for (const std::string& file : files) names.push_back(fs::path(file).stem().string());
  return names;
}

// The files whose key is not among `others`.
std::vector<std::string> without_partner(const std::vector<std::string>& files,
                                         const std::vector<std::string>& keys,
                                         const std::vector<std::string>& others) {
  const std::set<std::string> known(others.begin(), others.end());
  std::vector<std::string> alone;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!known.contains(keys[i])) alone.push_back(files[i]);
  }
  return alone;
}

std::string list_files(std::vector<std::string> files) {
  const std::size_t total = files.size();
  if (total > kListed) {
    files.resize(kListed);
    files.push_back(with_thousands(static_cast<std::int64_t>(total - kListed)) + " more");
  }
  return join_words(files);
}

struct Unpaired {
  std::vector<std::string> images, masks;
  bool names_agree = false;  // of some images and masks
};

Unpaired find_unpaired(const std::vector<std::string>& images, const std::vector<std::string>& masks) {
  std::vector<std::string> image_keys = stems(images);
  std::vector<std::string> mask_keys = stems(masks);
  Unpaired unpaired{without_partner(images, image_keys, mask_keys),
                    without_partner(masks, mask_keys, image_keys)};
  if (unpaired.images.size() == images.size()) {
    strip_common_prefixes(image_keys, mask_keys);
    image_keys = reversed(std::move(image_keys));
    mask_keys = reversed(std::move(mask_keys));
    strip_common_prefixes(image_keys, mask_keys);
    unpaired = {without_partner(images, image_keys, mask_keys),
                without_partner(masks, mask_keys, image_keys)};
  }
  unpaired.names_agree = unpaired.images.size() < images.size();
  return unpaired;
}

// The last `parts` parts of a path.
std::string tail(const fs::path& path, std::size_t parts) {
  const std::vector<fs::path> all(path.begin(), path.end());
  fs::path result;
  for (std::size_t i = all.size() - std::min(parts, all.size()); i < all.size(); ++i) result /= all[i];
  return result.string();
}

}  // namespace

bool is_pattern(const std::string& text) {
  std::error_code ignored;
  return text.find_first_of("*?[") != std::string::npos && !fs::exists(text, ignored);
}

std::vector<std::string> find_files(const std::vector<std::string>& entries, const std::string& what) {
  std::vector<std::string> files;
  for (const std::string& entry : entries) {
    std::error_code ignored;
    if (fs::is_directory(entry, ignored)) {
      throw DataError(what + ": " + entry + " is a folder; say which of its files, for example " +
                      (fs::path(entry) / "*.tif").string());
    }
    if (!is_pattern(entry)) {
      files.push_back(entry);
      continue;
    }
    const std::vector<std::string> found = matches(entry);
    if (found.empty()) throw DataError(what + ": no file matches '" + entry + "'");
    files.insert(files.end(), found.begin(), found.end());
  }
  check_unique(files, what);
  return files;
}

void check_pairs(const std::vector<std::string>& images, const std::vector<std::string>& masks,
                 bool by_name) {
  if (images.size() == masks.size() && !by_name) return;
  Unpaired unpaired = find_unpaired(images, masks);
  const bool alone = !unpaired.images.empty() || !unpaired.masks.empty();
  if (images.size() == masks.size() && !(unpaired.names_agree && alone)) return;
  if (!unpaired.names_agree) {
    // Names say nothing: what is beyond the shorter list's end is unpaired.
    const auto both = static_cast<std::ptrdiff_t>(std::min(images.size(), masks.size()));
    unpaired.images.assign(images.begin() + both, images.end());
    unpaired.masks.assign(masks.begin() + both, masks.end());
  }
  std::string message = "there are " + counted(static_cast<std::int64_t>(images.size()), "image") + " and " +
                        counted(static_cast<std::int64_t>(masks.size()), "mask") + ".";
  if (!unpaired.images.empty()) message += " Images without a mask: " + list_files(unpaired.images) + ".";
  if (!unpaired.masks.empty()) message += " Masks without an image: " + list_files(unpaired.masks) + ".";
  throw DataError(message + " Add what is missing, or list images and masks in the same order");
}

std::vector<std::string> scene_ids(const std::vector<std::string>& paths) {
  std::vector<std::string> ids(paths.size());
  std::vector<std::size_t> open(paths.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  for (std::size_t parts = 1; !open.empty(); ++parts) {
    std::map<std::string, int> uses;
    for (const std::size_t i : open) ++uses[ids[i] = tail(paths[i], parts)];
    std::vector<std::size_t> ambiguous;
    for (const std::size_t i : open) {
      // A whole path cannot be told apart further.
      if (uses[ids[i]] > 1 && ids[i] != paths[i]) ambiguous.push_back(i);
    }
    open = std::move(ambiguous);
  }
  return ids;
}

}  // namespace nadir
