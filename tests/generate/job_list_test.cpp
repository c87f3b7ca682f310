// Many pictures from a list: CSV and GeoJSON, what is wrong with them, and the files that are written.
#include "diffusers_folder.h"
#ifdef NADIR_RASTER
#include "nadir/raster.h"
#include "pictures/picture.h"
#endif

namespace nadir {
namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(JobList, ReadsACsvWhoseEmptyFieldsAreTheDefaults) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "points.csv",
                        "id,caption,longitude,lat,gsd,cloud,date,seed,steps,population\n"
                        "a,\"a port, seen from above\",4.4,51.9,0.5,0.1,2020-02-27,7,3,12\n"
                        ",,,,,,,,,\n"
                        "c,a farm,,,,,,,,\n");
  GenerateJob defaults;
  defaults.config.prompt = "a satellite image";
  defaults.config.steps = 20;
  defaults.known.gsd = 2;
  const auto jobs = read_jobs(folder / "points.csv", defaults);
  ASSERT_EQ(jobs.size(), 3U);
  EXPECT_EQ(jobs[0].name, "a");
  EXPECT_EQ(jobs[0].config.prompt, "a port, seen from above");
  EXPECT_EQ(jobs[0].config.seed, 7U);
  EXPECT_EQ(jobs[0].config.steps, 3);
  const ImageMetadata metadata = jobs[0].known.whole();
  EXPECT_EQ(metadata.longitude, 4.4);
  EXPECT_EQ(metadata.cloud_cover, 0.1);
  EXPECT_EQ(metadata.month, 2);
  EXPECT_EQ(jobs[1].name, "0002");
  EXPECT_EQ(jobs[1].config.prompt, "a satellite image");
  EXPECT_EQ(jobs[1].config.steps, 20);
  EXPECT_EQ(jobs[1].known.gsd, 2.0);
  EXPECT_FALSE(jobs[1].known.has_place());
  EXPECT_NE(message_of([&] { jobs[1].known.whole(); }).find("longitude, latitude, year, month and day"),
            std::string::npos);
}

TEST(JobList, ReadsGeoJsonPoints) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "points.geojson", R"({"type": "FeatureCollection", "features": [
    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [4.4, 51.9, 3]},
     "properties": {"prompt": "a port", "gsd": 0.5, "year": 2020, "month": 2, "day": 27, "cloud": null}}]})");
  const auto jobs = read_jobs(folder / "points.geojson", {});
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].config.prompt, "a port");
  EXPECT_EQ(jobs[0].known.longitude, 4.4);
  EXPECT_EQ(jobs[0].known.whole().year, 2020);
}

TEST(JobList, MakesCaptionsOfColumns) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.csv", "category,country,prompt\ncar_dealership,India,\nx,y,own words\n");
  auto jobs = read_jobs(folder / "a.csv", {}, "fmow");
  EXPECT_EQ(jobs[0].config.prompt, "a fmow satellite image of a car dealership in India");
  EXPECT_EQ(jobs[1].config.prompt, "own words");
  write_file_atomically(folder / "b.csv", "objects\n3 wind_turbine; 1 solar_farm in the top left\n");
  jobs = read_jobs(folder / "b.csv", {}, "satlas");
  EXPECT_EQ(jobs[0].config.prompt,
            "a satlas satellite image of 3 wind turbines, 1 solar farm in the top left");
  write_file_atomically(folder / "c.csv", "buildings,area,city\n12,340.5,Paris\n");
  jobs = read_jobs(folder / "c.csv", {}, "spacenet");
  EXPECT_EQ(jobs[0].config.prompt,
            "a spacenet satellite image of 12 buildings covering an area of 340.5 squared meters in Paris");
  EXPECT_NE(message_of([&] { read_jobs(folder / "c.csv", {}, "landsat"); }).find("fmow, spacenet"),
            std::string::npos);
}

