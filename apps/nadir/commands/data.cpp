#include "commands/data.h"

#include "commands/data_demo_clouds.h"
#include "commands/data_index.h"
#include "commands/data_inspect.h"
#include "commands/data_patches.h"
#include "commands/data_prepare.h"
#include "commands/data_preview.h"
#include "commands/data_resize.h"
#include "commands/data_split.h"
#include "commands/data_stats.h"

namespace nadir {

void add_data_commands(CLI::App& app, std::vector<std::unique_ptr<Command>>& commands, Command*& chosen) {
  CLI::App* data = app.add_subcommand("data", "Look at data, check it, make labels from band indices");
  data->require_subcommand(1);
  data->footer("Begin with `nadir data COMMAND --help`.");
  add_command<DataDemoCloudsCommand>(*data, commands, chosen);
  add_command<DataIndexCommand>(*data, commands, chosen);
  add_command<DataInspectCommand>(*data, commands, chosen);
  add_command<DataPatchesCommand>(*data, commands, chosen);
  add_command<DataPrepareCommand>(*data, commands, chosen);
  add_command<DataPreviewCommand>(*data, commands, chosen);
  add_command<DataResizeCommand>(*data, commands, chosen);
  add_command<DataSplitCommand>(*data, commands, chosen);
  add_command<DataStatsCommand>(*data, commands, chosen);
}

}  // namespace nadir
