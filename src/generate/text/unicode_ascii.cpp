#include <algorithm>
#include <cctype>

#include "generate/text/unicode.h"
#include "nadir/error.h"

namespace nadir {

bool is_letter(char32_t c) { return c < 128 && std::isalpha(static_cast<int>(c)); }
bool is_number(char32_t c) { return c < 128 && std::isdigit(static_cast<int>(c)); }
bool is_space(char32_t c) { return c < 128 && std::isspace(static_cast<int>(c)); }

std::u32string compose(const std::u32string& text) {
  if (std::any_of(text.begin(), text.end(), [](char32_t c) { return c >= 128; })) {
    throw ConfigError("'" + encode_utf8(text) +
                      "' has characters beyond ASCII, and this build is without ICU");
  }
  return text;
}

std::u32string mend(const std::u32string& text) { return compose(text); }

std::u32string lower_each(const std::u32string& text) {
  std::u32string result = text;
  for (char32_t& c : result) c = static_cast<char32_t>(std::tolower(static_cast<int>(c)));
  return result;
}

}  // namespace nadir
