#include "models/views/observe.h"

namespace nadir {
namespace {

struct Watch {
  OperationObserver* observer;
  int inside = 0;  // operations that were told and have not ended
};

// The callbacks of at::RecordFunction are plain functions; one watch runs in a thread at a time.
thread_local Watch* active = nullptr;

struct Told final : at::ObserverContext {
  bool told = false;
};

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& call) {
  auto context = std::make_unique<Told>();
  if (!active || active->inside > 0 || !active->observer->enter(call)) return context;
  context->told = true;
  ++active->inside;
  return context;
}

void on_end(const at::RecordFunction& call, at::ObserverContext* context) {
  const auto* mine = static_cast<const Told*>(context);
  if (!active || !mine || !mine->told) return;
  --active->inside;
  active->observer->leave(call);
}

class Watching {
 public:
  explicit Watching(Watch& watch)
      : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(on_start, on_end)
                                               .needsInputs(true)
                                               .needsOutputs(true)
                                               .scopes({at::RecordScope::FUNCTION}))) {
    active = &watch;
  }
  ~Watching() {
    at::removeCallback(handle_);
    active = nullptr;
  }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace

std::string operation_name(const at::RecordFunction& call) {
  const std::string name = call.name();
  return name.substr(name.rfind(':') + 1);
}

std::string module_of(const std::string& parameter) {
  const std::size_t dot = parameter.rfind('.');
  return dot == std::string::npos ? "" : parameter.substr(0, dot);
}

ModelOutput observe_forward(Model& model, const torch::Tensor& image, OperationObserver& observer) {
  const bool was_training = model.is_training();
  model.eval();
  ModelOutput output;
  {
    Watch watch{&observer};
    const Watching watching(watch);
    output = model.forward(image);
  }
  model.train(was_training);
  return output;
}

}  // namespace nadir
