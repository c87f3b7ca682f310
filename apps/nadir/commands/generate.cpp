#include "commands/generate.h"

#include <cmath>
#include <iostream>
#include <sstream>

#include "console.h"
#include "core/text.h"
#include "generate/diffusion_model.h"
#include "generate/lora.h"

namespace nadir {

GenerateCommand::GenerateCommand(CLI::App& app) {
  app.add_option("prompt", config_.prompt, "What the image shows");
  app.add_option("--model", folders_.model, "A folder in diffusers' layout")->required();
  app.add_option("--unet", folders_.unet, "Another U-Net's folder: DiffusionSat's checkpoint");
  app.add_option("--lora", lora_,
                 "Low-rank changes of the U-Net: a .safetensors file, of nadir, diffusers or peft");
  app.add_option("--lora-strength", lora_strength_, "How much of them")->capture_default_str();
  app.add_option("--negative", config_.negative, "What to keep away from");
  app.add_flag("--mend-text", config_.mend_text, "Mend entities, curly quotes and the like, as ftfy does");
  app.add_option("--lon", known_.longitude, "Longitude, degrees east");
  app.add_option("--lat", known_.latitude, "Latitude, degrees north");
  app.add_option("--gsd", known_.gsd, "Ground sample distance, metres");
  app.add_option("--cloud", known_.cloud_cover, "Cloud cover, 0 to 1");
  app.add_option("--date", date_, "As 2020-02-27");
  app.add_flag("--raw-metadata", config_.raw_metadata,
               "Pass longitude, latitude and year unshifted, as study 003 did");
  add_settings(app);
  add_starts(app);
  add_lists(app);
  app.add_option("-o,--output", output_, "Folder of the images")->required();
}

void GenerateCommand::add_settings(CLI::App& app) {
  app.add_option("--steps", config_.steps, "Denoising steps")->capture_default_str();
  app.add_option("--guidance", config_.guidance, "How strongly the text counts; 1 or less: no guidance")
      ->capture_default_str();
  app.add_option("--guidance-rescale", config_.guidance_rescale,
                 "0 to 1: keeps strong guidance from overexposing");
  app.add_option("--scheduler", config_.scheduler,
                 "ddpm, ddim, pndm, euler, euler_ancestral, dpmpp_2m, unipc");
  app.add_option("--eta", config_.eta, "Of ddim: 0 deterministic, 1 as noisy as ddpm");
  app.add_option("--seed", config_.seed, "The same seed gives the same image")->capture_default_str();
  app.add_option("--size", size_, "Side, or height and width, in pixels")->expected(1, 2);
  app.add_flag("--tiled", config_.tiled, "Decode tile by tile: less memory");
  app.add_flag("--low-memory", low_memory_, "Text encoder, U-Net and autoencoder in memory one at a time");
  app.add_option("--precision", precision_, "fp32, bf16, fp16")->capture_default_str();
  app.add_option("--device", device_, "auto, cpu, cuda, cuda:1")->capture_default_str();
}

void GenerateCommand::add_starts(CLI::App& app) {
  auto* image = app.add_option("--image", image_, "A picture to begin from, in place of noise");
  app.add_option("--mask", mask_, "Where it is painted anew: white; black stays")->needs(image);
  app.add_option("--strength", config_.strength,
                 "How far from the picture: a share of the steps (0.8; with a mask 1)")
      ->needs(image);
}

void GenerateCommand::add_lists(CLI::App& app) {
  app.add_option("--prompts", list_,
                 "A CSV or GeoJSON of points: an image for each row; goes on where it stopped");
  app.add_option("--caption", caption_, "Make the list's prompts as DiffusionSat's: fmow, spacenet, satlas");
  app.add_option("--count", count_, "Images of each prompt, with seeds that follow each other")
      ->capture_default_str();
  app.add_option("--sweep", sweeps_,
                 "One image for each value, and a grid of them: steps=10,20,50; at most two");
  app.add_flag("--grid", grid_, "Write grid.png with all images");
  app.add_option("--columns", columns_, "Of the grid");
  app.add_option("--format", format_, "png, tif (at its place), auto: tif for lists with lon, lat and gsd")
      ->check(CLI::IsMember({"auto", "png", "tif"}))
      ->capture_default_str();
}

namespace {

std::string with_place(const std::string& error, const GenerateJob& job) { return job.name + ": " + error; }

// What tells the images of a run apart, as a name of files.
std::string plain_value(std::string value) {
  for (char& c : value) {
    if (c == '/' || c == ' ' || c == '\\') c = '-';
  }
  return value;
}

// Each job with each of a setting's values.
std::vector<GenerateJob> varied(const std::vector<GenerateJob>& jobs, const std::string& setting,
                                const std::vector<std::string>& values) {
  std::vector<GenerateJob> result;
  for (const GenerateJob& job : jobs) {
    for (const std::string& value : values) {
      GenerateJob& each = result.emplace_back(job);
      set_setting(each, setting, value);
      each.name += "-" + setting + "-" + plain_value(value);
    }
  }
  return result;
}

// Each job `count` times, with seeds that follow each other.
std::vector<GenerateJob> seeded(const std::vector<GenerateJob>& jobs, std::int64_t count,
                                bool named_by_seed) {
  std::vector<GenerateJob> result;
  for (const GenerateJob& job : jobs) {
    for (std::int64_t i = 0; i < count; ++i) {
      GenerateJob& each = result.emplace_back(job);
      each.config.seed += static_cast<std::uint64_t>(i);
      if (named_by_seed) each.name += "-" + std::to_string(each.config.seed);
    }
  }
  return result;
}

}  // namespace

GenerateJob GenerateCommand::first_job() const {
  GenerateJob job{.name = "image", .config = config_, .known = known_, .about = {}};
  if (!date_.empty()) set_setting(job, "date", date_);
  if (!size_.empty()) job.config.height = size_.front(), job.config.width = size_.back();
  job.about["model"] = folders_.model.string();
  if (!folders_.unet.empty()) job.about["unet"] = folders_.unet.string();
  job.about["precision"] = precision_;
  if (!image_.empty()) job.about["image"] = image_;
  if (!mask_.empty()) job.about["mask"] = mask_;
  return job;
}

std::vector<GenerateCommand::Sweep> GenerateCommand::sweeps() const {
  if (sweeps_.size() > 2) throw ConfigError("--sweep: a grid has two sides; sweep two settings at most");
  std::vector<Sweep> result;
  for (const std::string& each : sweeps_) {
    const std::size_t equals = each.find('=');
    Sweep sweep{each.substr(0, equals), {}};
    std::istringstream values(equals == std::string::npos ? "" : each.substr(equals + 1));
    for (std::string value; std::getline(values, value, ',');) sweep.values.push_back(value);
    if (sweep.values.empty()) throw ConfigError("--sweep " + each + ": expected setting=value,value,value");
    result.push_back(std::move(sweep));
  }
  return result;
}

void GenerateCommand::check_usage() const {
  if (count_ < 1) throw ConfigError("--count is 1 or more");
  if (list_.empty() == config_.prompt.empty()) {
    throw ConfigError("give a prompt, or a list of them with --prompts FILE");
  }
  if (!list_.empty() && (grid_ || !sweeps_.empty())) {
    throw ConfigError("--grid and --sweep are of one prompt; a list has --count");
  }
}

std::vector<GenerateJob> GenerateCommand::jobs() const {
  check_usage();
  std::vector<GenerateJob> list =
      list_.empty() ? std::vector<GenerateJob>{first_job()} : read_jobs(list_, first_job(), caption_);
  // The first sweep goes down the grid, the last one across.
  for (const Sweep& sweep : sweeps()) list = varied(list, sweep.name, sweep.values);
  // One prompt alone is called by its seed, as it always was.
  const bool named_by_seed = count_ > 1 || (list_.empty() && sweeps_.empty());
  return seeded(list, count_, named_by_seed);
}

ImageFormat GenerateCommand::format_of(const GenerateJob& job) const {
  if (format_ == "png") return ImageFormat::kPng;
  const bool placed = !list_.empty() && job.known.has_place();
  return format_ == "tif" || placed ? ImageFormat::kGeoTiff : ImageFormat::kPng;
}

void GenerateCommand::fit(std::vector<GenerateJob>& jobs, const DiffusionModel& model,
                          ProgressObserver& observer) const {
  bool unused = false;
  for (GenerateJob& job : jobs) {
    try {
      fit_metadata(job, model);
      if (!image_.empty()) set_image(job.config, model, image_, mask_);
      if (format_of(job) == ImageFormat::kGeoTiff && !job.known.has_place()) {
        throw ConfigError("a GeoTIFF wants a place: longitude, latitude and gsd (metres a pixel)");
      }
    } catch (const ConfigError& error) {
      throw ConfigError(with_place(error.what(), job));
    }
    unused = unused || (job.known.any() && !job.config.metadata);
  }
  if (unused) {
    observer.warning("this U-Net was trained without metadata: place and date do not change the images");
  }
}

GenerateCommand::Made GenerateCommand::make(DiffusionModel& model, const std::vector<GenerateJob>& jobs,
                                            ProgressObserver& observer) const {
  Made made;
  const bool gridded = grid_ || !sweeps_.empty();
  for (const GenerateJob& job : jobs) {
    if (!list_.empty() && is_saved(output_, job, format_of(job))) {
      ++made.skipped;
      continue;
    }
    const GeneratedImage image = generate(model, job.config, observer);
    if (image.prompt_cut) observer.warning(with_place("the prompt is too long: its end was left out", job));
    std::cout << save_image(output_, job, image, format_of(job)).string() << "\n" << std::flush;
    if (gridded) made.images.push_back({label_of(job), image.pixels});
  }
  return made;
}

std::string GenerateCommand::label_of(const GenerateJob& job) const {
  return sweeps_.empty() ? "seed " + std::to_string(job.config.seed)
                         : job.name.substr(std::string("image-").size());
}

void GenerateCommand::write_grid(const std::vector<LabelledImage>& images) const {
  const auto square = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(images.size()))));
  const auto across =
      sweeps_.empty() ? square : static_cast<std::int64_t>(sweeps().back().values.size()) * count_;
  const std::filesystem::path file = std::filesystem::path(output_) / "grid.png";
  write_file_atomically(file, encode_plain_png(image_grid(images, columns_ > 0 ? columns_ : across)));
  std::cout << file.string() << "\n";
}

int GenerateCommand::run() {
  Console observer;
  std::vector<GenerateJob> todo = jobs();
  const auto model = load_diffusion(folders_, precision_, device_, low_memory_);
  if (!lora_.empty()) merge_lora(*model, lora_, lora_strength_);
  fit(todo, *model, observer);
  const Made made = make(*model, todo, observer);
  if (!made.images.empty()) write_grid(made.images);
  if (made.skipped > 0) {
    observer.message(counted(static_cast<std::int64_t>(made.skipped), "image") + " of " +
                     std::to_string(todo.size()) + " were there already");
  }
  return 0;
}

}  // namespace nadir
