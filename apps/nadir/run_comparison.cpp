#include "run_comparison.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/text.h"
#include "run_report.h"
#include "table.h"
#include "train/objective.h"
#ifdef NADIR_RASTER
#include "pictures.h"
#endif

namespace nadir {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct ComparedRun {
  const RunOfMany* run = nullptr;
  Recipe recipe;
  std::vector<EpochRecord> epochs;
  ModelCard card;
  std::int64_t parameters = 0;
  NamedScores scores;  // of the part that is compared, by names without it
};

std::int64_t parameters_of(const ModelCard& card) {
  const ModelShape shape{static_cast<std::int64_t>(card.bands.size()),
                         static_cast<std::int64_t>(card.classes.size())};
  return count_parameters(*models().make(card.architecture, shape)).total;
}

bool failed(const ComparedRun& run) { return !run.run->failure.empty(); }

// The part that training kept scores of: validation where every run has one.
std::string common_part(const std::vector<ComparedRun>& runs) {
  const bool all = std::all_of(runs.begin(), runs.end(), [](const ComparedRun& run) {
    return failed(run) || run.card.scores.contains("val/loss");
  });
  return all ? "val" : "train";
}

// In the order of the columns of metrics.csv, which the card's map has lost.
NamedScores kept_scores(const ComparedRun& run, const std::string& part) {
  NamedScores scores;
  if (run.epochs.empty()) return scores;
  for (const auto& [column, value] : run.epochs.front().values) {
    const auto found = run.card.scores.find(column);
    if (!column.starts_with(part + "/") || found == run.card.scores.end()) continue;
    scores.emplace_back(column.substr(part.size() + 1), found->second);
  }
  return scores;
}

NamedScores scores_now(const RunOfMany& run, const std::string& part, ProgressObserver& observer) {
  EvaluatedRun evaluated = open_run(run.folder);
  evaluate_part(evaluated, part, /*baselines=*/false, observer);
  return evaluated.scored->scores.values();
}

std::vector<ComparedRun> open_all(const std::vector<RunOfMany>& runs, std::string part,
                                  ProgressObserver& observer) {
  std::vector<ComparedRun> opened;
  for (const RunOfMany& each : runs) {
    ComparedRun run{.run = &each};
    if (each.failure.empty()) {
      run.recipe = read_recipe(each.folder.recipe());
      run.epochs = read_epochs(each.folder);
      run.card = read_model_card(each.folder.best());
      run.parameters = parameters_of(run.card);
      if (!part.empty()) run.scores = scores_now(each, part, observer);
    }
    opened.push_back(std::move(run));
  }
  if (!part.empty()) return opened;
  part = common_part(opened);
  for (ComparedRun& run : opened) run.scores = kept_scores(run, part);
  return opened;
}

// What of whole images says the same as accuracy and F1, and would make the table too wide to read.
bool is_detail(const ComparedRun& run, const std::string& name) {
  static const std::set<std::string> kDetails = {"macro_precision", "macro_recall", "weighted_precision",
                                                 "weighted_recall", "weighted_f1",  "micro_f1",
                                                 "matthews"};
  return labels_images(run.card.task) && kDetails.contains(name);
}

// Scores that are worth a column: those over all classes, and IoU or F1 of each where there are few.
std::vector<std::string> score_names(const std::vector<ComparedRun>& runs) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  std::size_t class_columns = 0;
  for (const ComparedRun& run : runs) {
    for (const auto& [name, value] : run.scores) {
      const bool of_class = name.find('/') != std::string::npos;
      const bool wanted = name.starts_with("iou/") || name.starts_with("f1/");
      if ((of_class && !wanted) || is_detail(run, name) || !seen.insert(name).second) continue;
      class_columns += of_class ? 1 : 0;
      names.push_back(name);
    }
  }
  // Of one class alone, its F1 is the macro F1.
  if (class_columns > 12 || class_columns == 1)
    std::erase_if(names, [](const std::string& name) { return name.find('/') != std::string::npos; });
  return names;
}

double score_of(const ComparedRun& run, const std::string& name) {
  for (const auto& [each, value] : run.scores) {
    if (each == name) return value;
  }
  return kUndefined;
}

