#!/usr/bin/env python3
"""Steps of nadir's networks beside the same networks in PyTorch, in turns in one run; a Markdown table.

A step is a forward pass without gradients, nadir's as `nadir predict` runs it, or a training step: forward,
cross-entropy, backward, Adam. Eager is PyTorch in float32 as it comes, NCHW. All other columns are its time over theirs:
above 1 is faster than eager.

  PYTHON bench/networks.py build/release/bench/step_bench
  PYTHON bench/networks.py build/release/bench/step_bench --nets enet esnet --sizes 128 --threads 1 --clock cpu

PYTHON needs torch; torchvision, timm and segmentation_models_pytorch for the networks that are theirs. Networks that
cannot be made are named, and left out.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

import twins

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("bench", help="the program step_bench")
parser.add_argument("--nets", nargs="+", default=list(twins.TWINS), help="known: " + ", ".join(twins.TWINS))
parser.add_argument("--sizes", type=int, nargs="+", default=[128, 256])
parser.add_argument("--what", nargs="+", choices=("forward", "train"), default=["forward", "train"])
parser.add_argument("--batch", type=int, default=8)
parser.add_argument("--threads", type=int, default=torch.get_num_threads())
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--warm", type=int, default=3, help="steps of each before those that count: nadir keeps memory, and "
                    "its first three steps get it from the system")
parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: of a machine that others use too")
parser.add_argument("--nadir-only", action="store_true", help="beside eager float32 nothing but nadir")
parser.add_argument("--compile", action="store_true", help="torch.compile too, fp32 and bf16 channels-last")
args = parser.parse_args()
torch.set_num_threads(args.threads)


def now():
    return time.perf_counter() if args.clock == "wall" else time.process_time()


class Eager:
    """A step of a PyTorch network."""

    def __init__(self, make, job, bf16, compiled=False):
        torch.manual_seed(1)
        self.bf16, self.train = bf16, job["what"] == "train"
        form = torch.channels_last if bf16 else torch.contiguous_format
        net = make().to(memory_format=form).train(self.train)
        self.net = torch.compile(net) if compiled else net
        self.image = torch.randn(args.batch, job["bands"], job["side"], job["side"]).contiguous(memory_format=form)
        self.parameters = sum(each.numel() for each in net.parameters())
        if self.train:
            self.adam = torch.optim.Adam(net.parameters(), 3e-4)
            sizes = [args.batch] + ([] if job["classifier"] else [job["side"], job["side"]])
            self.target = torch.randint(0, job["classes"], sizes)

    def run(self):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            outputs = self.net(self.image)
        return outputs if isinstance(outputs, (list, tuple)) else [outputs]

    def step(self):
        start = now()
        if self.train:
            self.adam.zero_grad()
            sum(F.cross_entropy(each.float(), self.target) for each in self.run()).backward()
            self.adam.step()
        else:
            with torch.no_grad():
                self.run()
        return now() - start


class Nadir:
    """A step of nadir's network, in a process of its own that waits while others run."""

    def __init__(self, job, precision):
        # What the program gives itself (apps/nadir/launcher.cpp).
        environment = dict(os.environ, OMP_NUM_THREADS=str(args.threads),
                           GOMP_SPINCOUNT=os.environ.get("GOMP_SPINCOUNT", "1000"),
                           GLIBC_TUNABLES="glibc.malloc.mmap_threshold=4294967296:"
                           "glibc.malloc.trim_threshold=8589934592:glibc.malloc.hugetlb=1")
        self.process = subprocess.Popen([args.bench, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)
        answer = self.ask("prepare {network} {bands} {classes} {side} {batch} {what} {precision} {options}".format(
            **job, batch=args.batch, precision=precision))
        self.parameters = int(answer.split()[1])

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            raise RuntimeError("nadir: " + (answer or "ended"))
        return answer

    def step(self):
        wall, cpu = map(float, self.ask("step").split())
        return wall if args.clock == "wall" else cpu

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(job, twin):
    steps = {"eager": Eager(twin.make, job, False), "nadir fp32": Nadir(job, "fp32"), "nadir bf16": Nadir(job, "bf16")}
    if not args.nadir_only:
        steps["eager bf16, channels-last"] = Eager(twin.make, job, True)
    if args.compile:
        steps["compiled fp32"] = Eager(twin.make, job, False, True)
        steps["compiled bf16"] = Eager(twin.make, job, True, True)
    for each in steps.values():
        for _ in range(args.warm):
            each.step()
    times = {name: [] for name in steps}
    for _ in range(args.rounds):
        for name, each in steps.items():
            times[name].append(each.step())
    for each in steps.values():
        if isinstance(each, Nadir):
            each.close()
    if steps["eager"].parameters != steps["nadir fp32"].parameters:
        print(f"{job['network']}: {steps['eager'].parameters:,} parameters in PyTorch, "
              f"{steps['nadir fp32'].parameters:,} in nadir", file=sys.stderr)
    return {name: statistics.median(values) for name, values in times.items()}


modes = ["nadir fp32", "nadir bf16"] + ([] if args.nadir_only else ["eager bf16, channels-last"]) + (
    ["compiled fp32", "compiled bf16"] if args.compile else [])
print(f"Batch {args.batch}, {args.threads} thread{'s' if args.threads > 1 else ''}, {args.clock} time, medians of "
      f"{args.rounds} rounds; torch {torch.__version__}.\n")
print("| network | step | side | eager, ms | " + " | ".join(modes) + " |")
print("|---|---|---|---|" + "---|" * len(modes), flush=True)
for name in args.nets:
    twin = twins.TWINS[name]
    for side in [twin.side] if twin.side else args.sizes:
        for what in args.what:
            job = dict(network=twin.network, options=twin.options, bands=3, classes=twin.classes, side=side, what=what,
                       classifier=twin.classifier)
            try:
                times = measure(job, twin)
            except Exception as problem:
                print(f"{name}, {side}, {what}: left out: {str(problem).splitlines()[0]}", file=sys.stderr)
                continue
            print(f"| {name} | {'forward' if what == 'forward' else 'training'} | {side} | {1e3 * times['eager']:.0f} | "
                  + " | ".join(f"{times['eager'] / times[mode]:.2f}" for mode in modes) + " |", flush=True)
