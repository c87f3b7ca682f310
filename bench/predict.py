#!/usr/bin/env python3
"""nadir's prediction beside the peers', in turns: the same job, the same machine, the same hour.

    predict.py PEERS [--build build/release] [--job unet|conv|networks|start] [--side 4096] [--threads 2] [--rounds 3]

PEERS is the folder of the peers' scripts (predict_raster.py, networks.py, startup.py); --python names the interpreter that has
their packages. Runs nadir's bench programs of the build folder and the peers' scripts one after the other, round after round,
and prints their lines; compare ratios, not seconds.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("peers", type=pathlib.Path)
parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
parser.add_argument("--python", default=sys.executable)
parser.add_argument("--job", choices=("unet", "conv", "networks", "start"), default="conv")
parser.add_argument("--side", type=int, default=4096)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--model", help="job start: a small model file")
args = parser.parse_args()
environment = dict(os.environ, OMP_NUM_THREADS=str(args.threads), GOMP_SPINCOUNT=os.environ.get("GOMP_SPINCOUNT", "1000"))


def run(*command):
    print("$", " ".join(map(str, command)), flush=True)
    subprocess.run(list(map(str, command)), check=True, env=environment)


def peer(script, *options):
    run(args.python, args.peers / script, *options)


with tempfile.TemporaryDirectory() as work:
    for _ in range(args.rounds):
        if args.job in ("unet", "conv"):
            net = "tiny" if args.job == "conv" else "unet"
            for precision in ("fp32", "bf16"):
                run(args.build / "bench/predict_bench", args.side, 1, args.job, precision)
            for engine in ("torch", "ov-bf16"):
                peer("predict_raster.py", "--size", args.side, "--variant", "band+io", "--engine", engine, "--net", net,
                     "--threads", args.threads, "--workdir", work)
        elif args.job == "networks":
            for side in (128, 256):
                run(args.build / "bench/inference_bench", "unet", side, 8, 5)
                peer("networks.py", "--nets", "unet", "--sizes", side, "--what", "infer", "--threads", args.threads, "--rounds", 5,
                     "--modes", "eager", "eager+cl", "folded+bf16+cl", "compile+cl", "ort", "ov-f32", "ov-bf16")
        else:
            program = args.build / "apps/nadir/nadir"
            peer("startup.py", "--rounds", 5, "--binary", program, "predict", args.model, "{image}", "-o", "{map}")
