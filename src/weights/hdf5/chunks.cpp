#include "weights/hdf5/chunks.h"

#include <torch/torch.h>
#include <zlib.h>

#include <algorithm>
#include <set>

namespace nadir::hdf5 {
namespace {

constexpr int kHighest = 32;                                     // levels of a B-tree
constexpr std::uint64_t kMostFromOneByte = 1032;                 // what deflate can unpack from one byte
constexpr std::uint64_t kLargestChunk = std::uint64_t{1} << 32;  // bytes; HDF5's own limit

class ChunkReader {
 public:
  ChunkReader(const Bytes& file, std::size_t rank, const std::string& what)
      : file_(file), rank_(rank), what_("the B-tree of " + what), budget_(file, file.size()) {}

  // A node; `level` is what its parent says, -1 for the root.
  void add(std::uint64_t address, int level) {
    constexpr std::uint64_t kPrefix = 24;
    const std::string head = budget_.text(address, kPrefix);
    Cursor cursor(file_, head, what_);
    cursor.expect("TREE");
    const int type = cursor.byte(), own = cursor.byte();
    if (type != 1 || own > kHighest || (level >= 0 && own != level)) cursor.refuse("is damaged");
    const std::uint64_t count = cursor.number(2), key = 8 + 8 * (rank_ + 1);
    const std::string body = budget_.text(address + kPrefix, count * (key + 8));
    Cursor entries(file_, body, what_);
    for (std::uint64_t i = 0; i < count; ++i) {
      Chunk chunk;
      chunk.bytes = entries.number(4);
      chunk.skipped = entries.number(4);
      for (std::size_t d = 0; d < rank_; ++d) chunk.offset.push_back(entries.number(8));
      entries.skip(8);
      chunk.address = entries.number(8);
      if (own > 0) {
        add(chunk.address, own - 1);
      } else {
        budget_.take(chunk.bytes);
        chunks.push_back(std::move(chunk));
      }
    }
  }

  std::vector<Chunk> chunks;

 private:
  const Bytes& file_;
  std::size_t rank_;
  std::string what_;
  Budget budget_;
};

std::uint64_t count_chunks(const Layout& layout, const Shape& shape) {
  std::uint64_t count = 1;
  for (std::size_t d = 0; d < shape.sides.size(); ++d) {
    const auto side = static_cast<std::uint64_t>(shape.sides[d]);
    count *= side / layout.chunk[d] + (side % layout.chunk[d] != 0);  // at most the elements' count
  }
  return count;
}

// Bytes of a chunk when unpacked; 0 for sides that cannot be.
std::uint64_t unpacked_bytes(const Layout& layout, const Shape& shape, const Type& type) {
  if (layout.chunk.size() != shape.sides.size() + 1 || layout.chunk.back() != type.bytes) return 0;
  std::uint64_t bytes = 1;
  for (const std::uint64_t side : layout.chunk) {
    if (side == 0 || __builtin_mul_overflow(bytes, side, &bytes) || bytes >= kLargestChunk) return 0;
  }
  return bytes;
}

std::string inflated(const std::string& packed, std::uint64_t bytes) {
  std::string result(bytes, '\0');
  uLongf size = bytes;
  const int status = uncompress(reinterpret_cast<Bytef*>(result.data()), &size,
                                reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  return status == Z_OK && size == bytes ? result : std::string();
}

// Shuffled bytes are all elements' first bytes, then all second ones …
std::string unshuffled(const std::string& bytes, std::uint64_t element) {
  std::string result(bytes.size(), '\0');
  const std::size_t count = bytes.size() / element;
  for (std::size_t part = 0; part < element; ++part) {
    for (std::size_t i = 0; i < count; ++i) result[i * element + part] = bytes[part * count + i];
  }
  return result;
}

}  // namespace

std::vector<Chunk> read_chunks(const Bytes& file, const Layout& layout, const Shape& shape, const Type& type,
                               const std::vector<Filter>& filters, const std::string& what) {
  const std::uint64_t bytes = unpacked_bytes(layout, shape, type);
  if (bytes == 0) file.refuse(what + " has chunks of an impossible shape");
  ChunkReader reader(file, shape.sides.size(), what);
  if (shape.count > 0) reader.add(layout.address, -1);
  std::set<std::vector<std::uint64_t>> places;
  for (const Chunk& each : reader.chunks) {
    for (std::size_t d = 0; d < each.offset.size(); ++d) {
      if (each.offset[d] % layout.chunk[d] != 0 ||
          each.offset[d] >= static_cast<std::uint64_t>(shape.sides[d])) {
        file.refuse(what + " has a chunk outside its shape");
      }
    }
    if (!places.insert(each.offset).second) file.refuse(what + " has a chunk twice");
    const std::uint64_t most = filters.empty() ? each.bytes : each.bytes * kMostFromOneByte;
    if (!file.holds(each.address, each.bytes) || bytes > most) {
      file.refuse(what + " claims " + std::to_string(bytes) +
                  " bytes in a chunk, which the file does not hold");
    }
  }
  if (places.size() != count_chunks(layout, shape)) file.refuse(what + " lacks some of its chunks");
  return reader.chunks;
}

void read_chunked(const Bytes& file, const std::vector<Chunk>& chunks, const Layout& layout,
                  const std::vector<Filter>& filters, torch::Tensor bytes, const std::string& what) {
  const std::uint64_t element = layout.chunk.back();
  const std::vector<std::int64_t> sides(layout.chunk.begin(), layout.chunk.end());
  const auto size = static_cast<std::uint64_t>(c10::multiply_integers(sides));
  for (const Chunk& each : chunks) {
    std::string data = file.text(each.address, each.bytes);
    for (std::size_t i = filters.size(); i-- > 0;) {
      if ((each.skipped >> i & 1) != 0) continue;
      if (filters[i].kind == Filter::Kind::kDeflate)
        data = inflated(data, size);
      else
        data = unshuffled(data, element);
    }
    if (data.size() != size) file.refuse(what + " has a chunk that cannot be unpacked (damaged?)");
    torch::Tensor from = torch::from_blob(data.data(), sides, torch::kUInt8), to = bytes;
    for (std::size_t d = 0; d < each.offset.size(); ++d) {
      const auto dim = static_cast<std::int64_t>(d), begin = static_cast<std::int64_t>(each.offset[d]);
      const std::int64_t length = std::min(sides[d], bytes.size(dim) - begin);
      from = from.narrow(dim, 0, length);
      to = to.narrow(dim, begin, length);
    }
    to.copy_(from);
  }
}

}  // namespace nadir::hdf5
