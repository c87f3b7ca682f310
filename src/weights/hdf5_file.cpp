#include "weights/hdf5_file.h"

#include <hdf5.h>

#include <algorithm>
#include <mutex>

namespace nadir {
namespace {

constexpr std::uint64_t kLargestAttribute = 64U << 20;  // bytes
constexpr std::uint64_t kMostFromOneByte = 1032;        // what deflate can unpack from one byte

// The library is not built for threads, and prints its errors unless told not to, which each call of ours
// does anew: GDAL uses the same library in this process.
class Lock {
 public:
  Lock() : guard_(mutex()) {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Lock() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  std::lock_guard<std::mutex> guard_;
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }
  bool good() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

bool is_root(const std::string& path) { return path.empty() || path == "/"; }

// Whether each part of the path is there, by hard links alone.
bool reaches(hid_t file, const std::string& path) {
  if (is_root(path)) return true;
  for (std::size_t end = path.find('/', 1); true; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && part.back() != '/') {
      H5L_info_t link{};
      if (H5Lexists(file, part.c_str(), H5P_DEFAULT) <= 0) return false;
      if (H5Lget_info(file, part.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) return false;
    }
    if (end == std::string::npos) return true;
  }
}

H5O_type_t object_type(hid_t file, const std::string& path) {
  if (is_root(path)) return H5O_TYPE_GROUP;
  H5O_info_t info{};
  if (!reaches(file, path) ||
      H5Oget_info_by_name2(file, path.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0) {
    return H5O_TYPE_UNKNOWN;
  }
  return info.type;
}

// Half, single and double precision of IEEE 754, whole numbers, and numpy's bool (an enumeration).
bool number_type(hid_t type, torch::ScalarType& found) {
  const std::size_t size = H5Tget_size(type);
  const H5T_class_t kind = H5Tget_class(type);
  const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
  if (kind == H5T_FLOAT) {
    std::size_t sign = 0, exponent_at = 0, exponent = 0, fraction_at = 0, fraction = 0;
    H5Tget_fields(type, &sign, &exponent_at, &exponent, &fraction_at, &fraction);
    found = size == 2 ? torch::kFloat16 : size == 4 ? torch::kFloat32 : torch::kFloat64;
    return (size == 2 && exponent == 5) || (size == 4 && exponent == 8) || (size == 8 && exponent == 11);
  }
  if (kind == H5T_ENUM) found = torch::kBool;
  if (kind == H5T_INTEGER) {
    found = size == 1   ? (is_signed ? torch::kInt8 : torch::kUInt8)
            : size == 2 ? (is_signed ? torch::kInt16 : torch::kUInt16)
            : size == 4 ? (is_signed ? torch::kInt32 : torch::kUInt32)
                        : (is_signed ? torch::kInt64 : torch::kUInt64);
  }
  return (kind == H5T_ENUM && size == 1) ||
         (kind == H5T_INTEGER && (size == 1 || size == 2 || size == 4 || size == 8));
}

// The bytes that reading the array needs, the library's own buffer of a chunk included; 0 for a trap.
bool is_plausible(hid_t dataset, std::uint64_t bytes, std::uint64_t file_size) {
  const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  if (!properties.good() || H5Pget_external_count(properties) != 0) return false;
  const H5D_layout_t layout = H5Pget_layout(properties);
  const std::uint64_t stored = H5Dget_storage_size(dataset);
  if (stored > file_size) return false;
  if (layout != H5D_CHUNKED) return (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) && stored >= bytes;
  std::vector<hsize_t> chunk(H5S_MAX_RANK);
  const int rank = H5Pget_chunk(properties, H5S_MAX_RANK, chunk.data());
  const Handle type(H5Dget_type(dataset), H5Tclose);
  std::uint64_t chunk_bytes = H5Tget_size(type);
  for (int i = 0; i < rank; ++i) {
    if (__builtin_mul_overflow(chunk_bytes, chunk[static_cast<std::size_t>(i)], &chunk_bytes)) return false;
  }
  constexpr std::uint64_t kSmall = 1U << 20;
  return bytes / kMostFromOneByte <= stored && chunk_bytes <= std::max(16 * bytes, kSmall);
}

std::vector<std::string> read_fixed_texts(hid_t attribute, hid_t type, std::size_t count) {
  const std::size_t size = H5Tget_size(type);
  std::vector<std::string> texts;
  std::string bytes(size * count, '\0');
  if (H5Aread(attribute, type, bytes.data()) < 0) return texts;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = bytes.substr(i * size, size);
    texts.push_back(text.substr(0, text.find('\0')));
  }
  return texts;
}

std::vector<std::string> read_variable_texts(hid_t attribute, hid_t type, hid_t space, std::size_t count) {
  std::vector<char*> pointers(count, nullptr);
  std::vector<std::string> texts;
  if (H5Aread(attribute, type, pointers.data()) < 0) return texts;
  for (const char* each : pointers) texts.emplace_back(each == nullptr ? "" : each);
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
  return texts;
}

}  // namespace

Hdf5File::Hdf5File(std::shared_ptr<const ByteFile> file) : file_(std::move(file)), size_(file_->size()) {
  const Lock lock;
  id_ = H5Fopen(file_->path().c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id_ < 0) file_->refuse("is no whole HDF5 file (cut short, or damaged?)");
}

Hdf5File::Hdf5File(std::shared_ptr<const ByteFile> file, const std::string& image)
    : file_(std::move(file)), size_(image.size()) {
  const Lock lock;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  constexpr std::size_t kGrowth = 1 << 16;
  H5Pset_fapl_core(access, kGrowth, /*backing_store=*/false);
  H5Pset_file_image(access, const_cast<char*>(image.data()), image.size());
  id_ = H5Fopen((file_->path().string() + ".weights").c_str(), H5F_ACC_RDONLY, access);
  if (id_ < 0) file_->refuse("its model.weights.h5 is no whole HDF5 file (damaged?)");
}

Hdf5File::~Hdf5File() {
  const Lock lock;
  if (id_ >= 0) H5Fclose(id_);
}

bool Hdf5File::exists(const std::string& path) const {
  const Lock lock;
  return reaches(id_, path);
}

bool Hdf5File::is_group(const std::string& path) const {
  const Lock lock;
  return object_type(id_, path) == H5O_TYPE_GROUP;
}

std::vector<std::string> Hdf5File::children(const std::string& group) const {
  const Lock lock;
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* into) -> herr_t {
    static_cast<std::vector<std::string>*>(into)->emplace_back(name);
    return 0;
  };
  const std::string path = is_root(group) ? "/" : group;
  if (object_type(id_, group) != H5O_TYPE_GROUP ||
      H5Literate_by_name(id_, path.c_str(), H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names, H5P_DEFAULT) <
          0) {
    file_->refuse("its group '" + group + "' cannot be read");
  }
  return names;
}

std::vector<std::string> Hdf5File::attribute(const std::string& path, const std::string& name) const {
  const Lock lock;
  const std::string object = is_root(path) ? "/" : path;
  if (!reaches(id_, path) || H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) <= 0)
    return {};
  const Handle attribute(H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                         H5Aclose);
  const Handle type(attribute.good() ? H5Aget_type(attribute) : -1, H5Tclose);
  const Handle space(attribute.good() ? H5Aget_space(attribute) : -1, H5Sclose);
  if (!type.good() || !space.good())
    file_->refuse("attribute '" + name + "' of '" + path + "' cannot be read");
  if (H5Tget_class(type) != H5T_STRING) return {};
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  const std::size_t size = H5Tget_size(type);
  if (count < 0 || size == 0 || static_cast<std::uint64_t>(count) > kLargestAttribute / size) {
    file_->refuse("attribute '" + name + "' of '" + path + "' is too large");
  }
  const auto texts = static_cast<std::size_t>(count);
  return H5Tis_variable_str(type) > 0 ? read_variable_texts(attribute, type, space, texts)
                                      : read_fixed_texts(attribute, type, texts);
}

