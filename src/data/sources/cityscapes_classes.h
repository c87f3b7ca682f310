// The classes of Cityscapes, as its publisher numbers, groups and colours them.
// https://github.com/mcordts/cityscapesScripts, helpers/labels.py
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "pictures/nearest_color.h"

namespace nadir {

struct CityscapesClass {
  std::string_view name;
  Rgb color;
  std::string_view category;
  int id;  // in labelIds; -1: license plate
};
// 35, in the publisher's order. Some share a colour.
std::span<const CityscapesClass> cityscapes_classes();

}  // namespace nadir
