#include "weights/torch_storage.h"

#include <algorithm>
#include <array>

namespace nadir {
namespace {

using Kind = PickleValue::Kind;

struct TypeName {
  const char* storage;
  const char* dtype;
  torch::ScalarType type;
};
constexpr std::array<TypeName, 16> kTypes = {{{"DoubleStorage", "float64", torch::kFloat64},
                                              {"FloatStorage", "float32", torch::kFloat32},
                                              {"HalfStorage", "float16", torch::kFloat16},
                                              {"BFloat16Storage", "bfloat16", torch::kBFloat16},
                                              {"LongStorage", "int64", torch::kInt64},
                                              {"IntStorage", "int32", torch::kInt32},
                                              {"ShortStorage", "int16", torch::kInt16},
                                              {"CharStorage", "int8", torch::kInt8},
                                              {"ByteStorage", "uint8", torch::kUInt8},
                                              {"BoolStorage", "bool", torch::kBool},
                                              {"ComplexFloatStorage", "complex64", torch::kComplexFloat},
                                              {"ComplexDoubleStorage", "complex128", torch::kComplexDouble},
                                              {"UntypedStorage", "", torch::kUInt8},
                                              {"", "uint16", torch::kUInt16},
                                              {"", "uint32", torch::kUInt32},
                                              {"", "uint64", torch::kUInt64}}};

constexpr std::array<std::string_view, 4> kRebuilds = {
    {"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
     "torch._utils._rebuild_parameter"}};
constexpr std::string_view kParameterWithState = "torch._utils._rebuild_parameter_with_state";
constexpr std::string_view kParameter = "torch.nn.parameter.Parameter";

// Containers, and small things that stand beside weights in real checkpoints and are never called either.
constexpr std::array<std::string_view, 17> kOthers = {
    {"collections.OrderedDict", "collections.Counter", "builtins.dict", "__builtin__.dict", "builtins.list",
     "builtins.tuple", "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset",
     "torch.Size", "torch.device", "numpy.dtype", "_codecs.encode", "numpy.core.multiarray.scalar",
     "numpy._core.multiarray.scalar", "torch.storage.UntypedStorage"}};

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_wrapper(std::string_view name) {
  return name == "torch._utils._rebuild_parameter" || name == kParameterWithState || name == kParameter;
}

// nullptr where the name is no type's: "torch.FloatStorage", "torch.float32".
const TypeName* find_type(std::string_view global) {
  for (const std::string_view prefix : {"torch.storage.", "torch.cuda.", "torch."}) {
    if (!global.starts_with(prefix)) continue;
    global.remove_prefix(prefix.size());
    break;
  }
  for (const TypeName& each : kTypes) {
    if (!global.empty() && (global == each.storage || global == each.dtype)) return &each;
  }
  return nullptr;
}

std::vector<std::int64_t> integers(const ByteFile& file, const PickleValue& value) {
  std::vector<std::int64_t> result;
  for (const PickleValue* each : value.items) {
    if (each->kind != Kind::kInt) file.refuse("a tensor's shape or strides are not whole numbers");
    result.push_back(each->integer);
  }
  return result;
}

std::int64_t integer(const ByteFile& file, const PickleValue& value, const char* what) {
  if (value.kind != Kind::kInt) file.refuse(std::string("a tensor's ") + what + " is not a whole number");
  return value.integer;
}

void swap_bytes(char* bytes, std::uint64_t count, std::size_t element) {
  for (std::uint64_t i = 0; i + element <= count; i += element) std::reverse(bytes + i, bytes + i + element);
}

// Of one number: a complex one is two.
std::size_t number_size(torch::ScalarType type) {
  const std::size_t size = c10::elementSize(type);
  return c10::isComplexType(type) ? size / 2 : size;
}

}  // namespace

std::string storage_name(torch::ScalarType type) {
  for (const TypeName& each : kTypes) {
    if (each.type == type) return each.storage;
  }
  return {};
}

bool is_torch_global(std::string_view name) {
  return contains(kRebuilds, name) || is_wrapper(name) || contains(kOthers, name) ||
         (name.starts_with("torch.") && find_type(name) != nullptr);
}

bool StorageTable::is_tensor(const PickleValue& value) {
  return value.kind == Kind::kCall && (contains(kRebuilds, value.text) || is_wrapper(value.text));
}

StorageRef StorageTable::storage(const PickleValue& persistent) const {
  const ByteFile& file = reader_->file();
  const auto& items = persistent.items;
  if (persistent.kind != Kind::kPersistent || items.size() < 5 || items[0]->text != "storage") {
    file.refuse(!items.empty() && items[0]->text == "module"
                    ? "holds a whole network as Python objects; save its state_dict() instead"
                    : "a tensor has no storage");
  }
  const TypeName* type = find_type(items[1]->text);
  if (items[1]->kind != Kind::kGlobal || type == nullptr || items[2]->kind != Kind::kText) {
    file.refuse("a storage has no type or no key");
  }
  StorageRef ref{items[2]->text, type->type, 0, integer(file, *items[4], "storage's size")};
  // Before 0.4 a storage could be a view of another: (key, offset, size).
  if (items.size() > 5 && items[5]->kind == Kind::kTuple && items[5]->items.size() == 3) {
    ref.begin = integer(file, *items[5]->items[1], "storage's offset");
    ref.size = integer(file, *items[5]->items[2], "storage's size");
  }
  if (ref.size < 0 || ref.begin < 0) file.refuse("storage '" + ref.key + "' has a negative size");
  return ref;
}

TensorRef StorageTable::tensor(const PickleValue& value) const {
  const ByteFile& file = reader_->file();
  const PickleValue* made = &value;
  constexpr int kMostWrappers = 4;
  for (int i = 0; i < kMostWrappers && is_wrapper(made->text) && !made->items.empty(); ++i)
    made = made->items[0];
  if (made->kind != Kind::kCall || !contains(kRebuilds, made->text) || made->items.size() < 4) {
    file.refuse("a parameter holds no tensor");
  }
  TensorRef ref{storage(*made->items[0]), integer(file, *made->items[1], "offset"),
                integers(file, *made->items[2]), integers(file, *made->items[3])};
  if (made->text == "torch._utils._rebuild_tensor_v3") {  // an untyped storage, and the type of its numbers
    const TypeName* type = made->items.size() > 6 ? find_type(made->items[6]->text) : nullptr;
    if (type == nullptr) file.refuse("a tensor has no known type");
    ref.storage.size /= static_cast<std::int64_t>(c10::elementSize(type->type));
    ref.storage.type = type->type;
  }
  check(ref);
  return ref;
}

void StorageTable::check(const TensorRef& ref) const {
  const ByteFile& file = reader_->file();
  const std::string which = "a tensor of storage '" + ref.storage.key + "'";
  constexpr std::size_t kMostDimensions = 64;
  if (ref.shape.size() != ref.strides.size() || ref.shape.size() > kMostDimensions || ref.offset < 0) {
    file.refuse(which + " has an impossible shape");
  }
  std::int64_t last = ref.offset, count = 1, step = 0;
  for (std::size_t i = 0; i < ref.shape.size(); ++i) {
    if (ref.shape[i] < 0 || ref.strides[i] < 0 || __builtin_mul_overflow(count, ref.shape[i], &count) ||
        __builtin_mul_overflow(std::max<std::int64_t>(ref.shape[i], 1) - 1, ref.strides[i], &step) ||
        __builtin_add_overflow(last, step, &last)) {
      file.refuse(which + " has an impossible shape");
    }
  }
  if (count > 0 && last >= ref.storage.size) file.refuse(which + " lies outside of it");
  // An expanded tensor repeats its numbers; small ones are, large ones are a trap for the memory.
  constexpr std::int64_t kLargestExpanded = 1 << 16;
  if (count > std::max(ref.storage.size, kLargestExpanded)) {
    file.refuse(which + " is expanded to " + std::to_string(count) + " numbers");
  }
  std::int64_t end = 0;
  if (__builtin_add_overflow(ref.storage.begin, ref.storage.size, &end) ||
      static_cast<std::uint64_t>(end) > reader_->size(ref.storage.key) / c10::elementSize(ref.storage.type)) {
    file.refuse("storage '" + ref.storage.key + "' has fewer bytes than its tensors need (cut short?)");
  }
}

torch::Tensor StorageTable::load(const StorageRef& ref) {
  torch::Tensor& numbers = loaded_[{ref.key, ref.type}];
  if (numbers.defined()) return numbers;
  const std::uint64_t bytes = reader_->size(ref.key);
  const auto element = static_cast<std::uint64_t>(c10::elementSize(ref.type));
  torch::Tensor raw = torch::empty({static_cast<std::int64_t>(bytes)}, torch::kUInt8);
  auto* data = static_cast<char*>(raw.mutable_data_ptr());
  reader_->read(ref.key, data);
  if (reader_->big_endian()) swap_bytes(data, bytes, number_size(ref.type));
  raw = raw.narrow(0, 0, static_cast<std::int64_t>(bytes / element * element));
  numbers = ref.type == torch::kBool ? raw.ne(0) : raw.view(ref.type);  // a bool is 0 or 1, whatever the byte
  return numbers;
}

torch::Tensor StorageTable::read(const TensorRef& ref) {
  const torch::Tensor storage = load(ref.storage);
  return storage.as_strided(ref.shape, ref.strides, ref.storage.begin + ref.offset);
}

}  // namespace nadir
