// What a run is made of before its first step.
#pragma once

#include <string>
#include <vector>

#include "nadir/train.h"
#include "train/objective.h"

namespace nadir {

std::uint64_t seed_of(const Recipe& recipe);
torch::ScalarType pixel_type_of(const Source& source);
ModelCard make_card(const Recipe& recipe, const PreparedData& data, const Normalization& normalization,
                    torch::ScalarType pixel_type);
// The card's network on the device: with the seed's weights, or those that its options name, of which
// `observer` is told.
std::shared_ptr<Model> make_network(const Recipe& recipe, const ModelCard& card, torch::Device device,
                                    ProgressObserver& observer);
// Of the parameters that learn.
std::unique_ptr<Optimizer> make_optimizer(const Recipe& recipe, const Model& model);
// Whether two recipes train the same weights: they may differ in device, threads and in what is saved when.
bool trains_alike(Recipe a, Recipe b);
// The columns that each epoch's record has for a part: "val/loss", "val/mean_iou" …; `scores` names those
// beside the loss.
std::vector<std::string> score_columns(const Recipe& recipe, const PreparedData& data,
                                       const NamedScores& scores);
// What the targets of a recipe's samples are: its task. An image that is learnt to be generated has the
// number of its line in the list of captions, which has a class's form.
Task target_task(const Recipe& recipe);

}  // namespace nadir
