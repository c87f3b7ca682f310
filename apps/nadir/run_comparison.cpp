#include "run_comparison.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/text.h"
#include "run_report.h"
#include "table.h"
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
};

std::int64_t parameters_of(const ModelCard& card) {
  const ModelShape shape{static_cast<std::int64_t>(card.bands.size()),
                         static_cast<std::int64_t>(card.classes.size())};
  return count_parameters(*models().make(card.architecture, shape)).total;
}

std::vector<ComparedRun> open_all(const std::vector<RunOfMany>& runs) {
  std::vector<ComparedRun> opened;
  for (const RunOfMany& each : runs) {
    ComparedRun run{.run = &each};
    if (each.failure.empty()) {
      run.recipe = read_recipe(each.folder.recipe());
      run.epochs = read_epochs(each.folder);
      run.card = read_model_card(each.folder.best());
      run.parameters = parameters_of(run.card);
    }
    opened.push_back(std::move(run));
  }
  return opened;
}

bool failed(const ComparedRun& run) { return !run.run->failure.empty(); }

// The part that scores are of: validation where every run has one.
std::string common_part(const std::vector<ComparedRun>& runs) {
  const bool all = std::all_of(runs.begin(), runs.end(), [](const ComparedRun& run) {
    return failed(run) || run.card.scores.contains("val/loss");
  });
  return all ? "val/" : "train/";
}

// Scores that are worth a column: those over all classes, and IoU or F1 of each where there are few.
std::vector<std::string> score_names(const std::vector<ComparedRun>& runs, const std::string& part) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  std::size_t class_columns = 0;
  for (const ComparedRun& run : runs) {
    if (failed(run) || run.epochs.empty()) continue;
    for (const auto& [column, value] : run.epochs.front().values) {
      if (!column.starts_with(part)) continue;
      const std::string name = column.substr(part.size());
      const bool of_class = name.find('/') != std::string::npos;
      const bool wanted = name.starts_with("iou/") || name.starts_with("f1/");
      if ((of_class && !wanted) || !seen.insert(name).second) continue;
      class_columns += of_class ? 1 : 0;
      names.push_back(name);
    }
  }
  if (class_columns > 12)
    std::erase_if(names, [](const std::string& name) { return name.find('/') != std::string::npos; });
  return names;
}

double score_of(const ComparedRun& run, const std::string& column) {
  const auto found = run.card.scores.find(column);
  return found == run.card.scores.end() ? kUndefined : found->second;
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

ReportTable table_of(const std::vector<ComparedRun>& runs) {
  using Best = ReportColumn::Best;
  const std::string part = common_part(runs);
  const std::vector<std::string> scores = score_names(runs, part);
  ReportTable table{.title = "Runs",
                    .caption = std::string("Scores are of the ") +
                               (part == "val/" ? "validation" : "training") +
                               " part at each run's best epoch; the best of each column is bold."};
  table.columns = {
      {"Parameters"}, {"Best epoch"}, {"Training time", Best::kLowest}, {"Images/s", Best::kHighest}};
  for (const std::string& name : scores) {
    table.columns.push_back({name, name.ends_with("loss") ? Best::kLowest : Best::kHighest});
  }
  for (const ComparedRun& run : runs) {
    std::vector<ReportCell> cells;
    if (failed(run)) {
      cells.push_back({run.run->failure, kUndefined});
    } else {
      const double seconds = mean_of(run, "seconds", true), speed = mean_of(run, "images_per_second", false);
      cells = {{with_thousands(run.parameters), kUndefined},
               {best_epoch(run), kUndefined},
               {human_seconds(seconds), seconds},
               {fixed(speed, 1), speed}};
      for (const std::string& name : scores) cells.push_back(score_cell(score_of(run, part + name)));
    }
    table.rows.emplace_back(run.run->name, std::move(cells));
  }
  return table;
}

// A chart for each of the columns, a curve for each run.
std::vector<std::pair<std::string, std::vector<ReportCurve>>> charts_of(
    const std::vector<ComparedRun>& runs) {
  const std::string part = common_part(runs);
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

const Dataset& pictured_part(const PreparedData& data) { return data.val ? *data.val : *data.train_plain; }

using Galleries = std::vector<std::pair<std::string, std::vector<ReportImage>>>;

// The first run that has data shows image and truth; each adds what it finds in its own sample of that
// number.
void add_run(const ComparedRun& compared, Galleries& galleries) {
  const torch::NoGradGuard no_grad;
  const EvaluatedRun run = open_run(compared.run->folder);
  PredictConfig config;
  config.device = run.recipe.train.device;
  const TileFunction network = make_tile_function(run.model, config);
  const Dataset& part = pictured_part(run.data);
  const std::int64_t count = std::min(kSamples, part.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const Sample sample = part.get(0, i * part.size() / count);
    const auto row = static_cast<std::size_t>(i);
    if (galleries.size() == row) {
      galleries.emplace_back(sample.id,
                             std::vector<ReportImage>{picture("Image", image_picture(sample), false)});
      if (sample.target.defined()) {
        galleries[row].second.push_back(
            picture("Truth", class_picture(as_map(sample.target, sample), run.recipe.classes), true));
      }
    }
    const torch::Tensor found = predict_patch(sample, network, run.recipe);
    galleries[row].second.push_back(
        picture(compared.run->name, class_picture(found, run.recipe.classes), true));
  }
}

Galleries galleries_of(const std::vector<ComparedRun>& runs, ProgressObserver& observer) {
  Galleries galleries;
  std::int64_t done = 0;
  for (const ComparedRun& each : runs) {
    if (!failed(each)) add_run(each, galleries);
    observer.progress(
        {"the same samples through every model", ++done, static_cast<std::int64_t>(runs.size()), ""});
  }
  return galleries;
}
#endif

}  // namespace

std::string comparison_text(const std::vector<RunOfMany>& runs) {
  const ReportTable compared = table_of(open_all(runs));
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

void write_comparison(const std::vector<RunOfMany>& runs, const ComparisonText& text,
                      const std::filesystem::path& file, ProgressObserver& observer) {
  const std::vector<ComparedRun> opened = open_all(runs);
  Report report;
  report.title = text.title;
  report.summary = text.summary;
  report.tables = {table_of(opened)};
  report.charts = charts_of(opened);
  for (const ComparedRun& each : opened) {
    if (report.classes.empty()) report.classes = each.recipe.classes;
  }
#ifdef NADIR_RASTER
  report.galleries = galleries_of(opened, observer);
#endif
  write_report(file, report);
  observer.message("wrote " + file.string());
}

}  // namespace nadir
