// Several processes started together by mpirun, srun or the like.
#pragma once

#include <optional>

#include "nadir/predict.h"

namespace nadir {

// This process among them, from the environment that the launchers of Open MPI, MPICH and Slurm give it;
// nothing when it is alone. MPI itself is not needed: the processes meet in files.
std::optional<PredictShard> shard_of_environment();

}  // namespace nadir
