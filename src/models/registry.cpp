// Every network that YAML and C++ can name: one line each.
#include "models/segmentation/enet.h"
#include "models/segmentation/esnet.h"
#include "models/segmentation/unet.h"
#include "models/segmentation/unet6.h"
#include "models/segmentation/unetpp.h"
#include "nadir/model.h"

namespace nadir {
namespace {

void check(const std::string& name, const ModelShape& shape) {
  if (shape.bands < 1 || shape.classes < 1) {
    throw ConfigError("model " + name + ": has " + std::to_string(shape.bands) + " bands and " +
                      std::to_string(shape.classes) + " classes; it needs at least one of each");
  }
}

template <Config C>
ModelRegistry::Item network(const std::string& name, std::string summary,
                            std::shared_ptr<Model> (*make)(const C&, const ModelShape&)) {
  ModelRegistry::Item item = ModelRegistry::item<C>(name, std::move(summary), make);
  item.make = [name, make = item.make](const ConfigNode& options, const ModelShape& shape) {
    check(name, shape);
    return make(options, shape);
  };
  return item;
}

}  // namespace

const ModelRegistry& models() {
  // clang-format off: one line each
  static const ModelRegistry registry(
      "model",
      {
          network("unet", "U-Net with batch norm, four levels (Ronneberger et al. 2015)", make_unet),
          network("unet6", "U-Net without batch norm, six levels, for large patches", make_unet6),
          network("unetpp", "UNet++ with ELU and dropout, deep supervision (Zhou et al. 2018)", make_unetpp),
          network("enet", "ENet, small and fast (Paszke et al. 2016)", make_enet),
          network("esnet", "ESNet, small and fast (Lyu et al. 2019)", make_esnet),
      });
  // clang-format on
  return registry;
}

}  // namespace nadir
