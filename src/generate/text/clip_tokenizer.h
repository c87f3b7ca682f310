// CLIP's byte-pair tokenizer (Radford et al. 2021; Sennrich et al. 2016), as transformers' CLIPTokenizer from
// version 5 on, and CLIPTokenizerFast before: normal form C, white space, lower case, words, pairs. The older
// tokenizer with ftfy is the same of a text that mend() has seen.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace nadir {

struct ClipVocabulary {
  std::unordered_map<std::string, std::int64_t> ids;        // by token, in CLIP's byte alphabet
  std::vector<std::pair<std::string, std::string>> merges;  // most frequent first
  std::string start = "<|startoftext|>", end = "<|endoftext|>";
  std::string pad = "<|endoftext|>";  // "!" in Stable Diffusion 2: then every "!" of a text is id 0, too
  std::int64_t length = 77;           // ids of a text at most, start and end included
};

// Printable characters for the 256 bytes, as GPT-2 chose them: themselves where they print, else from U+0100.
const std::array<std::string, 256>& byte_alphabet();

class ClipTokenizer {
 public:
  // Throws ModelError when a special token is not in the vocabulary.
  explicit ClipTokenizer(ClipVocabulary vocabulary);
  // A folder with vocab.json and merges.txt, or tokenizer.json in their place, and special_tokens_map.json or
  // tokenizer_config.json where they differ from CLIP's own. Throws ModelError naming the file.
  static ClipTokenizer load(const std::filesystem::path& folder);

  // From the start token to the closing end token, at most `length`: longer texts are cut, which `cut` tells.
  // text: UTF-8.
  std::vector<std::int64_t> encode(const std::string& text, bool* cut = nullptr) const;
  // encode(), then padding up to `length`.
  std::vector<std::int64_t> encode_padded(const std::string& text, bool* cut = nullptr) const;
  std::int64_t length() const { return vocabulary_.length; }

 private:
  void encode_piece(const std::u32string& piece, std::vector<std::int64_t>& ids) const;
  void encode_word(const std::u32string& word, std::vector<std::int64_t>& ids) const;

  ClipVocabulary vocabulary_;
  std::map<std::pair<std::string, std::string>, std::size_t> ranks_;
};

}  // namespace nadir
