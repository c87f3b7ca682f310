#include "weights/torch_file.h"

#include <set>

#include "weights/pickle.h"
#include "weights/torch_storage.h"
#include "weights/zip_archive.h"

namespace nadir {
namespace {

using Kind = PickleValue::Kind;

constexpr std::uint64_t kLargestPickle = 256U << 20;  // bytes
constexpr int kDeepest = 32;                          // dicts within dicts
// torch.serialization's MAGIC_NUMBER 0x1950a86a20f9469cfc6c, as a pickle of protocol 2 begins with it.
constexpr std::string_view kLegacyMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

// Finds the dicts that hold tensors.
class GroupFinder {
 public:
  GroupFinder(std::shared_ptr<StorageTable> storages, const ByteFile& file)
      : storages_(std::move(storages)), file_(file) {}

  std::vector<WeightGroup> find(const PickleValue& root) {
    if (StorageTable::is_tensor(root)) {
      groups_.push_back({"", {entry("tensor", root)}});
    } else {
      visit(root, "", 0);
    }
    if (groups_.empty()) file_.refuse("is a PyTorch file without a dict of tensors");
    return std::move(groups_);
  }

 private:
  std::string key_text(const PickleValue& key) const {
    constexpr std::size_t kLongestName = 1024;
    if (key.text.size() > kLongestName) {
      file_.refuse("a tensor's name has " + std::to_string(key.text.size()) + " bytes");
    }
    return key.kind == Kind::kInt ? std::to_string(key.integer) : key.text;
  }

  WeightEntry entry(const std::string& name, const PickleValue& value) {
    const TensorRef ref = storages_->tensor(value);
    count_bytes(ref);
    return {name, ref.storage.type, ref.shape, [storages = storages_, ref] { return storages->read(ref); }};
  }

  // Many tensors may share a storage, but not so many that copies of them would fill the memory.
  void count_bytes(const TensorRef& ref) {
    auto bytes = static_cast<std::uint64_t>(c10::elementSize(ref.storage.type));
    for (const std::int64_t size : ref.shape) bytes *= static_cast<std::uint64_t>(size);
    bytes_ += bytes;
    constexpr std::uint64_t kMostShared = 16, kFree = 64U << 20;
    if (bytes_ / kMostShared > file_.size() + kFree) {
      file_.refuse("its tensors share so much that they would need " + std::to_string(bytes_) + " bytes");
    }
  }

  void visit(const PickleValue& value, const std::string& path, int depth) {
    if (depth > kDeepest || !seen_.insert(&value).second) return;
    const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
    if (value.kind == Kind::kList || value.kind == Kind::kTuple) {
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        visit(*value.items[i], below(std::to_string(i)), depth + 1);
      }
    }
    if (value.kind != Kind::kMap) return;
    const std::size_t place = groups_.size();
    WeightGroup group{path, {}};
    std::set<std::string> names;
    for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
      const std::string key = key_text(*value.items[i]);
      if (StorageTable::is_tensor(*value.items[i + 1])) {
        if (!names.insert(key).second) file_.refuse("has two tensors of the name '" + below(key) + "'");
        group.entries.push_back(entry(key, *value.items[i + 1]));
      } else {
        visit(*value.items[i + 1], below(key), depth + 1);
      }
    }
    if (!group.entries.empty()) {
      groups_.insert(groups_.begin() + static_cast<std::ptrdiff_t>(place), std::move(group));
    }
  }

  std::shared_ptr<StorageTable> storages_;
  const ByteFile& file_;
  std::vector<WeightGroup> groups_;
  std::set<const PickleValue*> seen_;
  std::uint64_t bytes_ = 0;
};

// The archive's entries have a folder in common: "resnet18/data.pkl", "resnet18/data/0".
class ZipStorages final : public StorageReader {
 public:
  explicit ZipStorages(std::shared_ptr<const ByteFile> file) : archive_(std::move(file)) {
    constexpr std::string_view kPickle = "data.pkl";
    for (const ZipEntry& each : archive_.entries()) {
      const std::size_t slash = each.name.find('/');
      if (slash != std::string::npos && each.name.substr(slash + 1) == kPickle)
        folder_ = each.name.substr(0, slash + 1);
      by_name_[each.name] = &each;
    }
    if (folder_.empty()) archive_.file().refuse("is a ZIP archive, but not PyTorch's: it has no data.pkl");
    if (find("constants.pkl") != nullptr) {
      archive_.file().refuse("is a TorchScript program; save the state_dict() of its network instead");
    }
    if (const ZipEntry* order = find("byteorder")) {
      const std::string text = archive_.text(*order, 16);
      if (text != "little" && text != "big")
        archive_.file().refuse("has the unknown byte order '" + text + "'");
      big_endian_ = text == "big";
    }
  }