TEST(JobList, NamesEveryBadRow) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "points.csv",
                        "name,prompt,lat,seed,date\n"
                        "a,x,95,1,2020-01-01\n"
                        "b,x,5,one,2020-01-01\n"
                        "c,x,5,1,01.02.2020\n"
                        "good,x,5,1,2020-01-01\n"
                        "good,x,5,2,2020-01-01\n"
                        "../e,x,5,2,2020-01-01\n"
                        "f,,5,2,2020-01-01\n");
  const std::string message = message_of([&] { read_jobs(folder / "points.csv", {}); });
  EXPECT_NE(message.find("6 rows"), std::string::npos) << message;
  for (const char* part : {"line 2: latitude: 95", "line 3: seed: 'one'", "line 4: date '01.02.2020'",
                           "line 6: is called good, as ", "line 7: name: '../e'", "line 8: has no prompt"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " not in\n" << message;
  }
  write_file_atomically(folder / "points.geojson", R"({"type": "FeatureCollection", "features": [
    {"type": "Feature", "geometry": {"type": "Polygon"}, "properties": {"prompt": "a"}}]})");
  EXPECT_NE(message_of([&] {
              read_jobs(folder / "points.geojson", {});
            }).find("feature 1: its geometry is no Point"),
            std::string::npos);
  write_file_atomically(folder / "empty.geojson", "[1]");
  EXPECT_NE(message_of([&] { read_jobs(folder / "empty.geojson", {}); }).find("FeatureCollection"),
            std::string::npos);
  write_file_atomically(folder / "twice.csv", "lon,longitude,prompt\n1,2,a\n");
  EXPECT_NE(message_of([&] { read_jobs(folder / "twice.csv", {}); }).find("mean the same"),
            std::string::npos);
  GenerateJob job;
  EXPECT_NE(
      message_of([&] { set_setting(job, "stepps", "3"); }).find("'stepps' is unknown; did you mean 'steps'?"),
      std::string::npos);
}

GeneratedImage small_image() {
  return {golden::labels("picture", {3, 16, 24}, 256).to(torch::kUInt8), golden::normal("l", {4, 8, 12}),
          false};
}

TEST(SavedImage, IsThereWithItsSettingsAndLatents) {
  const TemporaryFolder folder;
  GenerateJob job{.name = "a.b", .config = {}, .known = {}, .about = {{"model", "m"}}};
  job.config.prompt = "a \"port\"";
  job.config.guidance = 7.3;
  EXPECT_FALSE(is_saved(folder.path(), job, ImageFormat::kPng));
  EXPECT_EQ(save_image(folder.path(), job, small_image(), ImageFormat::kPng), folder / "a.b.png");
  EXPECT_TRUE(is_saved(folder.path(), job, ImageFormat::kPng));
  const SafeTensors latents = read_safetensors(folder / "a.b.safetensors");
  EXPECT_TRUE(torch::equal(latents.tensors.at(0).second, small_image().latents));
  EXPECT_NE(latents.metadata.at("image").find("port"), std::string::npos);
  const Json settings = Json::parse(read_text_file(folder / "a.b.json"));
  EXPECT_EQ(settings.at("prompt"), "a \"port\"");
  EXPECT_EQ(settings.at("width"), 24);
  job.config.seed = 3;  // other settings: not this picture
  EXPECT_FALSE(is_saved(folder.path(), job, ImageFormat::kPng));
  EXPECT_THROW(save_image(folder.path(), job, small_image(), ImageFormat::kGeoTiff), ConfigError);
}

#ifdef NADIR_RASTER
TEST(SavedImage, IsAPngThatOthersRead) {
  const TemporaryFolder folder;
  GenerateJob job;
  job.name = "a";
  save_image(folder.path(), job, small_image(), ImageFormat::kPng);
  EXPECT_TRUE(torch::equal(read_picture(folder / "a.png").pixels.permute({2, 0, 1}), small_image().pixels));
}

TEST(SavedImage, LiesAtItsPlaceAsAGeoTiff) {
  const TemporaryFolder folder;
  GenerateJob job;
  job.name = "a";
  job.known = {.longitude = 3, .latitude = 0, .gsd = 0.5};
  // The central meridian of zone 31 has the easting 500,000; the equator the northing 0 (Snyder 1987).
  save_image(folder.path(), job, small_image(), ImageFormat::kGeoTiff);
  const RasterInfo info = RasterReader((folder / "a.tif").string()).info();
  EXPECT_NE(info.geo.crs.find("UTM zone 31N"), std::string::npos) << info.geo.crs;
  const std::array<double, 6> expected = {500'000 - 24 * 0.25, 0.5, 0, 16 * 0.25, 0, -0.5};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(info.geo.transform->at(i), expected[i], 1e-6) << i;
  EXPECT_TRUE(
      torch::equal(RasterReader((folder / "a.tif").string()).read({0, 0, 16, 24}), small_image().pixels));
  const auto crs_at = [&](double longitude, double latitude) {
    job.known = {.longitude = longitude, .latitude = latitude, .gsd = 10};
    save_image(folder.path(), job, small_image(), ImageFormat::kGeoTiff);
    return RasterReader((folder / "a.tif").string()).info().geo.crs;
  };
  EXPECT_NE(crs_at(-122.4, 37.8).find("UTM zone 10N"), std::string::npos);
  EXPECT_NE(crs_at(180, -20).find("UTM zone 60S"), std::string::npos);
  EXPECT_NE(crs_at(10, 88).find("UPS North"), std::string::npos);
  EXPECT_NE(crs_at(10, -85).find("UPS South"), std::string::npos);
}
#endif

}  // namespace
}  // namespace nadir
