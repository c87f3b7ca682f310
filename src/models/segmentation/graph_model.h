// A segmentation network that is a graph: pads the image, runs, crops.
#pragma once

#include "models/blocks/graph.h"
#include "nadir/model.h"

namespace nadir {

class GraphModel : public Model {
 public:
  ModelOutput forward(const torch::Tensor& image) override;
  // Full names of a part's layers, as Keras's `layers` counts them; none where it is no section of the graph.
  std::vector<std::string> keras_layers(const std::string& part) const;

 protected:
  explicit GraphModel(std::int64_t multiple) : multiple_(multiple) {}
  Graph graph_;
  std::vector<Graph::Value> outputs_;  // auxiliary ones first, the logits last

 private:
  std::int64_t multiple_;  // of the sides of the image that the graph takes
};

}  // namespace nadir
