#include "predict/row_store.h"

#include <fcntl.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "nadir/runtime.h"
#include "predict/output_files.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kBetweenMarks{200};

bool write_all(int descriptor, const std::byte* from, std::size_t count, std::int64_t offset) {
  while (count > 0) {
    const ::ssize_t step = ::pwrite(descriptor, from, count, offset);
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0) return false;
    from += step;
    offset += step;
    count -= static_cast<std::size_t>(step);
  }
  return true;
}

bool read_all(int descriptor, std::byte* to, std::size_t count, std::int64_t offset) {
  while (count > 0) {
    const ::ssize_t step = ::pread(descriptor, to, count, offset);
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0) return false;
    to += step;
    offset += step;
    count -= static_cast<std::size_t>(step);
  }
  return true;
}

}  // namespace

std::optional<std::int64_t> last_mark(const fs::path& done_file) {
  std::ifstream stream(done_file);
  std::optional<std::int64_t> bottom;
  // A line that a full disk cut short does not end.
  for (std::string line; std::getline(stream, line) && !stream.eof();) bottom = std::stoll(line);
  return bottom;
}

RowStore::RowStore(fs::path folder, const std::vector<Product>& products, const std::string& plan, bool go_on)
    : folder_(std::move(folder)) {
  const fs::path plan_file = folder_ / "plan.json";
  if (!go_on) discard_work(folder_);
  if (fs::exists(plan_file) && read_text_file(plan_file) != plan) {
    throw ConfigError(folder_.string() +
                      ": holds the work of another model, image or setting; repeat that "
                      "command, or delete the folder to begin anew");
  }
  if (!fs::exists(plan_file)) write_file_atomically(plan_file, plan);
  open(products);
}

RowStore::~RowStore() {
  for (const File& each : files_) {
    if (each.descriptor >= 0) ::close(each.descriptor);
  }
}

void RowStore::open(const std::vector<Product>& products) {
  for (std::size_t i = 0; i < products.size(); ++i) {
    files_.push_back({products[i].layout, -1});
    const fs::path path = folder_ / ("levels-" + std::to_string(i) + ".bin");
    files_.back().descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (files_.back().descriptor < 0) fail("cannot be written");
  }
}

void RowStore::fail(const std::string& what) const {
  const int error = errno;
  throw DataError(folder_.string() + ": " + what + ": " + std::strerror(error) +
                  "; what was done is kept, --resume goes on");
}

void RowStore::put(std::int64_t row, std::int64_t column, const Levels& levels) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const at::Tensor& pixels = levels[i];
    const std::int64_t size = pixels.element_size(), width = files_[i].layout.width, bands = pixels.size(0);
    const std::int64_t line = pixels.size(2) * size;
    const auto* const from = static_cast<const std::byte*>(pixels.const_data_ptr());
    const bool in_one = bands == 1 && pixels.size(2) == width;
    const std::int64_t pieces = in_one ? 1 : pixels.size(1), lines = in_one ? pixels.size(1) : 1;
    for (std::int64_t r = 0; r < pieces; ++r) {
      for (std::int64_t band = 0; band < bands; ++band) {
        const std::int64_t offset = (((row + r) * bands + band) * width + column) * size;
        if (!write_all(files_[i].descriptor, from + (band * pixels.size(1) + r) * line,
                       static_cast<std::size_t>(lines * line), offset))
          fail("cannot be written");
      }
    }
  }
}

void RowStore::mark(const std::string& part, std::int64_t bottom, bool last) {
  const auto now = std::chrono::steady_clock::now();
  if (!last && now - last_mark_ < kBetweenMarks) return;
  last_mark_ = now;
  for (const File& each : files_) {
    if (::fdatasync(each.descriptor) != 0) fail("cannot be stored");
  }
  const int descriptor =
      ::open((folder_ / ("done-" + part)).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const std::string line = std::to_string(bottom) + "\n";
  const bool written =
      descriptor >= 0 && ::write(descriptor, line.data(), line.size()) == static_cast<::ssize_t>(line.size());
  if (descriptor >= 0) ::close(descriptor);
  if (!written) fail("cannot be written");
}

std::int64_t RowStore::marked(const std::string& part, std::int64_t first) const {
  return last_mark(folder_ / ("done-" + part)).value_or(first);
}

Levels RowStore::read(const Window& window) const {
  Levels levels;
  for (const auto& [layout, descriptor] : files_) {
    levels.push_back(torch::empty({layout.bands, window.height, window.width}, layout.type));
    const std::int64_t size = levels.back().element_size(), line = window.width * size;
    auto* const to = static_cast<std::byte*>(levels.back().data_ptr());
    const bool in_one = layout.bands == 1 && window.width == layout.width;
    const std::int64_t pieces = in_one ? 1 : window.height, lines = in_one ? window.height : 1;
    for (std::int64_t r = 0; r < pieces; ++r) {
      for (std::int64_t band = 0; band < layout.bands; ++band) {
        const std::int64_t from = ((window.row + r) * layout.bands + band) * layout.width + window.column;
        if (!read_all(descriptor, to + (band * window.height + r) * line,
                      static_cast<std::size_t>(lines * line), from * size))
          throw DataError(folder_.string() + ": is cut short; delete it to begin anew");
      }
    }
  }
  return levels;
}

void RowStore::remove() { discard_work(folder_); }

}  // namespace nadir
