#include "generate/text/clip_tokenizer.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "generate/text/unicode.h"
#include "nadir/error.h"

namespace nadir {
namespace {

// White space becomes single blanks; none at the ends.
std::u32string with_single_blanks(const std::u32string& text) {
  std::u32string result;
  for (const char32_t c : text) {
    if (!is_space(c)) {
      result.push_back(c);
    } else if (!result.empty() && result.back() != U' ') {
      result.push_back(U' ');
    }
  }
  if (!result.empty() && result.back() == U' ') result.pop_back();
  return result;
}

// Length of an English contraction ('s, 't, 're, 've, 'm, 'll, 'd) at `i`; 0 for none.
std::size_t contraction(const std::u32string& text, std::size_t i) {
  for (const std::u32string_view each : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"}) {
    if (std::u32string_view(text).substr(i, each.size()) == each) return each.size();
  }
  return 0;
}

// Length of the special token's name that is spelled at `i`, which ends a run of marks; 0 for none.
std::size_t special_name(const std::u32string& text, std::size_t i) {
  for (const std::u32string_view each : {U"<|startoftext|>", U"<|endoftext|>"}) {
    if (std::u32string_view(text).substr(i, each.size()) == each) return each.size();
  }
  return 0;
}

// Where the word that begins at `i` ends: a contraction, a run of letters, a single digit, a run of other
// marks. A blank is no word: `i`.
std::size_t word_end(const std::u32string& text, std::size_t i) {
  const auto run = [&](auto belongs) {
    std::size_t end = i;
    while (end < text.size() && belongs(text[end])) ++end;
    return end;
  };
  if (const std::size_t length = contraction(text, i)) return i + length;
  if (is_letter(text[i])) return run(is_letter);
  if (is_number(text[i])) return i + 1;
  return run([](char32_t c) { return !is_space(c) && !is_letter(c) && !is_number(c); });
}

std::vector<std::u32string> split_words(const std::u32string& text) {
  std::vector<std::u32string> words;
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t name = special_name(text, i)) {
      const std::u32string inner = text.substr(i + 2, name - 4);
      words.insert(words.end(), {U"<|", inner, U"|>"});
      i += name;
      continue;
    }
    const std::size_t end = word_end(text, i);
    if (end > i) words.push_back(text.substr(i, end - i));
    i = std::max(end, i + 1);
  }
  return words;
}

}  // namespace

const std::array<std::string, 256>& byte_alphabet() {
  static const std::array<std::string, 256> alphabet = [] {
    std::array<std::string, 256> letters;
    char32_t next = 256;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const bool prints = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      letters[byte] = encode_utf8(std::u32string(1, prints ? static_cast<char32_t>(byte) : next++));
    }
    return letters;
  }();
  return alphabet;
}

ClipTokenizer::ClipTokenizer(ClipVocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {
  for (const std::string& each : {vocabulary_.start, vocabulary_.end, vocabulary_.pad}) {
    if (!vocabulary_.ids.contains(each))
      throw ModelError("the tokenizer's vocabulary lacks its token " + each);
  }
  if (vocabulary_.length < 2) throw ModelError("a tokenizer's texts need room for start and end");
  for (std::size_t i = 0; i < vocabulary_.merges.size(); ++i) ranks_.emplace(vocabulary_.merges[i], i);
}

std::vector<std::int64_t> ClipTokenizer::encode(const std::string& text, bool* cut) const {
  const std::set<std::string> names = {vocabulary_.start, vocabulary_.end, vocabulary_.pad};
  std::vector<std::int64_t> ids = {vocabulary_.ids.at(vocabulary_.start)};
  // Special tokens stand for themselves wherever they are; what lies between is cleaned and cut into words.
  std::size_t begin = 0;
  while (begin <= text.size()) {
    std::size_t at = std::string::npos;
    std::string found;
    for (const std::string& name : names) {
      const std::size_t place = text.find(name, begin);
      if (place < at) at = place, found = name;
    }
    encode_piece(decode_utf8(text.substr(begin, at == std::string::npos ? at : at - begin)), ids);
    if (at == std::string::npos) break;
    ids.push_back(vocabulary_.ids.at(found));
    begin = at + found.size();
  }
  const auto room = static_cast<std::size_t>(vocabulary_.length) - 1;
  if (cut) *cut = ids.size() > room;
  if (ids.size() > room) ids.resize(room);
  ids.push_back(vocabulary_.ids.at(vocabulary_.end));
  return ids;
}

std::vector<std::int64_t> ClipTokenizer::encode_padded(const std::string& text, bool* cut) const {
  std::vector<std::int64_t> ids = encode(text, cut);
  ids.resize(static_cast<std::size_t>(vocabulary_.length), vocabulary_.ids.at(vocabulary_.pad));
  return ids;
}

void ClipTokenizer::encode_piece(const std::u32string& piece, std::vector<std::int64_t>& ids) const {
  for (const std::u32string& word : split_words(lower_each(with_single_blanks(compose(piece))))) {
    encode_word(word, ids);
  }
}

// Joins the pair with the lowest rank until none is known.
void ClipTokenizer::encode_word(const std::u32string& word, std::vector<std::int64_t>& ids) const {
  std::vector<std::string> parts;
  for (const char byte : encode_utf8(word))
    parts.push_back(byte_alphabet()[static_cast<unsigned char>(byte)]);
  parts.back() += "</w>";
  while (parts.size() > 1) {
    std::size_t best = std::numeric_limits<std::size_t>::max();
    std::pair<std::string, std::string> pair;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = ranks_.find({parts[i], parts[i + 1]});
      if (found != ranks_.end() && found->second < best) best = found->second, pair = found->first;
    }
    if (best == std::numeric_limits<std::size_t>::max()) break;
    std::vector<std::string> joined;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool here = i + 1 < parts.size() && parts[i] == pair.first && parts[i + 1] == pair.second;
      joined.push_back(here ? parts[i] + parts[i + 1] : parts[i]);
      if (here) ++i;
    }
    parts = std::move(joined);
  }
  const std::int64_t unknown = vocabulary_.ids.at(vocabulary_.end);
  for (const std::string& part : parts) {
    const auto found = vocabulary_.ids.find(part);
    ids.push_back(found == vocabulary_.ids.end() ? unknown : found->second);
  }
}

}  // namespace nadir