double mean_of(const ComparedRun& run, const std::string& column, bool sum) {
  double total = 0;
  for (const EpochRecord& each : run.epochs) {
    for (const auto& [name, value] : each.values) total += name == column ? value : 0;
  }
  return sum || run.epochs.empty() ? total : total / static_cast<double>(run.epochs.size());
}

std::string best_epoch(const ComparedRun& run) {
  const auto found = run.card.training.find("epochs");
  return (found == run.card.training.end() ? "?" : found->second) + " of " +
         std::to_string(run.epochs.size());
}

ReportCell score_cell(double value) { return {std::isfinite(value) ? fixed(value, 4) : "–", value}; }

ReportTable table_of(const std::vector<ComparedRun>& runs, const std::string& part) {
  using Best = ReportColumn::Best;
  const std::vector<std::string> scores = score_names(runs);
  ReportTable table{.title = "Runs",
                    .caption = "Scores are of the " + part_name(part) +
                               " part at each run's best epoch; the best of each column is bold."};
  table.columns = {{"Network"},
                   {"Parameters"},
                   {"Best epoch"},
                   {"Training time", Best::kLowest},
                   {"Images/s", Best::kHighest}};
  for (const std::string& name : scores) {
    table.columns.push_back({name, name.ends_with("loss") ? Best::kLowest : Best::kHighest});
  }
  for (const ComparedRun& run : runs) {
    std::vector<ReportCell> cells;
    if (failed(run)) {
      cells.push_back({run.run->failure, kUndefined});
    } else {
      const double seconds = mean_of(run, "seconds", true), speed = mean_of(run, "images_per_second", false);
      cells = {{run.recipe.model.name, kUndefined},
               {with_thousands(run.parameters), kUndefined},
               {best_epoch(run), kUndefined},
               {human_seconds(seconds), seconds},
               {fixed(speed, 1), speed}};
      for (const std::string& name : scores) cells.push_back(score_cell(score_of(run, name)));
    }
    table.rows.emplace_back(run.run->name, std::move(cells));
  }
  return table;
}

// A chart for each of the columns, a curve for each run.
std::vector<std::pair<std::string, std::vector<ReportCurve>>> charts_of(
    const std::vector<ComparedRun>& runs) {
  const std::string part = common_part(runs) + "/";
  std::vector<std::pair<std::string, std::string>> wanted = {{"Loss, training", "train/loss"},
                                                             {"Loss", part + "loss"},
                                                             {"Mean IoU", part + "mean_iou"},
                                                             {"Macro F1", part + "macro_f1"}};
  for (const ComparedRun& run : runs) {
    for (const auto& [title, column] : extra_charts(run.epochs)) {
      const std::pair<std::string, std::string> chart{title, part + column};
      if (std::find(wanted.begin(), wanted.end(), chart) == wanted.end()) wanted.push_back(chart);
    }
  }
  std::vector<std::pair<std::string, std::vector<ReportCurve>>> charts;
  for (const auto& [title, column] : wanted) {
    std::vector<ReportCurve> all;
    for (const ComparedRun& run : runs) {
      for (ReportCurve& each : curves(run.epochs, {column})) {
        each.name = run.run->name;
        all.push_back(std::move(each));
      }
    }
    charts.emplace_back(title, std::move(all));
  }
  return charts;
}

#ifdef NADIR_RASTER
constexpr std::int64_t kSamples = 4;  // the same of every run

ReportImage picture(const std::string& caption, const torch::Tensor& pixels, bool map) {
  return {caption, encode_png(pixels.contiguous()), "image/png", map};
}

using Galleries = std::vector<std::pair<std::string, std::vector<ReportImage>>>;

// The first run that has data shows image and truth; each adds what it finds in its own sample of that
// number.
void add_maps(const std::string& name, const EvaluatedRun& run, const TileFunction& network,
              Galleries& galleries) {
  const Dataset& part = part_of(run.data, run.part);
  const std::int64_t count = std::min(kSamples, part.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const Sample sample = part.get(0, i * part.size() / count);
    const auto row = static_cast<std::size_t>(i);
    if (galleries.size() == row) {
      galleries.emplace_back(sample.id,
                             std::vector<ReportImage>{picture("Image", image_picture(sample), false)});
      if (sample.target.defined())
        galleries[row].second.push_back(
            picture("Truth", class_picture(sample.target, run.recipe.classes), true));
    }
    const torch::Tensor found = predict_patch(sample, network, run.recipe);
    galleries[row].second.push_back(picture(name, class_picture(found, run.recipe.classes), true));
  }
}

