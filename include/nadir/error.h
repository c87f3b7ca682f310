// What nadir throws. Every message says what is wrong, where, what was found, and what is allowed or what to
// do next. Errors of GDAL, torch and other libraries are translated at the edge of the layer that calls them.
#pragma once

#include <stdexcept>
#include <string>

namespace nadir {

// Base of all errors that a user can cause or mend. Our own bugs are std::logic_error.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A setting: a recipe's field, a command line's value, a combination that cannot work.
class ConfigError : public Error {
 public:
  using Error::Error;
};

// A file or its contents: images, masks, rasters, outputs that cannot be written.
class DataError : public Error {
 public:
  using Error::Error;
};

// A model file, weights, or a model that does not fit what it is given.
class ModelError : public Error {
 public:
  using Error::Error;
};

// The user asked to stop (Ctrl-C). What was under way is saved before this is thrown.
class Interrupted : public Error {
 public:
  using Error::Error;
};

}  // namespace nadir
