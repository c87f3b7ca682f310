// Runs a target over changed inputs for NADIR_FUZZ_SECONDS (60), the same ones in every run. Fails on a
// crash, on any error but nadir::Error, on an input that takes seconds, and on memory that no input here can
// justify. The input at fault stays in fuzz-NAME.input; `fuzz_NAME FILE…` reads files once more.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>

#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"
#include "nadir/error.h"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr unsigned kMostSeconds = 10;              // for one input
constexpr std::uint64_t kMostMemory = 1ULL << 30;  // beyond what the program has when it begins

void on_signal(int signal) {
  const char* text =
      signal == SIGALRM ? "an input takes too long; it is kept\n" : "crashed; the input is kept\n";
  if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) ::_exit(3);
  ::_exit(2);
}

constexpr bool kSanitized =
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    true;
#else
    false;
#endif
#else
    false;
#endif

// Sanitizers reserve terabytes of addresses, and have limits of their own.
void limit_memory() {
  if (kSanitized) return;
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const std::uint64_t limit = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) + kMostMemory;
  const rlimit limits{limit, limit};
  ::setrlimit(RLIMIT_AS, &limits);
}

double seconds_to_run() {
  const char* given = std::getenv("NADIR_FUZZ_SECONDS");
  return given == nullptr ? 60 : std::strtod(given, nullptr);
}

enum class Outcome { kAccepted, kRefused, kFailed };

Outcome read(const nadir::FuzzTarget& target, const fs::path& file) {
  ::alarm(kMostSeconds);
  try {
    target.read(file);
    return Outcome::kAccepted;
  } catch (const nadir::Error&) {
    return Outcome::kRefused;
  } catch (const std::exception& error) {
    std::cerr << target.name << ": not a nadir::Error: " << error.what() << "\n";
    return Outcome::kFailed;
  }
}

Outcome read_bytes(const nadir::FuzzTarget& target, const std::string& bytes, const fs::path& file) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  const Outcome outcome = read(target, file);
  if (outcome == Outcome::kFailed) std::cerr << "the input is kept in " << file.string() << "\n";
  return outcome;
}

int run_changed_inputs(const nadir::FuzzTarget& target) {
  const fs::path file = fs::current_path() / ("fuzz-" + target.name + ".input");
  for (const std::string& seed : target.corpus) {
    if (read_bytes(target, seed, file) != Outcome::kAccepted) {
      std::cerr << target.name << ": a good input is refused\n";
      return 1;
    }
  }
  const nadir::RandomStream random = nadir::RandomStream(1).child(target.name);
  const auto end = Clock::now() + std::chrono::duration<double>(seconds_to_run());
  std::uint64_t inputs = 0, accepted = 0;
  for (; Clock::now() < end; ++inputs) {
    const Outcome outcome = read_bytes(target, nadir::mutate(target.corpus, random.child(inputs)), file);
    if (outcome == Outcome::kFailed) return 1;
    if (outcome == Outcome::kAccepted) ++accepted;
  }
  fs::remove(file);
  std::cout << target.name << ": " << inputs << " changed inputs, " << accepted << " of them accepted\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM}) std::signal(signal, on_signal);
  const nadir::FuzzTarget target = nadir::fuzz_target();
  limit_memory();
  if (argc < 2) return run_changed_inputs(target);
  for (int i = 1; i < argc; ++i) {
    const Outcome outcome = read(target, argv[i]);
    std::cout << argv[i] << ": " << (outcome == Outcome::kAccepted ? "accepted" : "refused") << "\n";
    if (outcome == Outcome::kFailed) return 1;
  }
  return 0;
}
