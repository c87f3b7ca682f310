// What evaluate and the report show of networks that label whole images, and of gates before maps.
#pragma once

#include <string>

#include "run_report.h"

namespace nadir {

// scikit-learn's table, areas under curves, calibration: for the terminal.
std::string image_scores_text(const EvaluatedRun& run);
// Calibration as facts; ROC, precision-recall and reliability curves.
void add_image_report(const EvaluatedRun& run, Report& report);

// Fits the temperature on the validation part and stores it in the model file of the run. Gives a sentence on
// what it does. Throws ConfigError for runs that label pixels and for those without a validation part.
std::string calibrate(EvaluatedRun& run, ProgressObserver& observer);

// Every score behind the gate and without it.
ReportTable gate_table(const EvaluatedRun& run);
// The same for the terminal, and how often the gate closed.
std::string gate_text(const EvaluatedRun& run);

}  // namespace nadir
