// The published ImageNet weights of networks and encoders.
#pragma once

#include <string>
#include <vector>

namespace nadir {

// Where the weights of `network` ("resnet34", "densenet169") are published. Throws ConfigError, with the
// networks that have some, for others.
std::string imagenet_url(const std::string& network);
std::vector<std::string> imagenet_networks();

}  // namespace nadir
