#include "fuzz/fuzz.h"
#include "nadir/model_file.h"

namespace nadir {
namespace {

// The card, and the network that it asks for.
void read_card(const std::filesystem::path& file) {
  const ModelCard card = card_from_json(read_text_file(file));
  models().resolve(card.architecture.name, card.architecture.options);
  card_from_json(card_to_json(card));
}

std::string card() {
  ModelCard card;
  card.nadir_version = "0.1.0";
  card.architecture = {"unet", models().resolve("unet", parse_yaml("start: 2", "fuzz"))};
  card.classes = {{"land", "#00ff00", 0}, {"sea", "#0000ff", 1}};
  card.bands = {"red", "nir"};
  card.band_numbers = {1, 4};
  card.pixel_type = "uint16";
  card.normalization = {"range", {0, 0}, {1, 1}, {0.5, 0.5}, {0.1, 0.1}};
  card.tile = 64;
  card.resolution = 10;
  card.training = {{"recipe", "x"}};
  card.scores = {{"val/mean_iou", 0.5}};
  return card_to_json(card);
}

}  // namespace

FuzzTarget fuzz_target() { return {"model_card", read_card, {card()}}; }

}  // namespace nadir
