"""The asyncio peer's process: warms its program up, then does one round for every line it is sent. It ends when its input ends."""

import gc
import importlib
import json
import math
import sys
import time
import traceback

# CPython specialises a function within its first few calls, so that one run is enough.
WARM_UP_S = 0.1
# A round shorter than this is mostly noise, so a short program is repeated.
ROUND_S = 0.2


def reply(line):
    print(json.dumps(line), flush=True)


def timed(program, assignment):
    start = time.perf_counter()
    result = program(assignment["count"])
    took = time.perf_counter() - start
    if result != assignment["expected"]:
        raise AssertionError(
            f"The result is {result} and should be {assignment['expected']}: this was not the same work."
        )
    return took


def warm_up(program, assignment):
    """Warms up, and tells how often a round repeats the program."""
    last = total = timed(program, assignment)
    while total < WARM_UP_S:
        last = timed(program, assignment)
        total += last
    return max(1, math.ceil(ROUND_S / last))


def run_round(program, assignment, repeats):
    gc.collect()
    if assignment["figure"] == "own":
        return program(assignment["count"])
    return sum(timed(program, assignment) for _ in range(repeats)) / repeats * 1_000


def main():
    assignment = json.loads(sys.argv[1])
    # Coroutines at depth 1,000 need more frames than the default limit allows.
    sys.setrecursionlimit(10_000)
    module = importlib.import_module(assignment["module"].replace("-", "_"))
    program = module.PROGRAMS[assignment["program"]]
    repeats = 1 if assignment["figure"] == "own" else warm_up(program, assignment)
    reply({"kind": "ready"})
    for _ in sys.stdin:
        reply({"kind": "figure", "figure": run_round(program, assignment, repeats)})


try:
    main()
except Exception:
    reply({"kind": "failed", "message": traceback.format_exc()})
    sys.exit(1)
