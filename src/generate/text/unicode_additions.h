// Characters that Unicode 15.1 to 17 added, for ICUs that know less (Debian 12's knows 15.0): without them a
// text's words would depend on the system. Letters and numbers are those of Oniguruma's Unicode 16, lower
// case is Rust's Unicode 17, as in the tokenizer that this one equals.
#pragma once

namespace nadir {

bool is_added_letter(char32_t c);
bool is_added_number(char32_t c);
// Its lower case; the character itself where none was added.
char32_t added_lower(char32_t c);

}  // namespace nadir
