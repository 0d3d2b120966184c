"""Runs a program on the stock asyncio of this CPython, in virtual time, and gives its trace."""

import asyncio
import gc
import sys
import warnings
from contextvars import ContextVar

from differences import Barrier, Condition, Task
from operations import call, described, name_of, written
from virtual_loop import VirtualLoop

# Programs leave coroutines and tasks behind when nothing can wake them any more.
warnings.simplefilter("ignore")
sys.unraisablehook = lambda unraisable: None


class Run:
    """One run of a program: what its names stand for, and its trace so far."""

    def __init__(self, program):
        self.program = program
        self.objects = {}
        self.tasks = {}  # by the name they were started under last
        self.scopes = {}
        self.groups = {}
        self.readers = {}
        self.half_read = {}
        self.lines = []
        self.all = []  # every task that was started by name, in order
        self.calls = 0
        self.closed = False  # nothing more is written
        self.phase = "running"
        self.loop = VirtualLoop(self.stuck)

    def label(self, name):
        self.calls += 1
        return f"{name}.{self.calls}"

    def started(self, name, task):
        self.tasks[name] = task
        self.all.append((name, task))

    def future(self, name):
        return self.tasks.get(name) or self.objects.get(name)

    def log(self, label, text):
        if not self.closed:
            self.lines.append(f"{self.loop.time()} {label} {text}")
        return len(self.lines) - 1

    def log_end(self, began, label, op, end):
        if self.closed:
            return
        line = f"{self.loop.time()} {label} {described(op)}"
        if began == len(self.lines) - 1 and self.lines[began] == line:
            self.lines[began] = f"{line} {end}"
        else:
            self.lines.append(f"{self.loop.time()} {label} {op['op']} {end}")

    def unfinished(self):
        return [task for task in self.loop.tasks if not task.done()]

    def stuck(self):
        """Nothing can wake anybody: every task is cancelled; then those unwind that wait for what was asked to end and
        can't; where that is stuck too, that is the end."""
        if self.phase == "running":
            self.lines.append(f"{self.loop.time()} deadlock")
            self.phase = "deadlock"
            for task in self.unfinished():
                task.request_cancel()
            if self.loop._ready:
                return
        left = [task.leave() for task in self.unfinished()]
        if any(left):
            return
        self.lines.append(f"{self.loop.time()} deadlock")
        self.phase = "gave up"
        self.closed = True
        self.loop.stop()

    def run_until(self, tasks):
        left = len(tasks)

        def ended(task):
            nonlocal left
            left -= 1
            if left == 0:
                self.loop.stop()

        for task in tasks:
            task.add_done_callback(ended)
        self.loop.run_forever()

    async def main(self):
        for name, spec in self.program["objects"].items():
            self.objects[name] = MAKERS[spec["kind"]](name, spec)
        return await call(self, self.label("main"), "main")

    def run(self):
        main = Task(self.main(), loop=self.loop)
        self.run_until([main])
        deadlock = self.phase != "running"
        if self.phase != "gave up":
            self.phase = "closing"
            self.close()
        self.lines.append("main !DeadlockError" if deadlock else f"main {outcome(main, as_main=True)}")
        if self.phase == "gave up":
            return
        for name, task in self.all:
            self.lines.append(f"{name} {outcome(task)}")
        for name, spec in self.program["objects"].items():
            if spec["kind"] != "variable":
                self.lines.append(f"{name} {STATES[spec['kind']](self.objects[name])}")

    def close(self):
        """What main left behind: tasks first, round after round, and then half-read streams, one after another."""
        while self.phase != "gave up":
            tasks = self.unfinished()
            if tasks:
                for task in tasks:
                    task.request_cancel()
                self.run_until(tasks)
            elif self.half_read:
                reader = next(iter(self.half_read))
                self.half_read.pop(reader)
                self.run_until([Task(reader.close(), loop=self.loop)])
            else:
                return


MAKERS = {
    "lock": lambda name, spec: asyncio.Lock(),
    "event": lambda name, spec: asyncio.Event(),
    "condition": lambda name, spec: Condition(),
    "future": lambda name, spec: asyncio.get_running_loop().create_future(),
    "semaphore": lambda name, spec: asyncio.Semaphore(spec["permits"]),
    "bounded-semaphore": lambda name, spec: asyncio.BoundedSemaphore(spec["permits"]),
    "barrier": lambda name, spec: Barrier(spec["parties"]),
    "queue": lambda name, spec: asyncio.Queue(spec["maxSize"]),
    "lifo-queue": lambda name, spec: asyncio.LifoQueue(spec["maxSize"]),
    "priority-queue": lambda name, spec: asyncio.PriorityQueue(spec["maxSize"]),
    "variable": lambda name, spec: ContextVar(name, default=spec["value"]),
}


def outcome(future, as_main=False):
    if not future.done():
        return "pending"
    if future.cancelled():
        return "!CancelledError" if as_main else "cancelled"
    error = future.exception()
    return written(future.result()) if error is None else f"!{name_of(error)}"


def lock_state(lock):
    return "locked" if lock.locked() else "unlocked"


def semaphore_state(semaphore):
    return f"{semaphore._value} available"


def barrier_state(barrier):
    return f"{barrier.n_waiting} waiting, {'broken' if barrier.broken else 'whole'}"


def queue_state(queue):
    items = []
    while not queue.empty():
        items.append(queue.get_nowait())
    return written(items)


STATES = {
    "lock": lock_state,
    "event": lambda event: "set" if event.is_set() else "unset",
    "condition": lock_state,
    "future": outcome,
    "semaphore": semaphore_state,
    "bounded-semaphore": semaphore_state,
    "barrier": barrier_state,
    "queue": queue_state,
    "lifo-queue": queue_state,
    "priority-queue": queue_state,
}


def run_program(program):
    run = Run(program)
    try:
        run.run()
        return run.lines
    finally:
        run.closed = True
        run.loop.close()


def each_line(lines, write):
    """Answers each line, a program as JSON, with one: its trace as JSON."""
    import json

    gc.disable()  # cycles are collected between programs only: finalizers write to nobody's trace
    for count, line in enumerate(lines):
        write(json.dumps({"trace": run_program(json.loads(line))}))
        if count % 200 == 199:
            gc.collect()
