#include "models/views/stages.h"

#include <map>

#include "models/views/observe.h"

namespace nadir {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Operations that decide at which resolution they are; others, such as reshaping for attention, stay at that
// of what they read.
bool sets_resolution(const std::string& operation, bool has_parameters) {
  return has_parameters || contains(operation, "pool") || contains(operation, "upsample") ||
         operation == "mean" || operation == "cat";
}

// Of what an operation gives: the last dimension where it works on that one, as Swin's layers do.
std::int64_t channels_of(const std::string& operation, const torch::Tensor& map, bool joins_last) {
  const bool last = operation == "linear" || operation == "layer_norm" || joins_last || map.dim() != 4;
  return last ? map.size(-1) : map.size(1);
}

bool is_named(const std::string& operation) {
  for (const char* part : {"conv", "linear", "norm", "pool", "upsample", "attention", "relu", "silu", "elu",
                           "cat", "sigmoid", "gelu"}) {
    if (contains(operation, part)) return true;
  }
  return false;
}

class StageTrace final : public OperationObserver {
 public:
  StageTrace(const Model& model, const torch::Tensor& image) {
    for (const auto& item : model.named_parameters()) {
      owners_[item.value().unsafeGetTensorImpl()] = module_of(item.key());
      sizes_[module_of(item.key())] += item.value().numel();
    }
    producers_[image.unsafeGetTensorImpl()] = kImage;
  }

  bool enter(const at::RecordFunction& call) override {
    inputs_.clear();
    module_.reset();
    most_pixels_ = 0;
    joins_last_ = operation_name(call) == "cat" && call.inputs().back().isInt() &&
                  (call.inputs().back().toInt() == -1 || call.inputs().back().toInt() == 3);
    for (const c10::IValue& input : call.inputs()) {
      if (input.isTensor()) read(input.toTensor());
      if (input.isTensorList()) {
        for (const torch::Tensor& each : input.toTensorVector()) read(each);
      }
    }
    return !inputs_.empty() || module_;
  }

  void leave(const at::RecordFunction& call) override {
    std::vector<torch::Tensor> outputs;
    for (const c10::IValue& output : call.outputs()) {
      if (output.isTensor()) outputs.push_back(output.toTensor());
      if (output.isTensorList()) {
        for (const torch::Tensor& each : output.toTensorVector()) outputs.push_back(each);
      }
    }
    if (outputs.empty() || !outputs[0].defined() || outputs[0].dim() < 2) return;
    if (inputs_.empty()) {  // a linear layer transposes its weight first
      owners_[outputs[0].unsafeGetTensorImpl()] = *module_;
      alive_.push_back(outputs[0]);
      return;
    }
    std::string operation = operation_name(call);
    if (module_ && (operation == "matmul" || operation == "addmm")) operation = "linear";
    const bool resolves = sets_resolution(operation, module_.has_value());
    const std::int64_t pixels =
        resolves
            ? outputs[0].numel() / std::max<std::int64_t>(1, channels_of(operation, outputs[0], joins_last_))
            : most_pixels_;
    const std::size_t stage = place(pixels, resolves);
    note(stages_[stage], operation, outputs[0], resolves);
    for (const torch::Tensor& each : outputs) {
      producers_[each.unsafeGetTensorImpl()] = stage;
      alive_.push_back(each);
    }
  }

  std::vector<Stage> take() { return std::move(stages_); }

 private:
  static constexpr std::size_t kImage = static_cast<std::size_t>(-1);

  void read(const torch::Tensor& tensor) {
    if (!tensor.defined()) return;
    const c10::TensorImpl* const key = tensor.unsafeGetTensorImpl();
    if (const auto owner = owners_.find(key); owner != owners_.end()) module_ = owner->second;
    const auto producer = producers_.find(key);
    if (producer == producers_.end()) return;
    inputs_.insert(producer->second);
    const bool image = producer->second == kImage;
    most_pixels_ =
        std::max(most_pixels_, image ? tensor.numel() / tensor.size(1) : stages_[producer->second].pixels);
  }

  bool depends(std::size_t stage, std::size_t on) const {
    if (stage == on) return true;
    if (stage < on) return false;
    for (const std::size_t each : stages_[stage].inputs) {
      if (depends(each, on)) return true;
    }
    return false;
  }

  // Whether a layer that reads inputs_ can be part of the stage: nothing that it reads comes after the stage.
  bool can_join(std::size_t stage) const {
    for (const std::size_t each : inputs_) {
      if (each != kImage && each != stage && depends(each, stage)) return false;
    }
    return true;
  }

  // What is made from one stage alone and goes back to it, as squeeze-and-excitation, the reduced keys of
  // attention or its padded windows, is part of it.
  std::optional<std::size_t> absorb(std::int64_t pixels) {
    if (inputs_.size() != 2 || inputs_.contains(kImage)) return {};
    const std::size_t main = *inputs_.begin();
    if (stages_[main].pixels != pixels) return {};
    std::vector<std::size_t> chain;  // the latest stages, from the last one back
    for (std::size_t at = *inputs_.rbegin(); at != main; at = *stages_[at].inputs.begin()) {
      if (at < main || stages_[at].inputs.size() != 1 || at + 1 + chain.size() != stages_.size()) return {};
      chain.push_back(at);
    }
    if (chain.size() > 1) {  // not a way down and up again
      for (const std::size_t each : chain) {
        if (has_convolution(stages_[each])) return {};
      }
    }
    for (const std::size_t each : chain) move_last_into(main, each);
    return main;
  }

