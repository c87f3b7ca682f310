// Captions and metadata as DiffusionSat was trained on them: the samples of figure 8 of the paper (Khanna et
// al. 2023), and the wording of samar-khanna/DiffusionSat, diffusionsat/data_util.py.
#include <gtest/gtest.h>

#include "nadir/generate.h"

namespace nadir {
namespace {

TEST(Captions, AreThePapersSamples) {
  EXPECT_EQ(fmow_caption("car_dealership", "United States of America"),
            "a fmow satellite image of a car dealership in United States of America");
  EXPECT_EQ(spacenet_caption({.buildings = 144, .square_metres = 9280.166, .road_metres = {}}, "Rio"),
            "a spacenet satellite image of 144 buildings covering an area of 9280.166 squared meters in Rio");
  EXPECT_EQ(satlas_caption({{26, "ms_building", ""}}), "a satlas satellite image of 26 ms buildings");
}

TEST(Captions, SayWhatIsKnown) {
  EXPECT_EQ(fmow_caption("", ""), "a fmow satellite image");
  EXPECT_EQ(spacenet_caption({}, "Moscow"), "a spacenet satellite image in Moscow");
  EXPECT_EQ(spacenet_caption({.buildings = 0, .square_metres = 0, .road_metres = 1234.5678}, "Rotterdam"),
            "a spacenet satellite image of roads of length 1234.568 meters in Rotterdam");
  EXPECT_EQ(spacenet_caption({.buildings = 0, .square_metres = 0, .road_metres = 12}, "Vegas"),
            "a spacenet satellite image of roads of length 12.0 meters in Vegas");  // as Python prints it
  EXPECT_EQ(spacenet_caption({.buildings = 0, .square_metres = 0, .road_metres = 0}, "Vegas"),
            "a spacenet satellite image of no roads in Vegas");
  EXPECT_EQ(
      satlas_caption(
          {{3, "wind_turbine", "top left"}, {1, "solar_farm", "bottom right"}, {2, "silo", "top left"}}),
      "a satlas satellite image of 3 wind turbines, 2 silos in the top left, 1 solar farm in the bottom "
      "right");
  EXPECT_THROW(satlas_caption({}), ConfigError);
}

TEST(Captions, LoseAPartInTenAsInTraining) {
  RandomStream stream(3);
  int without_name = 0, without_place = 0;
  constexpr int kTries = 2000;
  for (int i = 0; i < kTries; ++i) {
    const std::string text = fmow_caption("port", "India", &stream);
    without_name += text.find("fmow") == std::string::npos;
    without_place += text.find("in India") == std::string::npos;
  }
  EXPECT_NEAR(without_name, kTries / 10, 5 * std::sqrt(kTries * 0.09));
  EXPECT_NEAR(without_place, kTries / 10, 5 * std::sqrt(kTries * 0.09));
}

TEST(Metadata, LosesANumberInTenAsInTraining) {
  RandomStream stream(4);
  int lost = 0;
  for (int i = 0; i < 500; ++i) {
    std::array<double, 7> numbers = {1, 2, 3, 4, 5, 6, 7};
    drop_metadata(numbers, stream);
    for (std::size_t k = 0; k < 7; ++k) {
      EXPECT_TRUE(numbers[k] == 0 || numbers[k] == static_cast<double>(k + 1));
      lost += numbers[k] == 0;
    }
  }
  EXPECT_NEAR(lost, 350, 5 * std::sqrt(3500 * 0.09));
}

}  // namespace
}  // namespace nadir
