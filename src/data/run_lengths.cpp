#include "data/run_lengths.h"

#include <charconv>

#include "core/text.h"
#include "nadir/error.h"
#include "pictures/bilinear.h"
#include "pictures/resample.h"

namespace nadir {
namespace {

constexpr std::string_view kPairs = "runs are pairs of start and length, separated by one blank";

// Whole numbers of a text, with their places for messages.
class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : text_(text) {}
  bool done() const { return at_ >= text_.size(); }
  std::int64_t count() const { return count_; }

  std::int64_t next() {
    const std::size_t end = std::min(text_.find(' ', at_), text_.size());
    const std::string_view token = text_.substr(at_, end - at_);
    ++count_;
    std::int64_t number = 0;
    const auto [stop, failure] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (token.empty()) fail("there are two blanks, or one at the start,", "");
    if (failure == std::errc::result_out_of_range) fail("'" + std::string(token) + "'", " is too large");
    if (failure != std::errc() || stop != token.data() + token.size()) {
      fail("'" + std::string(token) + "'", " is not a whole number");
    }
    at_ = end + 1;
    return number;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& why) const {
    throw DataError("run lengths: " + what + why + " at number " + std::to_string(count_) + " (character " +
                    std::to_string(at_ + 1) + "); " + std::string(kPairs));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t count_ = 0;
};

std::string number_text(std::int64_t number) { return std::to_string(number); }

// start counts from 1.
void check_run(std::int64_t number, std::int64_t start, std::int64_t length, const std::vector<Run>& before,
               const MaskSize& size) {
  const std::string run = "run " + number_text(number);
  const std::string pixels =
      number_text(size.area()) + " = " + number_text(size.height) + " x " + number_text(size.width);
  const auto fail = [](const std::string& what) { throw DataError("run lengths: " + what); };
  if (start < 1) fail(run + " has start " + number_text(start) + ": starts count from 1");
  if (length < 1) fail(run + " has length " + number_text(length) + ": lengths are at least 1");
  if (start > size.area()) {
    fail(run + ": start " + number_text(start) + " > " + pixels + ", the image's pixels");
  }
  if (length > size.area() - start + 1) {
    const std::string end = length > size.area() ? "" : number_text(start + length - 1) + " > ";
    fail(run + ": " + number_text(start) + " + " + number_text(length) +
         " - 1 = " + (end.empty() ? "more than " : end) + pixels + ", the image's pixels");
  }
  if (before.empty()) return;
  const Run& last = before.back();
  const std::string previous = "run " + number_text(number - 1);
  if (start <= last.first) {
    fail(run + " starts at " + number_text(start) + " after " + previous + " at " +
         number_text(last.first + 1) + ": starts rise");
  }
  if (start <= last.end()) {
    fail(run + " starts at " + number_text(start) + ", inside " + previous + " (" +
         number_text(last.first + 1) + " .. " + number_text(last.end()) + ")");
  }
}

// Which rows of a column are set, at the rows that are looked at; columns come in rising order.
class ColumnReader {
 public:
  // rows: those that are looked at, rising
  ColumnReader(const std::vector<Run>& runs, std::int64_t height, const std::vector<std::int64_t>& rows)
      : runs_(runs), height_(height), place_(static_cast<std::size_t>(height) + 1), set_(rows.size()) {
    std::size_t place = 0;
    for (std::int64_t row = 0; row <= height; ++row) {
      while (place < rows.size() && rows[place] < row) ++place;
      place_[static_cast<std::size_t>(row)] = place;
    }
  }

  // [rows] of 0 and 1
  const std::vector<std::uint8_t>& read(std::int64_t column) {
    const std::int64_t begin = column * height_, end = begin + height_;
    std::fill(set_.begin(), set_.end(), std::uint8_t{0});
    while (next_ > 0 && runs_[next_ - 1].end() > begin) --next_;
    while (next_ < runs_.size() && runs_[next_].end() <= begin) ++next_;
    for (std::size_t i = next_; i < runs_.size() && runs_[i].first < end; ++i) {
      const auto place = [&](std::int64_t pixel) {
        return static_cast<std::ptrdiff_t>(
            place_[static_cast<std::size_t>(std::clamp(pixel, begin, end) - begin)]);
      };
      std::fill(set_.begin() + place(runs_[i].first), set_.begin() + place(runs_[i].end()), std::uint8_t{1});
    }
    return set_;
  }

