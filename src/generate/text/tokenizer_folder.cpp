#include <nlohmann/json.hpp>
#include <sstream>

#include "generate/text/clip_tokenizer.h"
#include "nadir/error.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

nlohmann::json read_object(const std::filesystem::path& file) {
  nlohmann::json json = nlohmann::json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw ModelError(file.string() + ": is not a JSON object");
  return json;
}

// "a b" as a merge. `where` names it in messages.
void add_merge(const std::string& text, const std::string& where, ClipVocabulary& vocabulary) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string::npos || blank == 0 || blank + 1 == text.size() ||
      text.find(' ', blank + 1) != std::string::npos) {
    throw ModelError(where + ": '" + text + "' is not two tokens with a blank between");
  }
  vocabulary.merges.emplace_back(text.substr(0, blank), text.substr(blank + 1));
}

void read_merges(const std::filesystem::path& file, ClipVocabulary& vocabulary) {
  std::istringstream lines(read_text_file(file));
  std::int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.starts_with("#version")) continue;
    add_merge(line, file.string() + ", line " + std::to_string(number), vocabulary);
  }
}

void read_ids(const nlohmann::json& tokens, const std::filesystem::path& file, ClipVocabulary& vocabulary) {
  for (const auto& [token, id] : tokens.items()) {
    if (!id.is_number_integer())
      throw ModelError(file.string() + ": the id of '" + token + "' is no whole number");
    vocabulary.ids.emplace(token, id.get<std::int64_t>());
  }
}

// The one file that newer libraries write in place of vocab.json and merges.txt.
void read_joined_file(const std::filesystem::path& file, ClipVocabulary& vocabulary) {
  const nlohmann::json json = read_object(file);
  const nlohmann::json model = json.value("model", nlohmann::json());
  if (!model.is_object() || model.value("type", nlohmann::json("BPE")) != "BPE" || !model.contains("vocab") ||
      !model.at("vocab").is_object() || !model.contains("merges") || !model.at("merges").is_array()) {
    throw ModelError(file.string() + ": model is no BPE with vocab and merges");
  }
  read_ids(model.at("vocab"), file, vocabulary);
  for (const nlohmann::json& merge : model.at("merges")) {
    const std::string where = file.string() + ", merge " + std::to_string(vocabulary.merges.size() + 1);
    if (merge.is_string()) {
      add_merge(merge.get<std::string>(), where, vocabulary);
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      vocabulary.merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
    } else {
      throw ModelError(where + ": is not two tokens");
    }
  }
}

// A token is written as a text, or as an object whose "content" it is.
void read_token(const nlohmann::json& map, const std::string& key, std::string& token) {
  const auto found = map.find(key);
  if (found == map.end() || found->is_null()) return;
  if (found->is_string()) token = found->get<std::string>();
  if (found->is_object() && found->contains("content")) token = found->at("content").get<std::string>();
}

}  // namespace

ClipTokenizer ClipTokenizer::load(const std::filesystem::path& folder) {
  ClipVocabulary vocabulary;
  const std::filesystem::path ids = folder / "vocab.json", joined = folder / "tokenizer.json";
  if (!std::filesystem::exists(ids) && std::filesystem::exists(joined)) {
    read_joined_file(joined, vocabulary);
  } else {
    read_ids(read_object(ids), ids, vocabulary);
    read_merges(folder / "merges.txt", vocabulary);
  }
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    if (!std::filesystem::exists(folder / name)) continue;
    const nlohmann::json map = read_object(folder / name);
    read_token(map, "bos_token", vocabulary.start);
    read_token(map, "eos_token", vocabulary.end);
    read_token(map, "pad_token", vocabulary.pad);
    const auto length = map.find("model_max_length");
    if (length != map.end() && length->is_number_integer()) vocabulary.length = length->get<std::int64_t>();
  }
  return ClipTokenizer(std::move(vocabulary));
}

}  // namespace nadir
