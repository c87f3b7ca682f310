#include "pictures/jpeg.h"

#include <ATen/ops/empty.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include "nadir/error.h"

#include <jpeglib.h>
// After jpeglib.h, which it needs.
#include <jerror.h>

namespace nadir {
namespace {

// libjpeg reports through C callbacks that must not return after an error: setjmp and longjmp, with nothing
// between them that has a destructor.
struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void escape(j_common_ptr jpeg) {
  auto* const errors = reinterpret_cast<ErrorManager*>(jpeg->err);
  errors->base.format_message(jpeg, errors->message);
  std::longjmp(errors->escape, 1);
}

// Warnings are damage: libjpeg would go on with gray pixels. Two kinds are about markers that say no more
// than which program wrote the file.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  const int code = jpeg->err->msg_code;
  if (code != JWRN_ADOBE_XFORM && code != JWRN_JFIF_MAJOR) escape(jpeg);
}

void install(ErrorManager& errors) {
  jpeg_std_error(&errors.base);
  errors.base.error_exit = escape;
  errors.base.emit_message = on_message;
}

class Decoder {
 public:
  // The other constructor ends first, so that the destructor frees what an error leaves behind.
  Decoder(const std::string& bytes, const std::string& path) : Decoder(path) {
    guarded(
        [](Decoder& self, void* context) {
          const auto& data = *static_cast<const std::string*>(context);
          jpeg_create_decompress(&self.jpeg_);
          jpeg_mem_src(&self.jpeg_, reinterpret_cast<const unsigned char*>(data.data()), data.size());
          jpeg_read_header(&self.jpeg_, TRUE);
        },
        const_cast<std::string*>(&bytes));
  }
  ~Decoder() { jpeg_destroy_decompress(&jpeg_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  const jpeg_decompress_struct& header() const { return jpeg_; }

  // [H, W, C]
  at::Tensor decode(const PictureOptions& options) {
    if (options.color == PictureColor::kRgb) jpeg_.out_color_space = JCS_RGB;
    if (options.color == PictureColor::kGray) jpeg_.out_color_space = JCS_GRAYSCALE;
    jpeg_.scale_num = 1;
    jpeg_.scale_denom = denominator(options);
    guarded([](Decoder& self, void*) { jpeg_start_decompress(&self.jpeg_); }, nullptr);
    at::Tensor pixels =
        at::empty({jpeg_.output_height, jpeg_.output_width, jpeg_.output_components}, at::kByte);
    guarded(read_rows, pixels.mutable_data_ptr());
    return pixels;
  }

 private:
  using Action = void (*)(Decoder&, void*);

  explicit Decoder(const std::string& path) : path_(path) {
    jpeg_.err = &errors_.base;
    install(errors_);
  }

  void guarded(Action action, void* context) {
    if (setjmp(errors_.escape) != 0) {
      throw DataError(path_ + ": is damaged, or not a JPEG that can be read: " + errors_.message);
    }
    action(*this, context);
  }

  static void read_rows(Decoder& self, void* to) {
    constexpr JDIMENSION kRows = 16;
    auto* row = static_cast<JSAMPLE*>(to);
    const std::size_t stride = static_cast<std::size_t>(self.jpeg_.output_width) *
                               static_cast<std::size_t>(self.jpeg_.output_components);
    JSAMPROW rows[kRows];
    while (self.jpeg_.output_scanline < self.jpeg_.output_height) {
      const JDIMENSION left = std::min(kRows, self.jpeg_.output_height - self.jpeg_.output_scanline);
      for (JDIMENSION i = 0; i < left; ++i) rows[i] = row + i * stride;
      row += jpeg_read_scanlines(&self.jpeg_, rows, left) * stride;
    }
    jpeg_finish_decompress(&self.jpeg_);
  }

  unsigned denominator(const PictureOptions& options) const {
    if (options.least_height <= 0 || options.least_width <= 0) return 1;
    const auto fits = [](std::int64_t size, std::int64_t least, unsigned scale) {
      return (size + scale - 1) / scale >= least;
    };
    for (const unsigned scale : {8U, 4U, 2U}) {
      if (fits(jpeg_.image_height, options.least_height, scale) &&
          fits(jpeg_.image_width, options.least_width, scale)) {
        return scale;
      }
    }
    return 1;
  }

  const std::string& path_;
  jpeg_decompress_struct jpeg_{};
  ErrorManager errors_{};
};

PictureInfo info_of(const jpeg_decompress_struct& jpeg, const std::string& path) {
  return {.path = path,
          .height = jpeg.image_height,
          .width = jpeg.image_width,
          .channels = jpeg.num_components,
          .palette = {}};
}

class Encoder {
 public:
  Encoder() {
    jpeg_.err = &errors_.base;
    install(errors_);
    jpeg_create_compress(&jpeg_);
    jpeg_mem_dest(&jpeg_, &buffer_, &size_);
  }
  ~Encoder() {
    jpeg_destroy_compress(&jpeg_);
    std::free(buffer_);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // pixels: [height, width, channels]; channels 1 or 3
  std::string encode(const std::uint8_t* pixels, JDIMENSION height, JDIMENSION width, int channels,
                     int quality) {
    if (setjmp(errors_.escape) != 0)
      throw DataError(std::string("no JPEG could be made: ") + errors_.message);
    jpeg_.image_height = height;
    jpeg_.image_width = width;
    jpeg_.input_components = channels;
    jpeg_.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg_);
    jpeg_set_quality(&jpeg_, quality, TRUE);
    jpeg_start_compress(&jpeg_, TRUE);
    const std::size_t stride = static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
    while (jpeg_.next_scanline < height) {
      JSAMPROW row = const_cast<JSAMPROW>(pixels + jpeg_.next_scanline * stride);
      jpeg_write_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_compress(&jpeg_);
    return {reinterpret_cast<const char*>(buffer_), size_};
  }

 private:
  jpeg_compress_struct jpeg_{};
  ErrorManager errors_{};
  unsigned char* buffer_ = nullptr;
  unsigned long size_ = 0;
};

}  // namespace

bool is_jpeg(const std::string& bytes) { return bytes.starts_with("\xff\xd8\xff"); }

PictureInfo jpeg_info(const std::string& bytes, const std::string& path) {
  return info_of(Decoder(bytes, path).header(), path);
}

Picture decode_jpeg(const std::string& bytes, const std::string& path, const PictureOptions& options) {
  Decoder decoder(bytes, path);
  check_plausible(info_of(decoder.header(), path), bytes.size());
  Picture picture{info_of(decoder.header(), path), decoder.decode(options)};
  picture.info.height = picture.pixels.size(0);
  picture.info.width = picture.pixels.size(1);
  picture.info.channels = picture.pixels.size(2);
  return picture;
}

std::string encode_jpeg_bytes(const at::Tensor& picture, int quality) {
  const at::Tensor pixels = picture.contiguous();
  const int channels = pixels.dim() == 2 ? 1 : static_cast<int>(pixels.size(2));
  return Encoder().encode(pixels.const_data_ptr<std::uint8_t>(), static_cast<JDIMENSION>(pixels.size(0)),
                          static_cast<JDIMENSION>(pixels.size(1)), channels, quality);
}

}  // namespace nadir
