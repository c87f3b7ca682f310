#include "console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

namespace nadir {
namespace {

constexpr int kBarWidth = 24;

std::string bar(double share) {
  const int filled = static_cast<int>(share * kBarWidth + 0.5);
  std::string text;
  for (int i = 0; i < kBarWidth; ++i) text += i < filled ? "━" : "╌";
  return text;
}

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string percent(double share) {
  const std::string number = std::to_string(static_cast<int>(share * 100));
  return std::string(3 - std::min<std::size_t>(3, number.size()), ' ') + number + "%";
}

}  // namespace

Console::Console() : terminal_(isatty(STDERR_FILENO) != 0) {}

Console::~Console() { clear_line(); }

void Console::clear_line() {
  if (line_shown_) std::cerr << "\r\x1b[K" << std::flush;
  line_shown_ = false;
}

void Console::progress(const Progress& progress) {
  const double share =
      progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 0;
  const auto now = std::chrono::steady_clock::now();
  if (terminal_) {
    const bool last = progress.done >= progress.total;
    if (!last && line_shown_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    std::string text = progress.stage + " " + bar(share) + " " + percent(share) + "  " + progress.text;
    // Bar characters are three bytes wide and one column: the line must not wrap, or it cannot be redrawn.
    const std::size_t columns = terminal_width() + 2 * kBarWidth - 1;
    if (text.size() > columns) text.resize(columns);
    std::cerr << "\r\x1b[K" << text << std::flush;
    line_shown_ = true;
    return;
  }
  // In a log: a line at each tenth, and none for stages that are over at once.
  if (progress.stage != logged_stage_) {
    logged_stage_ = progress.stage;
    logged_tenths_ = 0;
    last_ = now;
  }
  const int tenths = static_cast<int>(share * 10);
  if (tenths <= logged_tenths_ || now - last_ < std::chrono::seconds(5)) return;
  logged_tenths_ = tenths;
  last_ = now;
  std::cerr << progress.stage << " " << percent(share) << "  " << progress.text << "\n" << std::flush;
}

void Console::message(const std::string& line) {
  clear_line();
  std::cerr << line << "\n" << std::flush;
}

}  // namespace nadir
