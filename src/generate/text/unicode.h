// What a tokenizer has to know of Unicode, from ICU. Built without ICU (NADIR_ICU=OFF), only ASCII texts are
// taken; others are a ConfigError.
#pragma once

#include <string>

namespace nadir {

// Texts are UTF-8 outside and code points inside. Bytes that are no UTF-8 become U+FFFD.
std::u32string decode_utf8(const std::string& text);
std::string encode_utf8(const std::u32string& text);

bool is_letter(char32_t c);  // categories L*
bool is_number(char32_t c);  // categories N*
bool is_space(char32_t c);   // Unicode's White_Space

// Mends a text as ftfy's fix_text does: entities, control characters, ligatures, full-width forms, curly
// quotes, line ends, then normal form C. Texts in a wrong encoding ("Ã©") are left as they are; so are named
// HTML entities beside amp, lt, gt, quot, apos and nbsp.
std::u32string mend(const std::u32string& text);
std::u32string compose(const std::u32string& text);  // normal form C
// Each character by itself: a final sigma is as any other.
std::u32string lower_each(const std::u32string& text);

}  // namespace nadir