  const ByteFile& file() const override { return archive_.file(); }
  std::string pickle() const { return archive_.text(*find("data.pkl"), kLargestPickle); }
  std::uint64_t size(const std::string& key) const override { return storage(key).size; }
  void read(const std::string& key, char* to) const override { archive_.read(storage(key), to); }
  bool big_endian() const override { return big_endian_; }

 private:
  const ZipEntry* find(const std::string& name) const {
    const auto found = by_name_.find(folder_ + name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  const ZipEntry& storage(const std::string& key) const {
    const ZipEntry* entry = find("data/" + key);
    if (entry == nullptr) archive_.file().refuse("has no storage '" + key + "'");
    return *entry;
  }

  ZipArchive archive_;
  std::string folder_;
  std::map<std::string, const ZipEntry*> by_name_;
  bool big_endian_ = false;
};

// The storages follow the pickles: each a count of elements (64 bits) and the elements.
class LegacyStorages final : public StorageReader {
 public:
  explicit LegacyStorages(std::shared_ptr<const ByteFile> file) : file_(std::move(file)) {}

  const ByteFile& file() const override { return *file_; }
  std::uint64_t size(const std::string& key) const override { return place(key).bytes; }
  void read(const std::string& key, char* to) const override {
    file_->read(place(key).begin, to, place(key).bytes);
  }

  // `keys` in the file's order, from byte `at`; `types` of those that the pickle names.
  void locate(const PickleValue& keys, std::uint64_t at,
              const std::map<std::string, torch::ScalarType>& types) {
    for (const PickleValue* key : keys.items) {
      const auto type = types.find(key->text);
      if (type == types.end()) file_->refuse("its storage '" + key->text + "' belongs to no tensor");
      const auto count = little_endian<std::uint64_t>(file_->text(at, 8).data());
      std::uint64_t bytes = 0;
      at += 8;
      if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(c10::elementSize(type->second)), &bytes) ||
          !file_->holds(at, bytes)) {
        file_->refuse("storage '" + key->text + "' of " + std::to_string(count) +
                      " elements leaves the file (cut short?)");
      }
      places_[key->text] = {at, bytes};
      at += bytes;
    }
  }

 private:
  struct Place {
    std::uint64_t begin = 0, bytes = 0;
  };
  const Place& place(const std::string& key) const {
    const auto found = places_.find(key);
    if (found == places_.end()) file_->refuse("has no storage '" + key + "'");
    return found->second;
  }

  std::shared_ptr<const ByteFile> file_;
  std::map<std::string, Place> places_;
};

// The types of all storages that a pickle names.
std::map<std::string, torch::ScalarType> storage_types(const Pickle& pickle, const StorageTable& storages) {
  std::map<std::string, torch::ScalarType> types;
  for (const PickleValue& each : pickle.values) {
    if (each.kind != Kind::kPersistent) continue;
    const StorageRef ref = storages.storage(each);
    types[ref.key] = ref.type;
  }
  return types;
}

}  // namespace

bool is_torch_legacy(const ByteFile& file) {
  return file.holds(0, kLegacyMagic.size()) && file.text(0, kLegacyMagic.size()) == kLegacyMagic;
}

WeightFile read_torch_zip(std::shared_ptr<const ByteFile> file) {
  const auto reader = std::make_shared<ZipStorages>(file);
  ByteStream stream(file, reader->pickle());
  const Pickle pickle = read_pickle(stream, is_torch_global);
  return {"PyTorch, zip", GroupFinder(std::make_shared<StorageTable>(reader), *file).find(*pickle.root)};
}

WeightFile read_torch_legacy(std::shared_ptr<const ByteFile> file) {
  ByteStream stream(file, std::uint64_t{0});
  read_pickle(stream, is_torch_global);  // the magic number
  const Pickle version = read_pickle(stream, is_torch_global);
  if (version.root->kind != Kind::kInt || version.root->integer != 1001) {
    file->refuse("is a legacy PyTorch file of an unknown protocol");
  }
  const Pickle machine = read_pickle(stream, is_torch_global);
  const PickleValue* order = machine.root->find("little_endian");
  if (order != nullptr && order->integer == 0) file->refuse("was written on a big-endian machine");
  const Pickle contents = read_pickle(stream, is_torch_global);
  const Pickle keys = read_pickle(stream, is_torch_global);
  const auto reader = std::make_shared<LegacyStorages>(file);
  const auto storages = std::make_shared<StorageTable>(reader);
  reader->locate(*keys.root, stream.position(), storage_types(contents, *storages));
  return {"PyTorch, legacy", GroupFinder(storages, *file).find(*contents.root)};
}

}  // namespace nadir
