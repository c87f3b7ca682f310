#include "generate/text/word_vocabulary.h"

#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace nadir {
namespace {

const std::vector<std::string> kTexts = {"a landsat image of water", "a landsat image of land",
                                         "ate, at 12 Tea"};

TEST(WordVocabulary, HasATokenForEachWord) {
  const ClipTokenizer tokenizer(word_vocabulary(kTexts, 16));
  EXPECT_EQ(tokenizer.encode(kTexts[0]).size(), 2U + 5);
  EXPECT_EQ(tokenizer.encode(kTexts[1]).size(), 2U + 5);
  EXPECT_EQ(tokenizer.encode(kTexts[2]).size(), 2U + 6);  // single digits are words
  EXPECT_EQ(tokenizer.encode("").size(), 2U);
  EXPECT_NE(tokenizer.encode("water"), tokenizer.encode("land"));
}

TEST(WordVocabulary, SpellsWordsThatItDoesNotKnow) {
  const ClipTokenizer tokenizer(word_vocabulary(kTexts, 16));
  EXPECT_GT(tokenizer.encode("zebra").size(), 3U);
  EXPECT_LE(tokenizer.encode("zebra").size(), 2U + 5);
}

TEST(WordVocabulary, DependsOnTheWordsAndNotOnTheirOrder) {
  const std::vector<std::string> turned = {"Tea 12 at ate,", kTexts[1], kTexts[0], kTexts[1]};
  const ClipVocabulary a = word_vocabulary(kTexts, 16), b = word_vocabulary(turned, 16);
  EXPECT_EQ(a.merges, b.merges);
  EXPECT_EQ(a.ids, b.ids);
}

TEST(WordVocabulary, IsReadBackFromItsFolder) {
  const TemporaryFolder folder;
  const ClipVocabulary vocabulary = word_vocabulary(kTexts, 16);
  write_tokenizer_folder(folder / "tokenizer", vocabulary);
  const ClipTokenizer written = ClipTokenizer::load(folder / "tokenizer"), made(vocabulary);
  for (const std::string& text : kTexts) EXPECT_EQ(written.encode_padded(text), made.encode_padded(text));
  EXPECT_EQ(written.length(), 16);
}

}  // namespace
}  // namespace nadir