 private:
  const std::vector<Run>& runs_;
  std::int64_t height_;
  std::vector<std::size_t> place_;  // of a row: how many of the rows looked at lie before it
  std::vector<std::uint8_t> set_;
  std::size_t next_ = 0;  // the first run that ends after the column's begin
};

std::vector<std::int64_t> floor_indices(std::int64_t from, std::int64_t to) {
  // As OpenCV has it, which for some sizes is not the exact quotient.
  const double scale = 1 / (static_cast<double>(to) / static_cast<double>(from));
  std::vector<std::int64_t> indices(static_cast<std::size_t>(to));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    indices[i] = std::min(static_cast<std::int64_t>(std::floor(static_cast<double>(i) * scale)), from - 1);
  }
  return indices;
}

torch::Tensor picked_mask(const std::vector<Run>& runs, const MaskSize& from,
                          const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& columns) {
  const auto height = static_cast<std::int64_t>(rows.size()),
             width = static_cast<std::int64_t>(columns.size());
  torch::Tensor mask = torch::empty({height, width}, torch::kUInt8);
  auto* const to = mask.mutable_data_ptr<std::uint8_t>();
  ColumnReader reader(runs, from.height, rows);
  for (std::int64_t x = 0; x < width; ++x) {
    const std::vector<std::uint8_t>& column = reader.read(columns[static_cast<std::size_t>(x)]);
    for (std::int64_t y = 0; y < height; ++y) to[y * width + x] = column[static_cast<std::size_t>(y)];
  }
  return mask;
}

// The rows that taps look at, rising, and for each tap the places of its two among them.
struct TapRows {
  std::vector<std::int64_t> rows;
  std::vector<std::pair<std::size_t, std::size_t>> places;
};

TapRows rows_of(const std::vector<BilinearTap>& taps) {
  TapRows result;
  const auto place = [&](std::int64_t row) {
    if (result.rows.empty() || result.rows.back() < row) result.rows.push_back(row);
    const auto found = std::lower_bound(result.rows.begin(), result.rows.end(), row);
    return static_cast<std::size_t>(found - result.rows.begin());
  };
  for (const BilinearTap& tap : taps) {
    const std::size_t first = place(tap.first);
    result.places.emplace_back(first, place(tap.next));
  }
  return result;
}

torch::Tensor overlap_mask(const std::vector<Run>& runs, const MaskSize& from, const MaskSize& to) {
  const std::vector<BilinearTap> columns = bilinear_columns(from.width, to.width);
  const std::vector<BilinearTap> lines = bilinear_rows(from.height, to.height);
  const TapRows looked = rows_of(lines);
  ColumnReader reader(runs, from.height, looked.rows);
  torch::Tensor mask = torch::empty({to.height, to.width}, torch::kUInt8);
  auto* const out = mask.mutable_data_ptr<std::uint8_t>();
  std::vector<std::int32_t> sums(looked.rows.size());
  for (std::size_t x = 0; x < columns.size(); ++x) {
    const std::vector<std::uint8_t>& first = reader.read(columns[x].first);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = first[i] * 255 * columns[x].weight;
    const std::vector<std::uint8_t>& next = reader.read(columns[x].next);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += next[i] * 255 * columns[x].next_weight;
    for (std::size_t y = 0; y < lines.size(); ++y) {
      const auto [upper, lower] = looked.places[y];
      out[y * columns.size() + x] = bilinear_value(sums[upper], sums[lower], lines[y]) > 0;
    }
  }
  return mask;
}

// Half the size is the mean of four pixels: above 0 where any is set, for 255 / 4 rounds to 64.
torch::Tensor any_of_four(const std::vector<Run>& runs, const MaskSize& from, const MaskSize& to) {
  return std::get<0>(mask_of_runs(runs, from)
                         .view({to.height, 2, to.width, 2})
                         .permute({0, 2, 1, 3})
                         .reshape({to.height, to.width, 4})
                         .max(2));
}

}  // namespace

