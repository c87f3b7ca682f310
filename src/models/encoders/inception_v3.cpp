#include "models/encoders/inception_v3.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"

namespace nadir {
namespace {

using torch::Tensor;

struct UnitShape {
  std::array<std::int64_t, 2> kernel = {1, 1};
  std::int64_t stride = 1;
};
constexpr UnitShape k1x1{}, k3x3{{3, 3}}, k5x5{{5, 5}}, kDown{{3, 3}, 2};
constexpr UnitShape k1x3{{1, 3}}, k3x1{{3, 1}}, k1x7{{1, 7}}, k7x1{{7, 1}};

// Convolution, batch norm, ReLU.
class UnitImpl : public torch::nn::Module {
 public:
  UnitImpl(std::int64_t in, std::int64_t out, const UnitShape& shape) {
    const auto [height, width] = shape.kernel;
    conv_ = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, {height, width})
                                                          .stride(shape.stride)
                                                          .padding({height / 2, width / 2})
                                                          .bias(false)));
    bn_ = register_module("bn", batch_norm(out, {.eps = 1e-3}));
    torch::nn::init::normal_(conv_->weight, 0, 0.1);
  }
  Tensor forward(const Tensor& x) { return bn_(conv_(x)).relu_(); }

 private:
  torch::nn::Conv2d conv_{nullptr};
  torch::nn::BatchNorm2d bn_{nullptr};
};
TORCH_MODULE(Unit);

Tensor halve(const Tensor& x) { return torch::max_pool2d(x, 3, 2, 1); }
Tensor blur(const Tensor& x) { return torch::avg_pool2d(x, 3, 1, 1); }

// What the paper's modules have in common: units with torchvision's names.
class MixedImpl : public torch::nn::Module {
 public:
  virtual Tensor forward(const Tensor& x) = 0;

 protected:
  Unit unit(const std::string& name, std::int64_t in, std::int64_t out, const UnitShape& shape = k1x1) {
    return register_module(name, Unit(in, out, shape));
  }
};
using Mixed = std::shared_ptr<MixedImpl>;

// Small kernels; `pooled` channels after the mean.
class MixedA final : public MixedImpl {
 public:
  MixedA(std::int64_t in, std::int64_t pooled)
      : one_(unit("branch1x1", in, 64)),
        five1_(unit("branch5x5_1", in, 48)),
        five2_(unit("branch5x5_2", 48, 64, k5x5)),
        double1_(unit("branch3x3dbl_1", in, 64)),
        double2_(unit("branch3x3dbl_2", 64, 96, k3x3)),
        double3_(unit("branch3x3dbl_3", 96, 96, k3x3)),
        pool_(unit("branch_pool", in, pooled)) {}
  Tensor forward(const Tensor& x) override {
    return torch::cat({one_(x), five2_(five1_(x)), double3_(double2_(double1_(x))), pool_(blur(x))}, 1);
  }

 private:
  Unit one_, five1_, five2_, double1_, double2_, double3_, pool_;
};

class HalveA final : public MixedImpl {
 public:
  explicit HalveA(std::int64_t in)
      : three_(unit("branch3x3", in, 384, kDown)),
        double1_(unit("branch3x3dbl_1", in, 64)),
        double2_(unit("branch3x3dbl_2", 64, 96, k3x3)),
        double3_(unit("branch3x3dbl_3", 96, 96, kDown)) {}
  Tensor forward(const Tensor& x) override {
    return torch::cat({three_(x), double3_(double2_(double1_(x))), halve(x)}, 1);
  }

 private:
  Unit three_, double1_, double2_, double3_;
};

// 7x7 kernels taken apart into rows and columns, `m` channels between.
class MixedB final : public MixedImpl {
 public:
  MixedB(std::int64_t in, std::int64_t m)
      : one_(unit("branch1x1", in, 192)),
        seven1_(unit("branch7x7_1", in, m)),
        seven2_(unit("branch7x7_2", m, m, k1x7)),
        seven3_(unit("branch7x7_3", m, 192, k7x1)),
        double1_(unit("branch7x7dbl_1", in, m)),
        double2_(unit("branch7x7dbl_2", m, m, k7x1)),
        double3_(unit("branch7x7dbl_3", m, m, k1x7)),
        double4_(unit("branch7x7dbl_4", m, m, k7x1)),
        double5_(unit("branch7x7dbl_5", m, 192, k1x7)),
        pool_(unit("branch_pool", in, 192)) {}
  Tensor forward(const Tensor& x) override {
    const Tensor twice = double5_(double4_(double3_(double2_(double1_(x)))));
    return torch::cat({one_(x), seven3_(seven2_(seven1_(x))), twice, pool_(blur(x))}, 1);
  }

