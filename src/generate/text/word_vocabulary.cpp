#include "generate/text/word_vocabulary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "nadir/runtime.h"

namespace nadir {
namespace {

using Word = std::vector<std::string>;  // its tokens
using Pair = std::pair<std::string, std::string>;

void add(ClipVocabulary& vocabulary, const std::string& token) {
  vocabulary.ids.emplace(token, static_cast<std::int64_t>(vocabulary.ids.size()));
}

// The 256 bytes, and the same as ends of words.
Word letters() {
  Word all(byte_alphabet().begin(), byte_alphabet().end());
  for (const std::string& each : byte_alphabet()) all.push_back(each + "</w>");
  return all;
}

ClipVocabulary spelling_vocabulary() {
  ClipVocabulary vocabulary;
  for (const std::string& each : letters()) add(vocabulary, each);
  return vocabulary;
}

void add_ends(ClipVocabulary& vocabulary) {
  add(vocabulary, vocabulary.start);
  add(vocabulary, vocabulary.end);
}

// The words of the texts as a tokenizer cuts them, spelled in letters.
std::set<Word> spelled_words(const std::vector<std::string>& texts) {
  ClipVocabulary vocabulary = spelling_vocabulary();
  vocabulary.length = std::int64_t{1} << 20;
  add_ends(vocabulary);
  const ClipTokenizer tokenizer(vocabulary);
  const Word by_id = letters();
  std::set<Word> words;
  for (const std::string& text : texts) {
    const std::vector<std::int64_t> ids = tokenizer.encode(text);
    Word word;
    for (std::size_t i = 1; i + 1 < ids.size(); ++i) {  // between start and end
      word.push_back(by_id.at(static_cast<std::size_t>(ids[i])));
      if (!word.back().ends_with("</w>")) continue;
      words.insert(word);
      word.clear();
    }
  }
  return words;
}

// The pair that stands in most places; of several, the first in the order of bytes. Empty for none.
Pair most_frequent(const std::set<Word>& words) {
  std::map<Pair, std::int64_t> counts;
  for (const Word& word : words) {
    for (std::size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
  }
  const auto most = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
    return a.second < b.second || (a.second == b.second && a.first > b.first);
  });
  return most == counts.end() ? Pair{} : most->first;
}

Word joined(const Word& word, const Pair& pair) {
  Word result;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool here = i + 1 < word.size() && word[i] == pair.first && word[i + 1] == pair.second;
    result.push_back(here ? word[i] + word[i + 1] : word[i]);
    if (here) ++i;
  }
  return result;
}

}  // namespace

ClipVocabulary word_vocabulary(const std::vector<std::string>& texts, std::int64_t length) {
  ClipVocabulary vocabulary = spelling_vocabulary();
  vocabulary.length = length;
  std::set<Word> words = spelled_words(texts);
  for (Pair pair = most_frequent(words); !pair.first.empty(); pair = most_frequent(words)) {
    vocabulary.merges.push_back(pair);
    add(vocabulary, pair.first + pair.second);
    std::set<Word> next;
    for (const Word& word : words) next.insert(joined(word, pair));
    words = std::move(next);
  }
  add_ends(vocabulary);
  return vocabulary;
}

void write_tokenizer_folder(const std::filesystem::path& folder, const ClipVocabulary& vocabulary) {
  std::map<std::int64_t, std::string> by_id;
  for (const auto& [token, id] : vocabulary.ids) by_id.emplace(id, token);
  nlohmann::ordered_json ids;
  for (const auto& [id, token] : by_id) ids[token] = id;
  std::string merges = "#version: 0.2\n";
  for (const auto& [left, right] : vocabulary.merges) merges += left + " " + right + "\n";
  const nlohmann::ordered_json config = {
      {"tokenizer_class", "CLIPTokenizer"}, {"bos_token", vocabulary.start},
      {"eos_token", vocabulary.end},        {"unk_token", vocabulary.end},
      {"pad_token", vocabulary.pad},        {"model_max_length", vocabulary.length}};
  write_file_atomically(folder / "vocab.json", ids.dump() + "\n");
  write_file_atomically(folder / "merges.txt", merges);
  write_file_atomically(folder / "tokenizer_config.json", config.dump(2) + "\n");
}

}  // namespace nadir