std::vector<Run> decode_runs(std::string_view text, const MaskSize& size) {
  std::vector<Run> runs;
  if (text.ends_with(' ') && text.size() > 1) text.remove_suffix(1);
  NumberReader numbers(text);
  std::vector<std::int64_t> values;
  while (!numbers.done()) values.push_back(numbers.next());
  if (values.size() % 2 != 0) {
    throw DataError("run lengths: there are " + std::to_string(values.size()) +
                    " numbers; starts and lengths come in pairs");
  }
  runs.reserve(values.size() / 2);
  for (std::size_t i = 0; i < values.size(); i += 2) {
    check_run(static_cast<std::int64_t>(i / 2) + 1, values[i], values[i + 1], runs, size);
    runs.push_back({values[i] - 1, values[i + 1]});
  }
  return runs;
}

std::string encode_runs(const std::vector<Run>& runs) {
  std::string text;
  for (std::size_t i = 0; i < runs.size();) {
    Run joined = runs[i];
    for (++i; i < runs.size() && runs[i].first == joined.end(); ++i) joined.length += runs[i].length;
    if (!text.empty()) text += ' ';
    text += std::to_string(joined.first + 1) + ' ' + std::to_string(joined.length);
  }
  return text;
}

std::vector<Run> runs_of_counts(const std::vector<std::int64_t>& counts, const MaskSize& size) {
  std::vector<Run> runs;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0 || counts[i] > size.area() - at) {
      throw DataError("counts: number " + std::to_string(i + 1) + " is " + std::to_string(counts[i]) +
                      ", and " + std::to_string(size.area() - at) + " of the " + std::to_string(size.area()) +
                      " pixels are left");
    }
    if (i % 2 == 1 && counts[i] > 0) runs.push_back({at, counts[i]});
    at += counts[i];
  }
  if (at != size.area()) {
    throw DataError("counts: they sum to " + std::to_string(at) + ", and the image has " +
                    std::to_string(size.area()) + " = " + std::to_string(size.height) + " x " +
                    std::to_string(size.width) + " pixels");
  }
  return runs;
}

std::vector<Run> runs_of_packed_counts(std::string_view text, const MaskSize& size) {
  std::vector<std::int64_t> counts;
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t value = 0;
    int shift = 0;
    for (bool more = true; more; ++at) {
      if (at >= text.size() || shift > 50) throw DataError("counts: their text ends within a number");
      const int bits = text[at] - '0';
      if (bits < 0 || bits > 63) {
        throw DataError("counts: character " + std::to_string(at + 1) +
                        " is not one that they are packed into");
      }
      value |= static_cast<std::int64_t>(bits & 31) << shift;
      more = (bits & 32) != 0;
      shift += 5;
      if (!more && (bits & 16) != 0) value -= std::int64_t{1} << shift;
    }
    if (counts.size() > 2) value += counts[counts.size() - 2];
    counts.push_back(value);
  }
  return runs_of_counts(counts, size);
}

std::vector<Run> runs_of_mask(const torch::Tensor& mask) {
  const torch::Tensor columns = mask.ne(0).t().contiguous();
  const bool* const set = columns.const_data_ptr<bool>();
  const std::int64_t pixels = columns.numel();
  std::vector<Run> runs;
  for (std::int64_t i = 0; i < pixels;) {
    const auto* const first = std::find(set + i, set + pixels, true);
    const auto* const end = std::find(first, set + pixels, false);
    if (first != end) runs.push_back({first - set, end - first});
    i = end - set;
  }
  return runs;
}

torch::Tensor mask_of_runs(const std::vector<Run>& runs, const MaskSize& size) {
  torch::Tensor columns = torch::zeros({size.width, size.height}, torch::kUInt8);
  auto* const set = columns.mutable_data_ptr<std::uint8_t>();
  for (const Run& run : runs) std::fill_n(set + run.first, run.length, std::uint8_t{1});
  return columns.t().contiguous();
}

torch::Tensor resized_mask(const std::vector<Run>& runs, const MaskSize& from, const MaskSize& to,
                           MaskResize resize) {
  if (from == to) return mask_of_runs(runs, from);
  if (runs.empty()) return torch::zeros({to.height, to.width}, torch::kUInt8);
  if (resize == MaskResize::kOverlap) {
    const bool half = from.height == 2 * to.height && from.width == 2 * to.width;
    return half ? any_of_four(runs, from, to) : overlap_mask(runs, from, to);
  }
  const auto pick = resize == MaskResize::kNearest ? nearest_indices : floor_indices;
  return picked_mask(runs, from, pick(from.height, to.height), pick(from.width, to.width));
}

}  // namespace nadir