Hdf5File::Array Hdf5File::array(const std::string& path) const {
  const bool brain = attribute(path, "dtype") == std::vector<std::string>{"bfloat16"};
  const Lock lock;
  const std::string what = "its array '" + path + "'";
  if (object_type(id_, path) != H5O_TYPE_DATASET) file_->refuse(what + " is missing");
  const Handle dataset(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle type(dataset.good() ? H5Dget_type(dataset) : -1, H5Tclose);
  const Handle space(dataset.good() ? H5Dget_space(dataset) : -1, H5Sclose);
  if (!type.good() || !space.good()) file_->refuse(what + " cannot be read");
  Array result;
  if (brain && H5Tget_size(type) == 2) {
    result.type = torch::kBFloat16;
  } else if (!number_type(type, result.type)) {
    file_->refuse(what + " holds no numbers of a known type");
  }
  std::vector<hsize_t> shape(H5S_MAX_RANK);
  const int rank = H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  if (rank < 0) file_->refuse(what + " has no shape");
  std::uint64_t bytes = H5Tget_size(type);
  for (int i = 0; i < rank; ++i) {
    const hsize_t side = shape[static_cast<std::size_t>(i)];
    if (side > INT64_MAX || __builtin_mul_overflow(bytes, side, &bytes))
      file_->refuse(what + " has an impossible shape");
    result.shape.push_back(static_cast<std::int64_t>(side));
  }
  if (!is_plausible(dataset, bytes, size_)) {
    file_->refuse(what + " claims " + std::to_string(bytes) + " bytes, which the file does not hold");
  }
  return result;
}

torch::Tensor Hdf5File::read(const std::string& path) const {
  const Array what = array(path);
  const Lock lock;
  const Handle dataset(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle type(H5Dget_type(dataset), H5Tclose);
  const bool is_bool = what.type == torch::kBool;
  torch::Tensor tensor = torch::empty(what.shape, is_bool ? torch::kUInt8 : what.type);
  auto* data = static_cast<char*>(tensor.mutable_data_ptr());
  if (tensor.numel() > 0 && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
    file_->refuse("its array '" + path + "' cannot be read (damaged?)");
  }
  const auto element = static_cast<std::size_t>(tensor.element_size());
  if (H5Tget_order(type) == H5T_ORDER_BE) {
    for (std::size_t at = 0; at < tensor.nbytes(); at += element)
      std::reverse(data + at, data + at + element);
  }
  return is_bool ? tensor.ne(0) : tensor;
}

}  // namespace nadir
