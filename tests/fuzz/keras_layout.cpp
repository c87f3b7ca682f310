// Whole HDF5 files whose groups, attributes and shapes are not Keras's: inputs are JSON that says what is in
// the file, a list of {"path", "attributes", "shape"}.
#include <hdf5.h>

#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"
#include "fuzz/read_weights.h"
#include "nadir/error.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostObjects = 64;
constexpr hsize_t kMostNumbers = 4096;

// One text of variable length, several of fixed length: as h5py writes them.
void put_attribute(hid_t object, const std::string& name, const Json& value) {
  std::vector<std::string> texts;
  for (const Json& each : value.is_array() ? value : Json::array({value})) {
    texts.push_back(each.is_string() ? each.get<std::string>() : each.dump());
  }
  std::size_t width = 1;
  for (const std::string& each : texts) width = std::max(width, each.size());
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, value.is_array() ? width : H5T_VARIABLE);
  const hsize_t count = texts.size();
  const hid_t space = value.is_array() ? H5Screate_simple(1, &count, nullptr) : H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT);
  std::string bytes;
  for (std::string each : texts) {
    each.resize(width);
    bytes += each;
  }
  const char* one = texts.empty() ? "" : texts[0].c_str();
  H5Awrite(attribute, type,
           value.is_array() ? static_cast<const void*>(bytes.data()) : static_cast<const void*>(&one));
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

hid_t make_array(hid_t file, const std::string& path, const Json& shape, hid_t groups) {
  std::vector<hsize_t> sides;
  hsize_t count = 1;
  for (const Json& each : shape) {
    const hsize_t side = each.is_number_unsigned() ? each.get<hsize_t>() : 1;
    sides.push_back(std::min(side, kMostNumbers / std::max<hsize_t>(count, 1)));
    count *= sides.back();
  }
  if (sides.size() > 32) sides.resize(32);
  const hid_t space = H5Screate_simple(static_cast<int>(sides.size()), sides.data(), nullptr);
  const hid_t array = H5Dcreate2(file, path.c_str(), H5T_IEEE_F32LE, space, groups, H5P_DEFAULT, H5P_DEFAULT);
  const std::vector<float> numbers(kMostNumbers, 1.0F);
  H5Dwrite(array, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data());
  H5Sclose(space);
  return array;
}

void put_object(hid_t file, const Json& object, hid_t groups) {
  if (!object.is_object() || !object.contains("path") || !object["path"].is_string()) return;
  const std::string path = object["path"];
  const bool is_array = object.contains("shape") && object["shape"].is_array();
  const hid_t made = is_array      ? make_array(file, path, object["shape"], groups)
                     : path == "/" ? H5Gopen2(file, "/", H5P_DEFAULT)
                                   : H5Gcreate2(file, path.c_str(), groups, H5P_DEFAULT, H5P_DEFAULT);
  if (made < 0) return;  // a path that is taken
  const Json attributes = object.value("attributes", Json());
  if (attributes.is_object()) {
    for (const auto& [name, value] : attributes.items()) put_attribute(made, name, value);
  }
  H5Oclose(made);
}

void read_described(const std::filesystem::path& description) {
  const Json objects = Json::parse(read_text_file(description), nullptr, /*allow_exceptions=*/false);
  if (!objects.is_array() || objects.size() > kMostObjects) throw DataError("no description of a file");
  const std::filesystem::path h5 = description.string() + ".h5";
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const hid_t file = H5Fcreate(h5.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t groups = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(groups, 1);
  for (const Json& each : objects) put_object(file, each, groups);
  H5Pclose(groups);
  H5Fclose(file);
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
