#include "generate/text/unicode_additions.h"

#include <algorithm>
#include <iterator>

namespace nadir {
namespace {

struct Range {
  char32_t first, last;
};
constexpr Range kLetters[] = {{0x1c89, 0x1c8a},   {0xa7cb, 0xa7cd},   {0xa7da, 0xa7dc},   {0x105c0, 0x105f3},
                              {0x10d4a, 0x10d65}, {0x10d6f, 0x10d85}, {0x10ec2, 0x10ec4}, {0x11380, 0x11389},
                              {0x1138b, 0x1138b}, {0x1138e, 0x1138e}, {0x11390, 0x113b5}, {0x113b7, 0x113b7},
                              {0x113d1, 0x113d1}, {0x113d3, 0x113d3}, {0x11bc0, 0x11be0}, {0x13460, 0x143fa},
                              {0x16100, 0x1611d}, {0x16d40, 0x16d6c}, {0x18cff, 0x18cff}, {0x1e5d0, 0x1e5ed},
                              {0x1e5f0, 0x1e5f0}, {0x2ebf0, 0x2ee5d}};
constexpr Range kNumbers[] = {{0x10d40, 0x10d49}, {0x116d0, 0x116e3}, {0x11bf0, 0x11bf9}, {0x16130, 0x16139},
                              {0x16d70, 0x16d79}, {0x1ccf0, 0x1ccf9}, {0x1e5f1, 0x1e5fa}};

struct Lower {
  Range upper;
  char32_t first;  // the first one's lower case
};
constexpr Lower kLower[] = {{{0x1c89, 0x1c89}, 0x1c8a},    {{0xa7cb, 0xa7cb}, 0x264},
                            {{0xa7cc, 0xa7cc}, 0xa7cd},    {{0xa7ce, 0xa7ce}, 0xa7cf},
                            {{0xa7d2, 0xa7d2}, 0xa7d3},    {{0xa7d4, 0xa7d4}, 0xa7d5},
                            {{0xa7da, 0xa7da}, 0xa7db},    {{0xa7dc, 0xa7dc}, 0x19b},
                            {{0x10d50, 0x10d65}, 0x10d70}, {{0x16ea0, 0x16eb8}, 0x16ebb}};

bool holds(const Range& range, char32_t c) { return c >= range.first && c <= range.last; }

template <std::size_t N>
bool any_holds(const Range (&ranges)[N], char32_t c) {
  return std::any_of(std::begin(ranges), std::end(ranges), [c](const Range& each) { return holds(each, c); });
}

}  // namespace

bool is_added_letter(char32_t c) { return any_holds(kLetters, c); }
bool is_added_number(char32_t c) { return any_holds(kNumbers, c); }

char32_t added_lower(char32_t c) {
  for (const Lower& each : kLower) {
    if (holds(each.upper, c)) return each.first + (c - each.upper.first);
  }
  return c;
}

}  // namespace nadir
