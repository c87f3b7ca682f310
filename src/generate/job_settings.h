// Settings of a picture by name.
#pragma once

#include "generate/diffusion_model.h"

namespace nadir {

bool is_setting(const std::string& name);
// "lon" of "longitude": two names of one setting are not both columns of a list.
std::string name_of_setting(const std::string& name);

}  // namespace nadir
