// CLIP's tokenizer against transformers' (goldens/tokenizer.json), with CLIP's own vocabulary where it lies
// beside the repository, and on a small vocabulary everywhere.
#include "generate/text/clip_tokenizer.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "generate/text/unicode.h"
#include "golden.h"
#include "nadir/error.h"
#include "nadir/generate.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int64_t>;

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

// a, b, c, ab, abc, numbers and a few marks: every byte alone, too.
ClipVocabulary small_vocabulary() {
  ClipVocabulary vocabulary;
  const auto add = [&](const std::string& token) {
    vocabulary.ids.emplace(token, static_cast<std::int64_t>(vocabulary.ids.size()));
  };
  for (const char* token : {"!",
                            "a",
                            "b",
                            "c",
                            "1",
                            "'",
                            "s",
                            "a</w>",
                            "b</w>",
                            "c</w>",
                            "1</w>",
                            "'</w>",
                            "s</w>",
                            "ab",
                            "bc</w>",
                            "abc</w>",
                            "'s</w>",
                            "!</w>",
                            "<|startoftext|>",
                            "<|endoftext|>"}) {
    add(token);
  }
  vocabulary.merges = {{"b", "c</w>"}, {"a", "b"}, {"a", "bc</w>"}, {"'", "s</w>"}};
  vocabulary.length = 8;
  return vocabulary;
}

TEST(ClipTokenizer, JoinsPairsByRank) {
  const ClipVocabulary v = small_vocabulary();
  const auto id = [&](const std::string& token) { return v.ids.at(token); };
  const ClipTokenizer tokenizer(v);
  const std::int64_t start = id("<|startoftext|>"), end = id("<|endoftext|>");
  EXPECT_EQ(tokenizer.encode("abc"), (Ids{start, id("abc</w>"), end}));
  EXPECT_EQ(tokenizer.encode("  AB\t c's 11 "),
            (Ids{start, id("a"), id("b</w>"), id("c</w>"), id("'s</w>"), id("1</w>"), id("1</w>"), end}));
}

// A special token's name that is not one, as it has capitals, ends a run of marks: transformers 5.23.
TEST(ClipTokenizer, EndsAWordAfterTheNameOfASpecialToken) {
  ClipVocabulary v = small_vocabulary();
  v.length = 40;
  for (const char* token : {">", "></w>"}) v.ids.emplace(token, static_cast<std::int64_t>(v.ids.size()));
  const Ids ids = ClipTokenizer(v).encode("<|ENDOFTEXT|>!");
  EXPECT_EQ(ids.at(ids.size() - 3), v.ids.at("></w>"));
  EXPECT_EQ(ids.at(ids.size() - 2), v.ids.at("!</w>"));
}

TEST(ClipTokenizer, CutsLongTextsAndPadsShortOnes) {
  const ClipTokenizer tokenizer(small_vocabulary());
  bool cut = false;
  EXPECT_EQ(tokenizer.encode("a a a a a a", &cut).size(), 8U);
  EXPECT_FALSE(cut);
  EXPECT_EQ(tokenizer.encode("a a a a a a a", &cut).size(), 8U);
  EXPECT_TRUE(cut);
  EXPECT_EQ(tokenizer.encode_padded("a").size(), 8U);
  EXPECT_EQ(tokenizer.encode_padded("a").back(), 19);
}