// Whole images: one row of them, and under each what every run finds in it.
void add_labels(const std::string& name, const EvaluatedRun& run, const TileFunction& network,
                Galleries& galleries) {
  constexpr std::int64_t kImages = 2 * kSamples;
  const Dataset& part = part_of(run.data, run.part);
  const std::int64_t count = std::min(kImages, part.size());
  const bool first = galleries.empty();
  if (first)
    galleries.emplace_back("The same images of the " + part_name(run.part) + " part through every model",
                           std::vector<ReportImage>());
  std::vector<ReportImage>& row = galleries.front().second;
  for (std::int64_t i = 0; i < count; ++i) {
    const Sample sample = part.get(0, i * part.size() / count);
    if (first)
      row.push_back(
          picture("true " + label_text(sample.target, run.recipe.classes), image_picture(sample), false));
    if (static_cast<std::size_t>(i) >= row.size()) return;
    const torch::Tensor valid = sample.valid.defined() ? sample.valid.unsqueeze(0) : sample.valid;
    const torch::Tensor probabilities = network(sample.image.unsqueeze(0), valid).flatten();
    row[static_cast<std::size_t>(i)].caption += "; " + name + ": " + found_text(probabilities, run.recipe);
  }
}

void add_run(const ComparedRun& compared, const std::string& part, Galleries& galleries) {
  const torch::NoGradGuard no_grad;
  EvaluatedRun run = open_run(compared.run->folder);
  run.part = part;
  PredictConfig config;
  config.device = run.recipe.train.device;
  const TileFunction network = make_tile_function(run.model, config);
  const auto add = labels_images(run.data.labels.task) ? add_labels : add_maps;
  add(compared.run->name, run, network, galleries);
}

Galleries galleries_of(const std::vector<ComparedRun>& runs, const std::string& part,
                       ProgressObserver& observer) {
  Galleries galleries;
  std::int64_t done = 0;
  for (const ComparedRun& each : runs) {
    if (!failed(each)) add_run(each, part, galleries);
    observer.progress(
        {"the same samples through every model", ++done, static_cast<std::int64_t>(runs.size()), ""});
  }
  return galleries;
}
#endif

std::string table_text(const ReportTable& compared) {
  // The terminal has room for the scores over all classes.
  std::vector<std::size_t> shown;
  std::vector<std::string> head = {"run"};
  for (std::size_t i = 0; i < compared.columns.size(); ++i) {
    const std::string& name = compared.columns[i].name;
    if (name.find('/') != std::string::npos && name != "Images/s") continue;
    shown.push_back(i);
    head.push_back(name);
  }
  Table table(head);
  for (const auto& [name, cells] : compared.rows) {
    std::vector<std::string> row = {name};
    for (const std::size_t i : shown) {
      row.push_back(cells.size() == compared.columns.size() ? cells[i].text : i == 0 ? cells[0].text : "");
    }
    table.add(row);
  }
  return table.text();
}

}  // namespace

std::string write_comparison(const std::vector<RunOfMany>& runs, const ComparisonOptions& options,
                             const std::filesystem::path& file, ProgressObserver& observer) {
  const std::vector<ComparedRun> opened = open_all(runs, options.part, observer);
  const std::string part = options.part.empty() ? common_part(opened) : options.part;
  const ReportTable table = table_of(opened, part);
  Report report;
  report.title = options.title;
  report.summary = options.summary;
  report.tables = {table};
  report.charts = charts_of(opened);
  for (const ComparedRun& each : opened) {
    if (report.classes.empty()) report.classes = each.recipe.classes;
  }
#ifdef NADIR_RASTER
  report.galleries = galleries_of(opened, part, observer);
#endif
  write_report(file, report);
  observer.message("wrote " + file.string());
  return table_text(table);
}

}  // namespace nadir
