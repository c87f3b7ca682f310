#include "report/gallery.h"

namespace nadir::html {
namespace {

std::string alternative(const std::string& title, const std::string& caption) {
  if (title.empty() || caption.empty()) return title + caption;
  return title + ": " + caption;
}

Markup picture(const std::string& title, const ReportImage& image, const std::string& id,
               const std::string& home) {
  const Markup img = void_element("img", {{"src", "data:" + image.mime + ";base64," + base64(image.data)},
                                          {"alt", alternative(title, image.caption)},
                                          {image.pixelated ? "class" : "", "pixelated"}});
  const Markup enlarge = element("a", {{"class", "enlarge"}, {"href", "#" + id}}, img);
  const Markup close =
      element("a", {{"class", "close"}, {"href", "#" + home}, {"aria-label", "Close"}}, text("\u00D7"));
  return element("figure", {{"id", id}}, enlarge + element("figcaption", text(image.caption)) + close);
}

// Columns on a wide page: one row where it fits, else full rows where the number allows.
std::size_t columns_for(std::size_t images) {
  if (images <= 5) return images;
  return images % 4 != 0 && images % 3 == 0 ? 3 : 4;
}

}  // namespace

Markup gallery(const std::string& title, const std::vector<ReportImage>& images, std::size_t number) {
  if (images.empty()) return {};
  const std::string home = "gallery-" + std::to_string(number);
  Markup pictures;
  for (std::size_t i = 0; i < images.size(); ++i) {
    pictures += picture(title, images[i], home + "-" + std::to_string(i + 1), home);
  }
  const std::string columns = "--columns:" + std::to_string(columns_for(images.size()));
  return element(
      "div", {{"class", "gallery"}, {"id", home}},
      element("h3", text(title)) + element("div", {{"class", "row"}, {"style", columns}}, pictures));
}

}  // namespace nadir::html
