#include <gtest/gtest.h>

#include "nadir/nadir.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

ModelCard example_card() {
  ModelCard card;
  card.nadir_version = "0.1.0";
  card.architecture = {"unet", models().resolve("unet", parse_yaml("start: 2", "test"))};
  card.classes = {{"land", "#b59a6a", 0}, {"water \"deep\"", "#1f6feb", 7}};
  card.bands = {"red", "green"};
  card.band_numbers = {3, 1};
  card.pixel_type = "int16";
  card.normalization = {"min_max", {0.1, -2}, {255, 1e-3}, {0.5, 0.25}, {0.1, 1.0 / 3}};
  card.tile = 64;
  card.resolution = 28.5;
  card.training = {{"seed", "7"}};
  card.scores = {{"val/mean_iou", 0.1 + 0.2}, {"val/iou/absent", std::nan("")}};
  return card;
}

std::string error_of(const std::filesystem::path& file) {
  try {
    load_model(file);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ModelCardTest, OfAModelThatMakesImagesNamesGeneration) {
  ModelCard card = example_card();
  card.task = Task::kClassification;
  card.classes.clear();
  const std::string json = card_to_json(card);
  EXPECT_NE(json.find("\"task\": \"generation\""), std::string::npos) << json;
  EXPECT_EQ(card_to_json(card_from_json(json)), json);
}

TEST(ModelCardTest, RoundTripKeepsEveryFieldToTheLastBit) {
  const ModelCard card = example_card();
  const std::string json = card_to_json(card);
  const ModelCard again = card_from_json(json);
  EXPECT_EQ(card_to_json(again), json);
  EXPECT_EQ(again.architecture.name, card.architecture.name);
  // JSON quotes texts that YAML does not: the same options, written the same way once resolved.
  EXPECT_EQ(to_yaml(models().resolve("unet", again.architecture.options)),
            to_yaml(models().resolve("unet", card.architecture.options)));
  EXPECT_EQ(again.normalization.std, card.normalization.std);
  EXPECT_EQ(again.scores.at("val/mean_iou"), 0.1 + 0.2);
  EXPECT_TRUE(std::isnan(again.scores.at("val/iou/absent")));
  EXPECT_EQ(again.resolution, 28.5);
}

TEST(ModelCardTest, MistakesNameTheField) {
  const std::string json = card_to_json(example_card());
  const auto error = [](const std::string& text) {
    try {
      card_from_json(text);
    } catch (const ModelError& problem) {
      return std::string(problem.what());
    }
    return std::string("no error");
  };
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = json;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_NE(error("{}").find("format"), std::string::npos);
  EXPECT_NE(error("not json").find("not what nadir writes"), std::string::npos);
  EXPECT_NE(error(replaced("\"format\": 1", "\"format\": 2")).find("update nadir"), std::string::npos);
  EXPECT_NE(error(replaced("\"multiclass\"", "\"multi\"")).find("task 'multi' is unknown"),
            std::string::npos);
  EXPECT_NE(error(replaced("\"tile\"", "\"tiles\"")).find("tile"), std::string::npos);
}

TEST(ModelFileTest, ASavedModelGivesTheSameLogits) {
  const TemporaryFolder folder;
  const ModelCard card = example_card();
  torch::manual_seed(3);
  const auto model = models().make(card.architecture, {2, 2});
  save_model(folder / "m.safetensors", *model, card);
  const LoadedModel loaded = load_model(folder / "m.safetensors");
  EXPECT_FALSE(loaded.model->is_training());
  EXPECT_EQ(card_to_json(read_model_card(folder / "m.safetensors")), card_to_json(card));
  model->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor image = torch::rand({1, 2, 20, 33});
  EXPECT_TRUE(torch::equal((*model)(image), (*loaded.model)(image)));
}

TEST(ModelFileTest, DamagedFilesAreRefused) {
  const TemporaryFolder folder;
  const ModelCard card = example_card();
  const auto model = models().make(card.architecture, {2, 2});
  const std::filesystem::path file = folder / "m.safetensors";
  save_model(file, *model, card);
  const std::string good = read_text_file(file);
  for (std::size_t at = 0; at < good.size(); at += 97) {  // header, card, checksum's key and digits, tensors
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x04);
    write_file_atomically(file, bad);
    EXPECT_THROW(load_model(file), ModelError) << "byte " << at;
  }
  write_file_atomically(file, good.substr(0, good.size() - 1));
  EXPECT_NE(error_of(file).find("cut short"), std::string::npos);
}

TEST(ModelFileTest, WeightsOfAnotherNetworkAreListed) {
  const TemporaryFolder folder;
  ModelCard card = example_card();
  const auto model = models().make(card.architecture, {2, 2});
  card.architecture.options = models().resolve("unet", parse_yaml("start: 4", "test"));
  save_model(folder / "m.safetensors", *model, card);
  const std::string message = error_of(folder / "m.safetensors");
  EXPECT_NE(message.find("of another shape"), std::string::npos) << message;
  EXPECT_NE(message.find("inc.cn1.weight (2x2x3x3 instead of 4x2x3x3)"), std::string::npos) << message;

  write_safetensors(folder / "plain.safetensors", {named_state(*model), {}});
  EXPECT_NE(error_of(folder / "plain.safetensors").find("no nadir model card"), std::string::npos);
}

}  // namespace
}  // namespace nadir