TEST(ClipTokenizer, ReadsAFolderAndNamesWhatIsWrongWithIt) {
  const TemporaryFolder folder;
  const auto write_all = [&](const std::string& vocab, const std::string& merges) {
    write(folder.path() / "vocab.json", vocab);
    write(folder.path() / "merges.txt", merges);
  };
  const std::string vocab = R"({"!": 0, "a</w>": 1, "<|startoftext|>": 2, "<|endoftext|>": 3})";
  write_all(vocab, "#version: 0.2\na b\n");
  write(folder.path() / "special_tokens_map.json",
        R"({"pad_token": "!", "bos_token": {"content": "<|startoftext|>"}})");
  EXPECT_EQ(ClipTokenizer::load(folder.path()).encode_padded("a !").at(4), 0);
  EXPECT_EQ(ClipTokenizer::load(folder.path()).encode("a!"), (Ids{2, 1, 0, 3}));
  write_all(vocab, "#version: 0.2\na b c\n");
  EXPECT_THROW(ClipTokenizer::load(folder.path()), ModelError);
  write_all(R"({"!": 0})", "");
  EXPECT_THROW(ClipTokenizer::load(folder.path()), ModelError);
  write_all("[", "");
  EXPECT_THROW(ClipTokenizer::load(folder.path()), ModelError);
}

TEST(ClipTokenizer, ReadsTheOneFileThatNewerLibrariesWrite) {
  const TemporaryFolder folder;
  const auto ids_of = [&](const std::string& merges) {
    write(folder.path() / "tokenizer.json",
          R"({"model": {"type": "BPE", "vocab": {"a": 0, "b</w>": 1, "ab</w>": 2, "<|startoftext|>": 3,
              "<|endoftext|>": 4}, "merges": )" +
              merges + "}}");
    return ClipTokenizer::load(folder.path()).encode("ab");
  };
  EXPECT_EQ(ids_of(R"([["a", "b</w>"]])"), (Ids{3, 2, 4}));
  EXPECT_EQ(ids_of(R"(["a b</w>"])"), (Ids{3, 2, 4}));
  EXPECT_EQ(ids_of("[]"), (Ids{3, 0, 1, 4}));
  EXPECT_THROW(ids_of("[3]"), ModelError);
  EXPECT_THROW(ids_of("3"), ModelError);
}

TEST(Utf8, GoesThereAndBackAndReplacesWhatIsNone) {
  const std::string text = "a\xc3\xa9\xe6\x9d\xb1\xf0\x9f\x8c\x8d";
  EXPECT_EQ(decode_utf8(text), U"a\u00e9\u6771\U0001f30d");
  EXPECT_EQ(encode_utf8(decode_utf8(text)), text);
  EXPECT_EQ(decode_utf8("\xff"
                        "a\xc3"),
            U"\ufffda\ufffd");
  EXPECT_EQ(decode_utf8("\xed\xa0\x80"), U"\ufffd\ufffd\ufffd");  // a surrogate
}

// Garay and Kirat Rai are of Unicode 16; Debian 12's ICU knows 15.0.
TEST(Unicode, KnowsLettersAndNumbersThatIcuMayNot) {
  EXPECT_TRUE(is_letter(0x10d4a) && is_letter(0x16d6c) && is_letter(0x2ee5d) && is_number(0x16d70));
  EXPECT_FALSE(is_letter(0x10d49) || is_letter(0x16d6d) || is_number(0x16d6f));
  EXPECT_EQ(lower_each(U"\U00010d50\ua7cbA"), U"\U00010d70\u0264a");
}

// Texts of random characters of all scripts, blanks, marks and names of special tokens; ids by transformers.
TEST(ClipTokenizer, GivesTheReferencesIdsOfRandomUnicode) {
  ClipVocabulary vocabulary;
  for (std::size_t i = 0; i < 256; ++i) {
    vocabulary.ids.emplace(byte_alphabet()[i], static_cast<std::int64_t>(i));
    vocabulary.ids.emplace(byte_alphabet()[i] + "</w>", static_cast<std::int64_t>(256 + i));
  }
  vocabulary.ids.emplace(vocabulary.start, 512);
  vocabulary.ids.emplace(vocabulary.end, 513);
  vocabulary.length = 1000;
  const ClipTokenizer tokenizer(vocabulary);
  const Json golden = golden::read(std::string(NADIR_TEST_DATA) + "/tokenizer/random-texts.json");
  ASSERT_EQ(golden.at("texts").size(), 150U);
  for (const Json& each : golden.at("texts")) {
    EXPECT_EQ(tokenizer.encode(each.at("text")), each.at("ids").get<Ids>())
        << each.at("text").dump(-1, ' ', true);
  }
}

