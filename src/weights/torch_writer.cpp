#include "weights/torch_writer.h"

#include <bit>
#include <fstream>

#include "nadir/error.h"
#include "nadir/runtime.h"
#include "weights/torch_storage.h"
#include "weights/zip_writer.h"

namespace nadir {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored as they lie in memory");

template <class Number>
void append_little(std::string& bytes, Number value) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) bytes += static_cast<char>(value >> (8 * i));
}

// Pickle, protocol 2.
class PickleWriter {
 public:
  PickleWriter() { bytes_ = "\x80\x02"; }
  void op(char opcode) { bytes_ += opcode; }
  void global(const std::string& module, const std::string& name) {
    bytes_ += "c" + module + "\n" + name + "\n";
  }
  void text(const std::string& value) {
    op('X');
    append_little(bytes_, static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }
  void integer(std::int64_t value) {
    op('\x8a');  // LONG1
    op(8);
    append_little(bytes_, static_cast<std::uint64_t>(value));
  }
  void tuple(const std::vector<std::int64_t>& values) {
    op('(');
    for (const std::int64_t each : values) integer(each);
    op('t');
  }
  void empty_dict() {
    global("collections", "OrderedDict");
    op(')');
    op('R');
  }
  std::string finish() {
    op('.');
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)
void append_tensor(PickleWriter& pickle, const std::string& key, const torch::Tensor& tensor,
                   const std::string& storage) {
  pickle.global("torch._utils", "_rebuild_tensor_v2");
  pickle.op('(');
  pickle.op('(');
  pickle.text("storage");
  pickle.global("torch", storage);
  pickle.text(key);
  pickle.text("cpu");
  pickle.integer(tensor.numel());
  pickle.op('t');
  pickle.op('Q');
  pickle.integer(0);
  pickle.tuple(tensor.sizes().vec());
  pickle.tuple(tensor.strides().vec());
  pickle.op('\x89');
  pickle.empty_dict();
  pickle.op('t');
  pickle.op('R');
}

}  // namespace

void write_torch(const std::filesystem::path& file,
                 const std::vector<std::pair<std::string, torch::Tensor>>& tensors) {
  std::vector<torch::Tensor> plain;
  PickleWriter pickle;
  pickle.empty_dict();
  pickle.op('(');
  for (const auto& [name, tensor] : tensors) {
    const std::string storage = storage_name(tensor.scalar_type());
    if (storage.empty()) {
      throw ModelError(file.string() + ": tensor '" + name + "' has the type " +
                       toString(tensor.scalar_type()) +
                       ", which PyTorch's format has no storage for; write .safetensors");
    }
    pickle.text(name);
    append_tensor(pickle, std::to_string(plain.size()), tensor.contiguous(), storage);
    plain.push_back(tensor.detach().cpu().contiguous());
  }
  pickle.op('u');
  write_file_atomically(file, [&](const std::filesystem::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    ZipWriter archive(stream);
    const std::string folder = file.stem().string() + "/";
    archive.add(folder + "data.pkl", pickle.finish());
    archive.add(folder + "byteorder", "little");
    for (std::size_t i = 0; i < plain.size(); ++i) {
      archive.add(folder + "data/" + std::to_string(i), plain[i].const_data_ptr(), plain[i].nbytes());
    }
    archive.add(folder + "version", "3\n");
    archive.finish();
    if (!stream.flush()) {
      throw DataError(file.string() +
                      ": could not be written (disk full?); a file that was there before is "
                      "unchanged");
    }
  });
}

}  // namespace nadir
