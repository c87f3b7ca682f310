// A small vocabulary for models that are trained from scratch.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "generate/text/clip_tokenizer.h"

namespace nadir {

// A vocabulary of CLIP's form in which each word of `texts` is one token, by byte-pair encoding (Sennrich et
// al. 2016) carried to its end; other words are spelled from pieces, at worst from bytes. `length`: ids of a
// text at most, start and end included. Depends on the set of words alone.
ClipVocabulary word_vocabulary(const std::vector<std::string>& texts, std::int64_t length);

// vocab.json, merges.txt and tokenizer_config.json, as transformers' CLIPTokenizer reads them.
void write_tokenizer_folder(const std::filesystem::path& folder, const ClipVocabulary& vocabulary);

}  // namespace nadir
