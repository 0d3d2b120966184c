"""The asyncio peer's process: warms its program up, then does one round for every line it is sent. It ends when its input ends."""

import gc
import importlib
import json
import math
import os
import sys
import time
import traceback

# CPython specialises a function within its first few calls, so that one run is enough.
WARM_UP_S = 0.1


def reply(line):
    print(json.dumps(line), flush=True)


def processor_s():
    times = os.times()
    return times.user + times.system


def arguments(assignment):
    """What a program is called with: a server to ask is part of it only where a work has one."""
    return [assignment["count"], assignment["url"]] if assignment["url"] else [assignment["count"]]


def timed(program, assignment):
    start = time.perf_counter()
    result = program(*arguments(assignment))
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
    return max(1, math.ceil(assignment["roundMs"] / 1_000 / last))


def run_round(program, assignment, repeats):
    gc.collect()
    before = processor_s()
    if assignment["figure"] == "own":
        figure = program(*arguments(assignment))
    else:
        figure = sum(timed(program, assignment) for _ in range(repeats)) / repeats * 1_000
    return {"figure": figure, "cpu": (processor_s() - before) / repeats * 1_000}


def main():
    assignment = json.loads(sys.argv[1])
    # Coroutines at depth 1,000 need more frames than the default limit allows.
    sys.setrecursionlimit(10_000)
    module = importlib.import_module(assignment["module"].replace("-", "_"))
    program = module.PROGRAMS[assignment["program"]]
    repeats = 1 if assignment["figure"] == "own" else warm_up(program, assignment)
    reply({"kind": "ready"})
    for _ in sys.stdin:
        reply({"kind": "figure", **run_round(program, assignment, repeats)})


try:
    main()
except Exception:
    reply({"kind": "failed", "message": traceback.format_exc()})
    sys.exit(1)