 private:
  Unit one_, seven1_, seven2_, seven3_, double1_, double2_, double3_, double4_, double5_, pool_;
};

class HalveB final : public MixedImpl {
 public:
  explicit HalveB(std::int64_t in)
      : three1_(unit("branch3x3_1", in, 192)),
        three2_(unit("branch3x3_2", 192, 320, kDown)),
        seven1_(unit("branch7x7x3_1", in, 192)),
        seven2_(unit("branch7x7x3_2", 192, 192, k1x7)),
        seven3_(unit("branch7x7x3_3", 192, 192, k7x1)),
        seven4_(unit("branch7x7x3_4", 192, 192, kDown)) {}
  Tensor forward(const Tensor& x) override {
    return torch::cat({three2_(three1_(x)), seven4_(seven3_(seven2_(seven1_(x)))), halve(x)}, 1);
  }

 private:
  Unit three1_, three2_, seven1_, seven2_, seven3_, seven4_;
};

// Branches that end in a row and a column side by side.
class MixedC final : public MixedImpl {
 public:
  explicit MixedC(std::int64_t in)
      : one_(unit("branch1x1", in, 320)),
        three1_(unit("branch3x3_1", in, 384)),
        row_(unit("branch3x3_2a", 384, 384, k1x3)),
        column_(unit("branch3x3_2b", 384, 384, k3x1)),
        double1_(unit("branch3x3dbl_1", in, 448)),
        double2_(unit("branch3x3dbl_2", 448, 384, k3x3)),
        double_row_(unit("branch3x3dbl_3a", 384, 384, k1x3)),
        double_column_(unit("branch3x3dbl_3b", 384, 384, k3x1)),
        pool_(unit("branch_pool", in, 192)) {}
  Tensor forward(const Tensor& x) override {
    const Tensor three = three1_(x), twice = double2_(double1_(x));
    return torch::cat(
        {one_(x), row_(three), column_(three), double_row_(twice), double_column_(twice), pool_(blur(x))}, 1);
  }

 private:
  Unit one_, three1_, row_, column_, double1_, double2_, double_row_, double_column_, pool_;
};

class InceptionV3 final : public Encoder {
 public:
  explicit InceptionV3(std::int64_t bands) {
    stem_ = {unit("Conv2d_1a_3x3", bands, 32, kDown), unit("Conv2d_2a_3x3", 32, 32, k3x3),
             unit("Conv2d_2b_3x3", 32, 64, k3x3), unit("Conv2d_3b_1x1", 64, 80, k1x1),
             unit("Conv2d_4a_3x3", 80, 192, k3x3)};
    eighth_ = {mixed<MixedA>("Mixed_5b", 192, 32), mixed<MixedA>("Mixed_5c", 256, 64),
               mixed<MixedA>("Mixed_5d", 288, 64)};
    sixteenth_ = {mixed<HalveA>("Mixed_6a", 288), mixed<MixedB>("Mixed_6b", 768, 128),
                  mixed<MixedB>("Mixed_6c", 768, 160), mixed<MixedB>("Mixed_6d", 768, 160),
                  mixed<MixedB>("Mixed_6e", 768, 192)};
    last_ = {mixed<HalveB>("Mixed_7a", 768), mixed<MixedC>("Mixed_7b", 1280),
             mixed<MixedC>("Mixed_7c", 2048)};
  }
  std::vector<Tensor> forward(const Tensor& image) override {
    const Tensor half = stem_[2](stem_[1](stem_[0](image)));
    const Tensor quarter = stem_[4](stem_[3](halve(half)));
    const Tensor eighth = run(eighth_, halve(quarter));
    const Tensor sixteenth = run(sixteenth_, eighth);
    return {half, quarter, eighth, sixteenth, run(last_, sixteenth)};
  }
  std::vector<std::int64_t> channels() const override { return {64, 192, 288, 768, 2048}; }
  std::string first_convolution() const override { return "Conv2d_1a_3x3.conv"; }

 private:
  Unit unit(const std::string& name, std::int64_t in, std::int64_t out, const UnitShape& shape) {
    return register_module(name, Unit(in, out, shape));
  }
  template <class Kind, class... Channels>
  Mixed mixed(const std::string& name, Channels... channels) {
    return register_module(name, std::make_shared<Kind>(channels...));
  }
  static Tensor run(const std::vector<Mixed>& modules, Tensor x) {
    for (const Mixed& each : modules) x = each->forward(x);
    return x;
  }

  std::vector<Unit> stem_;
  std::vector<Mixed> eighth_, sixteenth_, last_;
};

}  // namespace

std::shared_ptr<Encoder> make_inception_v3(const EncoderShape& shape) {
  return std::make_shared<InceptionV3>(shape.bands);
}

}  // namespace nadir
