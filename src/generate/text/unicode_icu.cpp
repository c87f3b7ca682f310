#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <stdexcept>

#include "generate/text/unicode.h"
#include "generate/text/unicode_additions.h"

namespace nadir {
namespace {

icu::UnicodeString to_icu(const std::u32string& text) {
  return icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()),
                                       static_cast<int32_t>(text.size()));
}

std::u32string from_icu(const icu::UnicodeString& text) {
  std::u32string result;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    result.push_back(static_cast<char32_t>(text.char32At(i)));
  }
  return result;
}

std::u32string normalised(const std::u32string& text, const icu::Normalizer2* (*form)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = form(status);
  const icu::UnicodeString result = normalizer->normalize(to_icu(text), status);
  if (U_FAILURE(status)) throw std::logic_error(std::string("ICU: ") + u_errorName(status));
  return from_icu(result);
}

bool has_category(char32_t c, std::uint32_t mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0;
}

// Ligatures of the Latin script, and forms of another width, which their compatible form replaces.
bool has_compatible_form(char32_t c) {
  return (c >= 0xfb00 && c <= 0xfb06) || (c >= 0x1c4 && c <= 0x1cc) || (c >= 0x1f1 && c <= 0x1f3) ||
         c == 0x132 || c == 0x133 || c == 0x149 || (c >= 0xff01 && c <= 0xffef) || c == 0x3000;
}

bool is_control(char32_t c) {
  return c < 0x09 || c == 0x0b || (c >= 0x0e && c <= 0x1f) || c == 0x7f || (c >= 0x206a && c <= 0x206f) ||
         c == 0xfeff || (c >= 0xfff9 && c <= 0xfffc);
}

// The characters that Windows has where Latin-1 has control codes.
constexpr char32_t kWindows1252[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                       0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
                                       0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                       0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

char32_t uncurled(char32_t c) {
  if (c == 0x2bc || (c >= 0x2018 && c <= 0x201b)) return '\'';
  return c >= 0x201c && c <= 0x201f ? U'"' : c;
}

// The character that an entity at `start` stands for, and where it ends; 0 where there is none.
char32_t entity(const std::u32string& text, std::size_t start, std::size_t& end) {
  const std::size_t stop = text.find(U';', start);
  if (stop == std::u32string::npos || stop - start > 10 || stop < start + 2) return 0;
  const std::string name = encode_utf8(text.substr(start + 1, stop - start - 1));
  end = stop + 1;
  static const std::pair<const char*, char32_t> kNamed[] = {{"amp", '&'},  {"lt", '<'},    {"gt", '>'},
                                                            {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0}};
  for (const auto& [known, c] : kNamed) {
    if (name == known) return c;
  }
  if (name.size() < 2 || name[0] != '#') return 0;
  const bool hex = name[1] == 'x' || name[1] == 'X';
  const std::string digits = name.substr(hex ? 2 : 1);
  if (digits.empty() ||
      digits.find_first_not_of(hex ? "0123456789abcdefABCDEF" : "0123456789") != std::string::npos) {
    return 0;
  }
  const unsigned long code = std::stoul(digits, nullptr, hex ? 16 : 10);
  return code == 0 || code > 0x10ffff ? 0 : static_cast<char32_t>(code);
}

std::u32string without_entities(const std::u32string& text) {
  if (text.find(U'<') != std::u32string::npos) return text;  // markup: its entities are meant
  std::u32string result;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    const char32_t c = text[i] == U'&' ? entity(text, i, end) : 0;
    result.push_back(c ? c : text[i]);
    i = c ? end : i + 1;
  }
  return result;
}

}  // namespace

bool is_letter(char32_t c) { return has_category(c, U_GC_L_MASK) || is_added_letter(c); }
bool is_number(char32_t c) { return has_category(c, U_GC_N_MASK) || is_added_number(c); }
bool is_space(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)); }

std::u32string mend(const std::u32string& text) {
  std::u32string result;
  for (char32_t c : without_entities(text)) {
    if (c >= 0x80 && c <= 0x9f && c != 0x85) c = kWindows1252[c - 0x80];
    c = uncurled(c);
    if (is_control(c)) continue;
    if (c == U'\r' || c == 0x2028 || c == 0x2029 || c == 0x85) c = U'\n';
    if (has_compatible_form(c)) {
      result += normalised(std::u32string(1, c), icu::Normalizer2::getNFKCInstance);
    } else {
      result.push_back(c);
    }
  }
  return compose(result);
}

std::u32string compose(const std::u32string& text) {
  return normalised(text, icu::Normalizer2::getNFCInstance);
}

std::u32string lower_each(const std::u32string& text) {
  std::u32string result;
  for (const char32_t c : text) {
    const char32_t known = added_lower(c);
    result += from_icu(icu::UnicodeString(static_cast<UChar32>(known)).toLower(icu::Locale::getRoot()));
  }
  return result;
}

}  // namespace nadir
