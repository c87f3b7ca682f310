#!/usr/bin/env python3
"""nadir's denoising step beside diffusers', in turns: Stable Diffusion 2.1's U-Net at random weights, batch 2.

    denoise.py [--build build/release] [--side 64] [--rounds 3] [--turns 2] [--precision fp32 bf16]

Wants torch and diffusers. Weights are random: time does not depend on them. Compare ratios, not seconds.
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
parser.add_argument("--side", type=int, default=64)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--turns", type=int, default=2)
parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"], choices=("fp32", "bf16"))
parser.add_argument("--peer", help=argparse.SUPPRESS)  # this process is diffusers, at a precision
args = parser.parse_args()


def peer(precision):
    import torch
    from diffusers import UNet2DConditionModel

    torch.manual_seed(0)
    kind = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    unet = UNet2DConditionModel(sample_size=96, cross_attention_dim=1024, attention_head_dim=[5, 10, 20, 20],
                                use_linear_projection=True).to(kind).eval()
    latents = torch.randn(2, 4, args.side, args.side).to(kind)
    text, times = torch.randn(2, 77, 1024).to(kind), []
    with torch.no_grad():
        for _ in range(args.rounds + 1):
            start = time.perf_counter()
            unet(latents, 500, encoder_hidden_states=text)
            times.append(time.perf_counter() - start)
    print(f"diffusers {precision}, {args.side} x {args.side}: {statistics.median(times[1:]):.3f} s a step")


def seconds(*command):
    line = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout.strip()
    print(line, flush=True)
    return float(re.search(r"([\d.]+) s a step", line)[1])


if args.peer:
    peer(args.peer)
    sys.exit()
for precision in args.precision:
    own, other = [], []
    for _ in range(args.turns):
        own.append(seconds(args.build / "bench/denoise_bench", args.side, args.rounds, precision))
        other.append(seconds(sys.executable, __file__, "--peer", precision, "--side", args.side, "--rounds", args.rounds))
    print(f"{precision}: diffusers takes {statistics.median(other) / statistics.median(own):.2f} times nadir's time")
