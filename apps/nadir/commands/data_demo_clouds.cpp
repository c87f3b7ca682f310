#include "commands/data_demo_clouds.h"

#include <iostream>

#include "console.h"
#include "core/text.h"

namespace nadir {

DataDemoCloudsCommand::DataDemoCloudsCommand(CLI::App& app) {
  app.add_option("-o,--output", output_, "The folder")->required();
  app.add_option("--images", config_.images, "Pictures with masks")
      ->check(CLI::Range(4, 9999))
      ->capture_default_str();
  app.add_option("--test-images", config_.test_images, "Pictures without")
      ->check(CLI::Range(1, 9999))
      ->capture_default_str();
  app.add_option("--height", config_.height, "Pixels")->check(CLI::Range(16, 8192))->capture_default_str();
  app.add_option("--width", config_.width, "Pixels")->check(CLI::Range(16, 8192))->capture_default_str();
  app.add_option("--seed", config_.seed, "Of the drawing")->capture_default_str();
}

int DataDemoCloudsCommand::run() {
  Console console;
  write_demo_clouds(output_, config_, console);
  std::cout << "wrote " << output_ << ": " << counted(config_.images, "picture") << " with masks, "
            << config_.test_images << " without\n";
  return 0;
}

}  // namespace nadir