// openai/CLIP's list of merges, which stands for the vocabulary: bytes, bytes with </w>, merges, specials.
std::filesystem::path published_merges() {
  return std::filesystem::path(NADIR_SOURCE_DIR) /
         "../shared/data/tokenizer-clip/clip/bpe_simple_vocab_16e6.txt.gz";
}

std::string unzipped(const std::filesystem::path& file) {
  std::string text;
  gzFile stream = gzopen(file.c_str(), "rb");
  char buffer[65536];
  for (int count; (count = gzread(stream, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  gzclose(stream);
  return text;
}

ClipVocabulary published_vocabulary() {
  ClipVocabulary vocabulary;
  std::vector<std::string> bytes;
  for (char32_t c = 33; c < 256; ++c) {
    if (c <= 126 || (c >= 161 && c != 173)) bytes.push_back(encode_utf8(std::u32string(1, c)));
  }
  for (char32_t c = 256; bytes.size() < 256; ++c) bytes.push_back(encode_utf8(std::u32string(1, c)));
  const auto add = [&](const std::string& token) {
    vocabulary.ids.emplace(token, static_cast<std::int64_t>(vocabulary.ids.size()));
  };
  for (const std::string& each : bytes) add(each);
  for (const std::string& each : bytes) add(each + "</w>");
  std::istringstream lines(unzipped(published_merges()));
  std::string line;
  std::getline(lines, line);  // a heading
  while (vocabulary.merges.size() < 48894 && std::getline(lines, line)) {
    const std::size_t blank = line.find(' ');
    vocabulary.merges.emplace_back(line.substr(0, blank), line.substr(blank + 1));
    add(line.substr(0, blank) + line.substr(blank + 1));
  }
  add("<|startoftext|>");
  add("<|endoftext|>");
  vocabulary.pad = "!";
  return vocabulary;
}

// One for each caption of the golden; none where the vocabulary is not there.
class PublishedVocabulary : public testing::TestWithParam<std::size_t> {
 public:
  static const Json& captions() {
    static const Json json = golden::read(golden::folder() / "tokenizer.json");
    return json.at("captions");
  }
  static std::vector<std::size_t> numbers() {
    std::vector<std::size_t> list;
    if (!std::filesystem::exists(published_merges())) return list;
    for (std::size_t i = 0; i < captions().size(); ++i) list.push_back(i);
    return list;
  }
};

const ClipTokenizer& published_tokenizer() {
  static const ClipTokenizer tokenizer(published_vocabulary());
  return tokenizer;
}

TEST_P(PublishedVocabulary, GivesTheIdsOfTransformers5) {
  const Json& caption = captions()[GetParam()];
  Ids expected = caption.at("ids").get<Ids>();
  for (const Json& other : caption.value("others", Json::array())) {
    for (const Json& who : other.at("who")) {
      if (who == "transformers 5 CLIPTokenizer") expected = other.at("ids").get<Ids>();
    }
  }
  EXPECT_EQ(published_tokenizer().encode(caption.at("text")), expected) << caption.at("text");
}

TEST_P(PublishedVocabulary, GivesTheIdsOfTransformers4WithFtfyOfMendedTexts) {
  const Json& caption = captions()[GetParam()];
  EXPECT_EQ(published_tokenizer().encode(mend_text(caption.at("text"))), caption.at("ids").get<Ids>())
      << caption.at("text");
}

INSTANTIATE_TEST_SUITE_P(Clip, PublishedVocabulary, testing::ValuesIn(PublishedVocabulary::numbers()));
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PublishedVocabulary);

}  // namespace
}  // namespace nadir
