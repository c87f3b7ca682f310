#include "weights/hdf5/messages.h"

#include <limits>

namespace nadir::hdf5 {
namespace {

enum TypeClass { kInteger = 0, kFloat = 1, kText = 3, kEnumeration = 8, kVariable = 9 };

// IEEE 754's half, single and double precision, and bfloat16: the sign, the exponent, then the fraction.
void read_float(Cursor& cursor, Type& type) {
  struct Known {
    std::uint64_t bytes, exponent, fraction;  // the last two in bits
    torch::ScalarType scalar;
  };
  constexpr Known kKnown[] = {{2, 5, 10, torch::kFloat16},
                              {2, 8, 7, torch::kBFloat16},
                              {4, 8, 23, torch::kFloat32},
                              {8, 11, 52, torch::kFloat64}};
  const std::uint64_t offset = cursor.number(2), precision = cursor.number(2);
  const std::uint64_t exponent_at = cursor.number(1), exponent = cursor.number(1);
  const std::uint64_t fraction_at = cursor.number(1), fraction = cursor.number(1);
  for (const Known& each : kKnown) {
    if (type.bytes != each.bytes || exponent != each.exponent || fraction != each.fraction) continue;
    if (offset != 0 || fraction_at != 0 || exponent_at != fraction || precision != 8 * type.bytes) continue;
    type.kind = Type::Kind::kNumber;
    type.scalar = each.scalar;
  }
}

void read_integer(Cursor& cursor, bool is_signed, Type& type) {
  if (cursor.number(2) != 0 || cursor.number(2) != 8 * type.bytes) return;  // bits that are not used
  type.kind = Type::Kind::kNumber;
  switch (type.bytes) {
    case 1:
      type.scalar = is_signed ? torch::kInt8 : torch::kUInt8;
      return;
    case 2:
      type.scalar = is_signed ? torch::kInt16 : torch::kUInt16;
      return;
    case 4:
      type.scalar = is_signed ? torch::kInt32 : torch::kUInt32;
      return;
    case 8:
      type.scalar = is_signed ? torch::kInt64 : torch::kUInt64;
      return;
    default:
      type.kind = Type::Kind::kOther;
  }
}

// The part of an attribute's message; up to version 1 each part is filled to a multiple of 8 bytes.
std::string part(Cursor& cursor, std::uint64_t bytes, bool filled) {
  std::string text(cursor.bytes(bytes));
  if (filled) cursor.align();
  return text;
}

}  // namespace

Type read_type(const Bytes& file, const std::string& body, const std::string& what) {
  Cursor cursor(file, body, what);
  const int kind = cursor.byte() & 0x0F;
  const std::uint64_t bits = cursor.number(3);
  Type type;
  type.bytes = cursor.number(4);
  if (type.bytes == 0) cursor.refuse("holds elements of no bytes");
  type.big_endian = (bits & 0x01) != 0;
  if (kind == kInteger) read_integer(cursor, (bits & 0x08) != 0, type);
  if (kind == kFloat && (bits & 0x40) == 0) read_float(cursor, type);  // 0x40: VAX's order
  if (kind == kText) type.kind = Type::Kind::kFixedText;
  if (kind == kVariable && (bits & 0x0F) == 1 && type.bytes == 16) type.kind = Type::Kind::kVariableText;
  if (kind == kEnumeration && type.bytes == 1) {
    type.kind = Type::Kind::kNumber;
    type.scalar = torch::kBool;
  }
  return type;
}

Shape read_shape(const Bytes& file, const std::string& body, const std::string& what) {
  Cursor cursor(file, body, what);
  const int version = cursor.byte(), rank = cursor.byte();
  cursor.skip(1);  // whether there are largest sides
  const int kind = version == 2 ? cursor.byte() : 1;
  if (version < 1 || version > 2 || rank > 32) cursor.refuse("has a shape of an unknown kind");
  if (version == 1) cursor.skip(5);
  constexpr int kNull = 2;
  Shape shape;
  if (kind == kNull) shape.count = 0;
  for (int i = 0; i < rank; ++i) {
    const std::uint64_t side = cursor.number(8);
    if (side > std::uint64_t{std::numeric_limits<std::int64_t>::max()} ||
        __builtin_mul_overflow(shape.count, side, &shape.count)) {
      cursor.refuse("has an impossible shape");
    }
    shape.sides.push_back(static_cast<std::int64_t>(side));
  }
  return shape;
}

Layout read_layout(const Bytes& file, const std::string& body, const std::string& what) {
  Cursor cursor(file, body, what);
  const int version = cursor.byte(), kind = cursor.byte();
  if (version < 3 || version > 4 || kind > 2 || (version == 4 && kind == 2)) {
    cursor.refuse("lies in the file in a way that Keras does not write and nadir does not read (layout " +
                  std::to_string(version) + "." + std::to_string(kind) + ")");
  }
  Layout layout;
  layout.kind = static_cast<Layout::Kind>(kind);
  if (layout.kind == Layout::Kind::kCompact) {
    layout.compact = cursor.bytes(cursor.number(2));
  } else if (layout.kind == Layout::Kind::kContiguous) {
    layout.address = cursor.number(8);
    layout.bytes = cursor.number(8);
  } else {
    const int rank = cursor.byte();  // one more than the array's: the last side is the element's bytes
    layout.address = cursor.number(8);
    for (int i = 0; i < rank; ++i) layout.chunk.push_back(cursor.number(4));
  }
  return layout;
}

std::vector<Filter> read_filters(const Bytes& file, const Message* message, const std::string& what) {
  std::vector<Filter> filters;
  if (message == nullptr) return filters;
  Cursor cursor(file, message->body, what);
  const int version = cursor.byte(), count = cursor.byte();
  if (version < 1 || version > 2) cursor.refuse("is packed in an unknown way");
  if (version == 1) cursor.skip(6);
  constexpr std::uint64_t kNoName = 256;  // ids below have no name from version 2 on
  for (int i = 0; i < count; ++i) {
    const std::uint64_t id = cursor.number(2);
    const std::uint64_t name = version == 1 || id >= kNoName ? cursor.number(2) : 0;
    cursor.skip(2);
    const std::uint64_t values = cursor.number(2);
    cursor.skip(version == 1 ? (name + 7) / 8 * 8 : name);
    cursor.skip(4 * (version == 1 ? values + values % 2 : values));
    if (id != 1 && id != 2) {
      cursor.refuse("is packed by filter " + std::to_string(id) + "; nadir knows deflate and shuffle");
    }
    filters.push_back({static_cast<Filter::Kind>(id)});
  }
  return filters;
}

bool read_attribute(const Bytes& file, const Object& object, const std::string& name, Attribute& found) {
  for (const Message& each : object.messages) {
    if (each.type != kAttribute) continue;
    Cursor cursor(file, each.body, "an attribute");
    const int version = cursor.byte(), flags = cursor.byte();
    if (version < 1 || version > 3) cursor.refuse("is of an unknown version");
    const std::uint64_t name_bytes = cursor.number(2), type_bytes = cursor.number(2),
                        shape_bytes = cursor.number(2);
    if (version == 3) cursor.skip(1);  // the name's encoding
    found.name = part(cursor, name_bytes, version == 1);
    found.name.resize(std::min(found.name.size(), found.name.find('\0')));
    if (found.name != name) continue;
    const std::string what = "its attribute '" + name + "'";
    if (each.shared || flags != 0) file.refuse(what + " has its type elsewhere in the file");
    found.type = read_type(file, part(cursor, type_bytes, version == 1), what);
    found.shape = read_shape(file, part(cursor, shape_bytes, version == 1), what);
    found.value = cursor.bytes(cursor.left());
    if (found.shape.count > found.value.size() / found.type.bytes) file.refuse(what + " is cut short");
    return true;
  }
  return false;
}

}  // namespace nadir::hdf5
