// `nadir predict --memory` bounds what the whole process holds, however large the raster.
#include <gdal_priv.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include <regex>

#include "apps/model_file.h"
#include "apps/program.h"

namespace nadir {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

// A raster without a block in its file: all zeros, of any size.
void make_sparse(const std::string& path, int height, int width) {
  GDALAllRegister();
  const char* const options[] = {"TILED=YES", "SPARSE_OK=YES", "BIGTIFF=YES", nullptr};
  GDALDriver* const driver = GetGDALDriverManager()->GetDriverByName("GTiff");
  const GDALDatasetUniquePtr dataset(
      driver->Create(path.c_str(), width, height, 3, GDT_Byte, const_cast<char**>(options)));
  ASSERT_TRUE(dataset);
}

struct Measured {
  int code = 0;
  std::int64_t peak = 0;  // bytes, of the process
};

Measured run_measured(const std::string& arguments, const std::string& output) {
  const pid_t child = fork();
  if (child == 0) {
    const std::string line =
        "OMP_NUM_THREADS=1 exec " + std::string(NADIR_PROGRAM) + " " + arguments + " >" + output + " 2>&1";
    execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, usage.ru_maxrss * 1024};
}

class PredictMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    ModelCard card = land_and_water("unet", "start: 1");
    card.classes.clear();
    for (int k = 0; k < 12; ++k) card.classes.push_back({"class " + std::to_string(k), "#808080", k});
    card.tile = 128;
    save_untrained(path("model.safetensors"), card);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  Measured predict(const std::string& image, const std::string& map, const std::string& options) const {
    const Measured run = run_measured("predict " + path("model.safetensors") + " " + path(image) +
                                          " --device cpu " + options + " -o " + path(map),
                                      path("words"));
    EXPECT_EQ(run.code, 0) << read_text_file(path("words"));
    return run;
  }

  // The least that the program says it can do with: libtorch for CUDA alone takes 300 MiB more than that for
  // processors.
  std::int64_t least_memory(const std::string& image, const std::string& options) const {
    const std::string command = "predict " + path("model.safetensors") + " " + path(image) +
                                " --device cpu --memory 1M " + options + " -o " + path("none.tif");
    const Outcome refused = run_nadir(command);
    std::smatch found;
    const bool names = std::regex_search(refused.errors, found, std::regex(R"(([0-9.]+) MiB are needed)"));
    if (!names) throw std::runtime_error("no memory is named: " + refused.errors);
    return static_cast<std::int64_t>(std::stod(found[1]) * kMiB);
  }
  static std::string memory(std::int64_t bytes) { return " --memory " + std::to_string(bytes); }

  // A raster of so many rows and columns may cost a tenth more than another.
  void expect_no_more(const std::array<int, 2>& large, const std::array<int, 2>& small,
                      const std::string& options) const {
    make_sparse(path("small.tif"), small[0], small[1]);
    make_sparse(path("large.tif"), large[0], large[1]);
    const Measured less = predict("small.tif", "small_map.tif", options);
    const Measured more = predict("large.tif", "large_map.tif", options);
    EXPECT_LE(more.peak, less.peak + less.peak / 10);
  }

  TemporaryFolder folder_;
};

TEST_F(PredictMemoryTest, AWideRasterStaysWithinItsMemory) {
  make_sparse(path("wide.tif"), 400, 60000);
  const Measured much = predict("wide.tif", "much.tif", "--overlap 0.25 --memory 4G");
  const std::int64_t budget = least_memory("wide.tif", "--overlap 0.25") + 40 * kMiB;
  const Measured little = predict("wide.tif", "little.tif", "--overlap 0.25" + memory(budget));
  EXPECT_LE(little.peak, budget);
  EXPECT_GT(much.peak, little.peak + 64 * kMiB) << little.peak;
  EXPECT_EQ(read_text_file(path("little.tif")), read_text_file(path("much.tif")));
}

// What each strip's threads had freed lay in heaps that the next strip's did not use.
TEST_F(PredictMemoryTest, ManyStripsNeedNoMoreThanOne) {
  expect_no_more({256, 80000}, {256, 20000}, "--overlap 0.25 --memory 4G");
}

TEST_F(PredictMemoryTest, AHighRasterNeedsNoMoreThanALowOne) {
  // Both fill GDAL's cache of blocks and keep a work folder.
  make_sparse(path("any.tif"), 1000, 1200);
  const std::int64_t budget = least_memory("any.tif", "--overlap 0") + 200 * kMiB;
  expect_no_more({30000, 1200}, {15000, 1200}, "--overlap 0" + memory(budget));
}

}  // namespace
}  // namespace nadir
