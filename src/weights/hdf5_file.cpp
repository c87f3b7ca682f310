#include "weights/hdf5_file.h"

#include <torch/torch.h>

#include "weights/hdf5/chunks.h"
#include "weights/hdf5/messages.h"
#include "weights/hdf5/texts.h"

namespace nadir {

using hdf5::Layout;

struct Hdf5File::Stored {
  hdf5::Type type;
  hdf5::Shape shape;
  Layout layout;
  std::vector<hdf5::Filter> filters;
  std::vector<hdf5::Chunk> chunks;

  std::uint64_t bytes() const { return shape.count * type.bytes; }  // checked by `stored`
};

Hdf5File::Hdf5File(hdf5::Bytes bytes) : bytes_(std::move(bytes)), root_(hdf5::read_tree(bytes_)) {
  if (!root_->is_group) bytes_.refuse("its root is no group (damaged?)");
}

const hdf5::Object* Hdf5File::find(const std::string& path) const {
  const hdf5::Object* object = root_.get();
  for (std::size_t begin = 0; begin < path.size() && object != nullptr;) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) {
      const auto child = object->children.find(path.substr(begin, end - begin));
      object = child == object->children.end() ? nullptr : child->second.get();
    }
    begin = end + 1;
  }
  return object;
}

bool Hdf5File::is_group(const std::string& path) const {
  const hdf5::Object* object = find(path);
  return object != nullptr && object->is_group;
}

std::vector<std::string> Hdf5File::children(const std::string& group) const {
  const hdf5::Object* object = find(group);
  if (object == nullptr || !object->is_group) bytes_.refuse("its group '" + group + "' is missing");
  std::vector<std::string> names;
  for (const auto& [name, child] : object->children) names.push_back(name);
  return names;
}

std::vector<std::string> Hdf5File::attribute(const std::string& path, const std::string& name) const {
  using Kind = hdf5::Type::Kind;
  const hdf5::Object* object = find(path);
  hdf5::Attribute found;
  if (object == nullptr || !hdf5::read_attribute(bytes_, *object, name, found)) return {};
  if (found.type.kind != Kind::kFixedText && found.type.kind != Kind::kVariableText) return {};
  return hdf5::read_texts(bytes_, found);
}

Hdf5File::Stored Hdf5File::stored(const std::string& path) const {
  const std::string what = "its array '" + path + "'";
  const hdf5::Object* object = find(path);
  if (object == nullptr || object->is_group) bytes_.refuse(what + " is missing");
  const auto message = [&](hdf5::MessageType type) -> const std::string& {
    const hdf5::Message* found = object->find(type);
    if (found == nullptr || found->shared) bytes_.refuse(what + " has no shape, type or place of its own");
    return found->body;
  };
  if (object->find(hdf5::kExternalFiles) != nullptr) bytes_.refuse(what + " lies in another file");
  Stored array{.type = hdf5::read_type(bytes_, message(hdf5::kDatatype), what),
               .shape = hdf5::read_shape(bytes_, message(hdf5::kDataspace), what),
               .layout = hdf5::read_layout(bytes_, message(hdf5::kLayout), what),
               .filters = hdf5::read_filters(bytes_, object->find(hdf5::kFilters), what),
               .chunks = {}};
  if (array.type.kind != hdf5::Type::Kind::kNumber) bytes_.refuse(what + " holds no numbers of a known type");
  // Keras's bfloat16 are numpy's uint16 with an attribute.
  if (array.type.bytes == 2 && attribute(path, "dtype") == std::vector<std::string>{"bfloat16"}) {
    array.type.scalar = torch::kBFloat16;
  }
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(array.shape.count, array.type.bytes, &bytes)) {
    bytes_.refuse(what + " has an impossible shape");
  }
  const Layout& layout = array.layout;
  if ((layout.kind == Layout::Kind::kCompact && layout.compact.size() < bytes) ||
      (layout.kind == Layout::Kind::kContiguous && bytes > 0 &&
       (layout.bytes < bytes || !bytes_.holds(layout.address, bytes)))) {
    bytes_.refuse(what + " claims " + std::to_string(bytes) + " bytes, which the file does not hold");
  }
  if (layout.kind == Layout::Kind::kChunked) {
    array.chunks = hdf5::read_chunks(bytes_, layout, array.shape, array.type, array.filters, what);
  }
  return array;
}

Hdf5File::Array Hdf5File::array(const std::string& path) const {
  Stored found = stored(path);
  return {found.type.scalar, std::move(found.shape.sides)};
}

torch::Tensor Hdf5File::read(const std::string& path) const {
  const Stored found = stored(path);
  std::vector<std::int64_t> sides = found.shape.sides;
  sides.push_back(static_cast<std::int64_t>(found.type.bytes));
  torch::Tensor bytes = torch::empty(sides, torch::kUInt8);  // [sides…, bytes of an element]
  if (found.layout.kind == Layout::Kind::kChunked) {
    hdf5::read_chunked(bytes_, found.chunks, found.layout, found.filters, bytes, "its array '" + path + "'");
  } else if (found.layout.kind == Layout::Kind::kContiguous) {
    if (found.bytes() > 0) bytes_.read(found.layout.address, bytes.mutable_data_ptr(), found.bytes());
  } else {
    std::copy_n(found.layout.compact.data(), found.bytes(), static_cast<char*>(bytes.mutable_data_ptr()));
  }
  if (found.type.big_endian) bytes = bytes.flip(-1);
  if (found.type.scalar == torch::kBool) return bytes.squeeze(-1).ne(0);
  return bytes.view(found.type.scalar).squeeze(-1);
}

}  // namespace nadir
