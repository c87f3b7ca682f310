#include "data/sources/cityscapes_classes.h"

namespace nadir {
namespace {

constexpr CityscapesClass kClasses[] = {
    {"unlabeled", {0, 0, 0}, "void", 0},
    {"ego vehicle", {0, 0, 0}, "void", 1},
    {"rectification border", {0, 0, 0}, "void", 2},
    {"out of roi", {0, 0, 0}, "void", 3},
    {"static", {0, 0, 0}, "void", 4},
    {"dynamic", {111, 74, 0}, "void", 5},
    {"ground", {81, 0, 81}, "void", 6},
    {"road", {128, 64, 128}, "flat", 7},
    {"sidewalk", {244, 35, 232}, "flat", 8},
    {"parking", {250, 170, 160}, "flat", 9},
    {"rail track", {230, 150, 140}, "flat", 10},
    {"building", {70, 70, 70}, "construction", 11},
    {"wall", {102, 102, 156}, "construction", 12},
    {"fence", {190, 153, 153}, "construction", 13},
    {"guard rail", {180, 165, 180}, "construction", 14},
    {"bridge", {150, 100, 100}, "construction", 15},
    {"tunnel", {150, 120, 90}, "construction", 16},
    {"pole", {153, 153, 153}, "object", 17},
    {"polegroup", {153, 153, 153}, "object", 18},
    {"traffic light", {250, 170, 30}, "object", 19},
    {"traffic sign", {220, 220, 0}, "object", 20},
    {"vegetation", {107, 142, 35}, "nature", 21},
    {"terrain", {152, 251, 152}, "nature", 22},
    {"sky", {70, 130, 180}, "sky", 23},
    {"person", {220, 20, 60}, "human", 24},
    {"rider", {255, 0, 0}, "human", 25},
    {"car", {0, 0, 142}, "vehicle", 26},
    {"truck", {0, 0, 70}, "vehicle", 27},
    {"bus", {0, 60, 100}, "vehicle", 28},
    {"caravan", {0, 0, 90}, "vehicle", 29},
    {"trailer", {0, 0, 110}, "vehicle", 30},
    {"train", {0, 80, 100}, "vehicle", 31},
    {"motorcycle", {0, 0, 230}, "vehicle", 32},
    {"bicycle", {119, 11, 32}, "vehicle", 33},
    {"license plate", {0, 0, 142}, "vehicle", -1},
};

}  // namespace

std::span<const CityscapesClass> cityscapes_classes() { return kClasses; }

}  // namespace nadir
