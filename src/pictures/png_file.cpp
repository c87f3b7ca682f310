#include "pictures/png_file.h"

#include <ATen/ops/empty.h>
#include <png.h>

#include <bit>
#include <cstring>

#include "nadir/error.h"

namespace nadir {
namespace {

// libpng leaves by longjmp after an error; what happens between has no destructors.
struct Failure {
  std::string message;
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  static_cast<Failure*>(png_get_error_ptr(png))->message = text;
  png_longjmp(png, 1);
}
// Of chunks that are not pixels; what is wrong with pixels is an error.
void on_warning(png_structp, png_const_charp) {}

struct Bytes {
  const char* data;
  std::size_t left;
};

void take_bytes(png_structp png, png_bytep to, png_size_t count) {
  auto* const bytes = static_cast<Bytes*>(png_get_io_ptr(png));
  if (count > bytes->left) png_error(png, "the file ends too early");
  std::memcpy(to, bytes->data, count);
  bytes->data += count;
  bytes->left -= count;
}

class PngReader {
 public:
  // The other constructor ends first, so that the destructor frees what an error leaves behind.
  PngReader(const std::string& bytes, const std::string& path) : PngReader(path) {
    bytes_ = {bytes.data(), bytes.size()};
    png_set_read_fn(png_, &bytes_, take_bytes);
    guarded([](PngReader& self, void*) { png_read_info(self.png_, self.info_); });
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  PictureInfo info() const {
    PictureInfo result{.path = path_,
                       .height = png_get_image_height(png_, info_),
                       .width = png_get_image_width(png_, info_),
                       .channels = png_get_channels(png_, info_),
                       .palette = {}};
    if (png_get_bit_depth(png_, info_) == 16) result.type = at::kUInt16;
    result.transparent = png_get_valid(png_, info_, PNG_INFO_tRNS) != 0 || result.channels % 2 == 0;
    png_colorp colors = nullptr;
    int count = 0;
    const bool indexed = png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE;
    if (indexed && png_get_PLTE(png_, info_, &colors, &count) != 0) {
      for (int i = 0; i < count; ++i)
        result.palette.push_back({colors[i].red, colors[i].green, colors[i].blue});
    }
    return result;
  }

  // [H, W, C]
  at::Tensor pixels() {
    const PictureInfo about = info();
    guarded([](PngReader& self, void*) { self.widen(); });
    at::Tensor pixels = at::empty({about.height, about.width, about.channels}, about.type);
    std::vector<png_bytep> rows(static_cast<std::size_t>(about.height));
    auto* const first = static_cast<png_bytep>(pixels.mutable_data_ptr());
    const std::size_t stride = pixels.nbytes() / rows.size();
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = first + i * stride;
    guarded(
        [](PngReader& self, void* to) {
          png_read_image(self.png_, static_cast<png_bytepp>(to));
          png_read_end(self.png_, nullptr);
        },
        rows.data());
    return pixels;
  }

 private:
  using Action = void (*)(PngReader&, void*);

  explicit PngReader(const std::string& path) : path_(path) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure_, on_error, on_warning);
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw DataError(path + ": no memory to read it");
    }
  }

  void guarded(Action action, void* context = nullptr) {
    if (setjmp(png_jmpbuf(png_)) != 0) {
      throw DataError(path_ + ": is damaged, or not a PNG that can be read: " + failure_.message);
    }
    action(*this, context);
  }

  void widen() {
    const int depth = png_get_bit_depth(png_, info_);
    if (depth < 8) {
      if (png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE) {
        png_set_packing(png_);
      } else {
        png_set_expand_gray_1_2_4_to_8(png_);
      }
    }
    if (depth == 16 && std::endian::native == std::endian::little) png_set_swap(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
  }

  const std::string& path_;
  Bytes bytes_{nullptr, 0};
  Failure failure_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

void append_bytes(png_structp png, png_bytep data, png_size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), count);
}
void flush_nothing(png_structp) {}

int color_type_of(std::int64_t channels, bool indexed) {
  if (indexed) return PNG_COLOR_TYPE_PALETTE;
  constexpr int kTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                            PNG_COLOR_TYPE_RGB_ALPHA};
  return kTypes[channels - 1];
}

class PngWriter {
 public:
  PngWriter() {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure_, on_error, on_warning);
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      png_destroy_write_struct(&png_, nullptr);
      throw DataError("no memory to make a PNG");
    }
    png_set_write_fn(png_, &bytes_, append_bytes, flush_nothing);
  }
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  // pixels: [H, W, C], contiguous
  std::string encode(const at::Tensor& pixels, const std::vector<png_color>& palette) {
    rows_.resize(static_cast<std::size_t>(pixels.size(0)));
    auto* const first = static_cast<png_bytep>(const_cast<void*>(pixels.const_data_ptr()));
    for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i] = first + i * (pixels.nbytes() / rows_.size());
    if (setjmp(png_jmpbuf(png_)) != 0) throw DataError("no PNG could be made: " + failure_.message);
    const bool wide = pixels.scalar_type() == at::kUInt16;
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(pixels.size(1)),
                 static_cast<png_uint_32>(pixels.size(0)), wide ? 16 : 8,
                 color_type_of(pixels.size(2), !palette.empty()), PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!palette.empty()) png_set_PLTE(png_, info_, palette.data(), static_cast<int>(palette.size()));
    png_write_info(png_, info_);
    if (wide && std::endian::native == std::endian::little) png_set_swap(png_);
    png_write_image(png_, rows_.data());
    png_write_end(png_, nullptr);
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  std::vector<png_bytep> rows_;
  Failure failure_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

bool is_png(const std::string& bytes) { return bytes.starts_with("\x89PNG\r\n\x1a\n"); }

PictureInfo png_info(const std::string& bytes, const std::string& path) {
  return PngReader(bytes, path).info();
}

Picture decode_png(const std::string& bytes, const std::string& path) {
  PngReader reader(bytes, path);
  PictureInfo info = reader.info();
  check_plausible(info, bytes.size());
  return {std::move(info), reader.pixels()};
}

std::string encode_png_bytes(const at::Tensor& picture,
                             const std::vector<std::array<std::uint8_t, 3>>& palette) {
  std::vector<png_color> colors;
  for (const auto& [red, green, blue] : palette) colors.push_back({red, green, blue});
  const at::Tensor pixels = (picture.dim() == 2 ? picture.unsqueeze(2) : picture).contiguous();
  return PngWriter().encode(pixels, colors);
}

}  // namespace nadir