  static bool has_convolution(const Stage& stage) {
    return std::any_of(stage.operations.begin(), stage.operations.end(), [](const auto& operation) {
      return contains(operation.first, "conv") || contains(operation.first, "upsample");
    });
  }

  void move_last_into(std::size_t main, std::size_t last) {
    for (const auto& [operation, count] : stages_[last].operations)
      count_operation(stages_[main], operation, count);
    for (const std::string& each : stages_[last].modules) add_module(stages_[main], each);
    stages_[main].parameters += stages_[last].parameters;
    stages_.pop_back();
    for (auto& [key, stage] : producers_) {
      if (stage == last) stage = main;
    }
  }

  std::size_t place(std::int64_t pixels, bool resolves) {
    if (!resolves) {
      if (const auto main = absorb(pixels)) return *main;
    }
    for (auto each = inputs_.rbegin(); each != inputs_.rend(); ++each) {
      if (*each != kImage && stages_[*each].pixels == pixels && can_join(*each)) {
        add_inputs(*each);
        return *each;
      }
    }
    for (std::size_t i = stages_.size(); i-- > 0;) {  // a second path between the same stages
      if (stages_[i].pixels == pixels && stages_[i].inputs == without_image() && can_join(i)) return i;
    }
    stages_.push_back({});
    stages_.back().pixels = pixels;
    stages_.back().inputs = without_image();
    return stages_.size() - 1;
  }

  std::set<std::size_t> without_image() const {
    std::set<std::size_t> found = inputs_;
    found.erase(kImage);
    return found;
  }
  void add_inputs(std::size_t stage) {
    for (const std::size_t each : without_image()) {
      if (each != stage) stages_[stage].inputs.insert(each);
    }
  }
  static void add_module(Stage& stage, const std::string& module) {
    if (std::find(stage.modules.begin(), stage.modules.end(), module) == stage.modules.end())
      stage.modules.push_back(module);
  }
  static void count_operation(Stage& stage, const std::string& operation, std::int64_t count) {
    for (auto& [name, times] : stage.operations) {
      if (name == operation) {
        times += count;
        return;
      }
    }
    stage.operations.emplace_back(operation, count);
  }

  void note(Stage& stage, const std::string& operation, const torch::Tensor& output, bool resolves) {
    if (resolves) stage.output = output.sizes().vec();
    if (is_named(operation)) count_operation(stage, operation, 1);
    if (!module_) return;
    add_module(stage, *module_);
    stage.parameters += std::exchange(sizes_[*module_], 0);
  }

  std::map<const c10::TensorImpl*, std::string> owners_;
  std::map<std::string, std::int64_t> sizes_;  // of modules that no stage has counted yet
  std::map<const c10::TensorImpl*, std::size_t> producers_;
  std::vector<torch::Tensor> alive_;  // so that no two tensors have one address
  std::vector<Stage> stages_;
  std::set<std::size_t> inputs_;  // of the operation under way
  std::optional<std::string> module_;
  std::int64_t most_pixels_ = 0;
  bool joins_last_ = false;  // it is a concatenation over the last dimension of maps
};

// Keras cuts a row and a column off what a transposed convolution gives.
bool same_resolution(const Stage& from, const Stage& to) {
  if (from.pixels == to.pixels) return true;
  const auto &a = from.output, &b = to.output;
  return a.size() == 4 && b.size() == 4 && a[2] == b[2] + 1 && a[3] == b[3] + 1;
}

// Stages that only feed another one of the same resolution, and continue none, are where that one begins.
void join_beginnings(std::vector<Stage>& stages) {
  for (std::size_t i = 0; i + 1 < stages.size();) {
    std::vector<std::size_t> readers;
    for (std::size_t j = i + 1; j < stages.size(); ++j) {
      if (stages[j].inputs.contains(i)) readers.push_back(j);
    }
    bool continues = false;
    for (const std::size_t each : stages[i].inputs) continues |= stages[each].pixels == stages[i].pixels;
    if (readers.size() != 1 || continues || !same_resolution(stages[i], stages[readers[0]])) {
      ++i;
      continue;
    }
    Stage& next = stages[readers[0]];
    next.inputs.erase(i);
    next.inputs.insert(stages[i].inputs.begin(), stages[i].inputs.end());
    next.modules.insert(next.modules.begin(), stages[i].modules.begin(), stages[i].modules.end());
    next.operations.insert(next.operations.begin(), stages[i].operations.begin(), stages[i].operations.end());
    next.parameters += stages[i].parameters;
    stages.erase(stages.begin() + static_cast<std::ptrdiff_t>(i));
    for (Stage& stage : stages) {
      std::set<std::size_t> moved;
      for (const std::size_t each : stage.inputs) moved.insert(each > i ? each - 1 : each);
      stage.inputs = std::move(moved);
    }
  }
}

}  // namespace

std::vector<Stage> find_stages(Model& model, const torch::Tensor& image) {
  StageTrace trace(model, image);
  const torch::NoGradGuard no_grad;
  observe_forward(model, image, trace);
  std::vector<Stage> stages = trace.take();
  join_beginnings(stages);
  return stages;
}

}  // namespace nadir
