// What errors say.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace nadir {

// The message of the error of type E that `action` throws; "no error" when it throws none.
template <class E, class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

// Whether `message` has every one of `parts`.
inline ::testing::AssertionResult has(const std::string& message, std::initializer_list<std::string> parts) {
  for (const std::string& part : parts) {
    if (message.find(part) == std::string::npos) {
      return ::testing::AssertionFailure() << "\"" << part << "\" is not in \"" << message << "\"";
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace nadir
