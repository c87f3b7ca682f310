// Whole HDF5 files whose groups, attributes and shapes are not Keras's: inputs are JSON that says what is in
// the file, a list of {"path", "attributes", "shape"}.
#include <fstream>
#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"
#include "fuzz/read_weights.h"
#include "nadir/error.h"
#include "nadir/runtime.h"
#include "weights/hdf5_writer.h"

namespace nadir {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostObjects = 64, kMostSides = 32;
constexpr std::uint64_t kMostNumbers = 4096;

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

// Lists are texts of a fixed length, others of any length: as h5py writes them.
void put_attributes(Hdf5Node& node, const Json& attributes) {
  for (const auto& [name, value] : attributes.items()) {
    if (!value.is_array()) node.text[name] = as_text(value);
    for (const Json& each : value.is_array() ? value : Json()) node.texts[name].push_back(as_text(each));
  }
}

std::vector<std::uint64_t> array_shape(const Json& sides) {
  std::vector<std::uint64_t> shape;
  std::uint64_t count = 1;
  for (const Json& each : sides) {
    if (shape.size() == kMostSides) break;
    const std::uint64_t side = each.is_number_unsigned() ? each.get<std::uint64_t>() : 1;
    shape.push_back(std::min(side, kMostNumbers / std::max<std::uint64_t>(count, 1)));
    count *= shape.back();
  }
  return shape;
}

void read_described(const std::filesystem::path& description) {
  const Json objects = Json::parse(read_text_file(description), nullptr, /*allow_exceptions=*/false);
  if (!objects.is_array() || objects.size() > kMostObjects) throw DataError("no description of a file");
  Hdf5Node root;
  for (const Json& each : objects) {
    if (!each.is_object() || !each.contains("path") || !each["path"].is_string()) continue;
    Hdf5Node& node = root.at(each["path"].get<std::string>());
    if (each.contains("shape") && each["shape"].is_array()) node.shape = array_shape(each["shape"]);
    if (each.contains("attributes") && each["attributes"].is_object())
      put_attributes(node, each["attributes"]);
  }
  const std::filesystem::path h5 = description.string() + ".h5";
  std::ofstream(h5, std::ios::binary | std::ios::trunc) << write_hdf5(root);
  read_all_weights(h5);
}

}  // namespace

FuzzTarget fuzz_target() {
  return {
      "keras_layout",
      read_described,
      {R"([{"path":"/","attributes":{"layer_names":["stem","bn"],"model_config":"{\"class_name\":\"Functional\",)"
       R"(\"config\":{\"name\":\"m\",\"layers\":[{\"class_name\":\"DepthwiseConv2D\",\"config\":{\"name\":\"stem\"}}]}}"}},)"
       R"({"path":"stem","attributes":{"weight_names":["stem/kernel:0","stem/bias:0"]}},)"
       R"({"path":"stem/stem/kernel:0","shape":[3,3,4,1]},{"path":"stem/stem/bias:0","shape":[4]},)"
       R"({"path":"bn","attributes":{"weight_names0":["bn/gamma:0"],"weight_names1":["bn/inner/beta:0"]}},)"
       R"({"path":"bn/bn/gamma:0","shape":[4]},{"path":"bn/bn/inner/beta:0","shape":[4]}])",
       R"([{"path":"layers/conv2d/vars","attributes":{"name":"stem"}},{"path":"layers/conv2d/vars/0","shape":[3,3,3,4]},)"
       R"({"path":"layers/batch_normalization/vars/0","shape":[4]},{"path":"layers/batch_normalization/vars/1","shape":[4]},)"
       R"({"path":"layers/batch_normalization/vars/2","shape":[4]},)"
       R"({"path":"layers/functional/layers/dense/vars","attributes":{"name":"head"}},)"
       R"({"path":"layers/functional/layers/dense/vars/0","shape":[5,2]},)"
       R"({"path":"layers/functional/layers/dense/vars/1","shape":[2]}])"}};
}

}  // namespace nadir
