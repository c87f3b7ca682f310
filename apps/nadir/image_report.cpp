#include "image_report.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "table.h"

namespace nadir {
namespace {

constexpr std::size_t kMostPoints = 80;  // of a curve in the report

std::string score_cell_text(double value) { return std::isfinite(value) ? fixed(value, 4) : "–"; }

Calibration calibration_of(const ImageOutputs& images, double temperature) {
  Calibration calibration;
  calibration.add(images.probabilities(temperature), images.targets);
  return calibration;
}

double mean_loss(const ImageOutputs& images, double temperature) {
  return images.log_losses(temperature).mean().item<double>();
}

// Of class k against the rest.
RankCurve rank_curve(const ImageOutputs& images, double temperature, std::int64_t k) {
  const torch::Tensor& targets = images.targets;
  const torch::Tensor truth = targets.dim() == 2
                                  ? targets.select(1, k).to(torch::kInt64)
                                  : targets.eq(k).to(torch::kInt64).masked_fill(targets.eq(kIgnore), kIgnore);
  RankCurve curve;
  curve.add(truth, images.probabilities(temperature).select(1, k));
  return curve;
}

// At most kMostPoints of them, both ends among them.
ReportCurve thinned(ReportCurve curve) {
  const std::size_t size = curve.points.size();
  if (size <= kMostPoints) return curve;
  std::vector<std::pair<double, double>> points;
  for (std::size_t i = 0; i < kMostPoints; ++i)
    points.push_back(curve.points[i * (size - 1) / (kMostPoints - 1)]);
  curve.points = std::move(points);
  return curve;
}

ReportCurve reliability(const std::string& name, const Calibration& calibration) {
  ReportCurve curve{name, {}};
  for (const Calibration::Bin& bin : calibration.bins()) {
    if (bin.count > 0) curve.points.emplace_back(bin.confidence, bin.accuracy);
  }
  return curve;
}

// How much stands behind each point of the reliability.
ReportCurve shares(const std::string& name, const Calibration& calibration) {
  ReportCurve curve{name, {}};
  double total = 0;
  for (const Calibration::Bin& bin : calibration.bins()) total += static_cast<double>(bin.count);
  for (const Calibration::Bin& bin : calibration.bins()) {
    if (bin.count > 0) curve.points.emplace_back(bin.confidence, static_cast<double>(bin.count) / total);
  }
  return curve;
}

void add_rank_plots(const EvaluatedRun& run, Report& report) {
  ReportPlot roc{.title = "ROC", .x = "false positive rate", .y = "true positive rate", .diagonal = true};
  ReportPlot pr{.title = "Precision and recall", .x = "recall", .y = "precision"};
  for (std::size_t k = 0; k < run.recipe.classes.size(); ++k) {
    const RankCurve curve = rank_curve(*run.images, run.model.card.temperature, static_cast<std::int64_t>(k));
    const std::string& name = run.recipe.classes[k].name;
    ReportCurve rates{name + ", area " + score_cell_text(curve.roc_auc()), {}};
    ReportCurve precision{name + ", area " + score_cell_text(curve.pr_auc()), {}};
    for (const RankCurve::Point& point : curve.curve()) {
      rates.points.emplace_back(point.false_positive, point.recall);
      precision.points.emplace_back(point.recall, point.precision);
    }
    roc.curves.push_back(thinned(std::move(rates)));
    pr.curves.push_back(thinned(std::move(precision)));
  }
  report.plots.push_back(std::move(roc));
  report.plots.push_back(std::move(pr));
}

// The metrics beside the report's own rows.
std::vector<std::pair<std::string, double>> further_values(const EvaluatedRun& run) {
  auto values = run.scored->scores.values();
  std::erase_if(values, [](const auto& each) {
    const std::string& name = each.first;
    return name.starts_with("precision/") || name.starts_with("recall/") || name.starts_with("f1/") ||
           name.starts_with("macro_") || name.starts_with("weighted_");
  });
  return values;
}

}  // namespace

std::string image_scores_text(const EvaluatedRun& run) {
  std::string text = to_text(run.scored->scores.report(), 4) + "\n";
  Table table({"score", "value"});
  for (const auto& [name, value] : further_values(run)) table.add({name, score_cell_text(value)});
  const double temperature = run.model.card.temperature;
  const Calibration calibration = calibration_of(*run.images, temperature);
  table.add({"expected calibration error", score_cell_text(calibration.ece())});
  table.add({"negative log likelihood", score_cell_text(mean_loss(*run.images, temperature))});
  table.add({"temperature", score_cell_text(temperature)});
  return text + table.text();
}

void add_image_report(const EvaluatedRun& run, Report& report) {
  const double temperature = run.model.card.temperature;
  const Calibration now = calibration_of(*run.images, temperature);
  report.facts.emplace_back("Expected calibration error", score_cell_text(now.ece()));
  report.facts.emplace_back("Largest calibration error", score_cell_text(now.largest_error()));
  report.facts.emplace_back("Negative log likelihood", score_cell_text(mean_loss(*run.images, temperature)));
  report.facts.emplace_back("Temperature", score_cell_text(temperature));
  add_rank_plots(run, report);
  ReportPlot plot{.title = "Reliability", .x = "confidence", .y = "share that is right", .diagonal = true};
  plot.curves.push_back(reliability("as used", now));
  if (temperature != 1)
    plot.curves.push_back(reliability("without temperature", calibration_of(*run.images, 1)));
  plot.curves.push_back(shares("share of all predictions", now));
  report.plots.push_back(std::move(plot));
}

std::string calibrate(EvaluatedRun& run, ProgressObserver& observer) {
  if (!labels_images(run.data.labels.task))
    throw ConfigError("--calibrate: " + run.recipe.name +
                      " labels pixels; temperatures are fitted to networks that label whole images");
  evaluate_part(run, "val", false, observer);
  const double before = calibration_of(*run.images, 1).ece();
  const double temperature = fit_temperature(*run.images);
  run.model.card.temperature = temperature;
  save_model(run.folder.best(), *run.model.model, run.model.card);
  return "temperature " + fixed(temperature, 4) + ", fitted on " +
         counted(run.images->logits.size(0), "image") +
         " of the validation part: expected calibration error there from " + fixed(before, 4) + " to " +
         fixed(calibration_of(*run.images, temperature).ece(), 4);
}

ReportTable gate_table(const EvaluatedRun& run) {
  using Best = ReportColumn::Best;
  ReportTable table{.title = "Gate",
                    .caption = "The same images behind the gate and without it.",
                    .row_heading = "Score",
                    .columns = {{"alone"}, {"behind the gate"}, {"difference", Best::kNone}},
                    .rows = {}};
  const auto with = run.scored->scores.values();
  const auto without = run.ungated->values();
  for (std::size_t i = 0; i < with.size(); ++i) {
    const double change = with[i].second - without[i].second;
    table.rows.push_back({with[i].first,
                          {{score_cell_text(without[i].second), without[i].second},
                           {score_cell_text(with[i].second), with[i].second},
                           {(change > 0 ? "+" : "") + score_cell_text(change), change}}});
  }
  return table;
}

std::string gate_text(const EvaluatedRun& run) {
  const ReportTable compared = gate_table(run);
  Table table({"", "alone", "behind the gate", "difference"});
  for (const auto& [name, cells] : compared.rows)
    table.add({name, cells[0].text, cells[1].text, cells[2].text});
  std::string closed;
  for (std::size_t k = 0; k < run.gated.size(); ++k) {
    closed += (closed.empty() ? "the gate closed " : ", ") + run.recipe.classes[k].name + " in " +
              counted(run.gated[k], "image");
  }
  return table.text() + closed + "\n";
}

}  // namespace nadir
