// What a model file is for, and its classes by name.
#pragma once

#include <string>

#include "nadir/model_file.h"

namespace nadir {

// The task of the model's labels, or "generation" of a model without classes, which makes images: its
// targets, numbers of captions, only have the form of a classification's.
inline std::string task_name(const ModelCard& card) {
  return card.classes.empty() ? "generation" : to_string(card.task);
}

// The number of the class of that name. Throws ConfigError, which begins with `what` ("the polygon class").
std::int64_t class_index(const ModelCard& card, const std::string& name, const std::string& what);

}  // namespace nadir
