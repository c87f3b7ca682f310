// What a model file is for.
#pragma once

#include <string>

#include "nadir/model_file.h"

namespace nadir {

// The task of the model's labels, or "generation" of a model without classes, which makes images: its
// targets, numbers of captions, only have the form of a classification's.
inline std::string task_name(const ModelCard& card) {
  return card.classes.empty() ? "generation" : to_string(card.task);
}

}  // namespace nadir
