"""What each operation does on asyncio, and how it is written down."""

import asyncio
import json
from asyncio.exceptions import CancelledError
from functools import partial

from differences import Cancelled, Gather, Group, Task, Timeout, cancel, held, wait_for, with_finally

UNSET = "unset"  # the operation names what is not there (yet)

NAMES = {
    Cancelled: "CancelledError",
    asyncio.InvalidStateError: "InvalidStateError",
    asyncio.QueueEmpty: "QueueEmpty",
    asyncio.QueueFull: "QueueFull",
    asyncio.QueueShutDown: "QueueShutDown",
    asyncio.BrokenBarrierError: "BrokenBarrierError",
    TimeoutError: "TimeoutError",
    # asyncio tells mistakes with these
    RuntimeError: "InvalidStateError",
    ValueError: "InvalidStateError",
}


class ProgramError(Exception):
    """What a program raises: known by its name."""


def name_of(error):
    if isinstance(error, ExceptionGroup):
        return f"ExceptionGroup[{', '.join(map(name_of, error.exceptions))}]"
    name = error.args[0] if isinstance(error, ProgramError) else NAMES.get(type(error)) or repr(error)
    return name if error.__cause__ is None else f"{name} for {name_of(error.__cause__)}"


def written(value):
    if value is None:
        return "ok"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Exception):
        return f"!{name_of(value)}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return str(value)


def described(op):
    return " ".join(value if isinstance(value, str) else json.dumps(value) for value in op.values() if not isinstance(value, (list, dict)))


async def call(self, label, name):
    await block(self, label, self.program["functions"][name])
    return name


def call_of(self, op):
    """A call of the function. Its operations go by its label in the trace."""
    return call(self, self.label(op["function"]), op["function"])


async def block(self, label, ops):
    for op in ops:
        began = self.log(label, described(op))
        end = "~"  # neither result nor error: it is unwound
        try:
            end = written(await PERFORMERS[op["op"]](self, op, label))
        except Exception as error:
            end = f"!{name_of(error)}"
            raise
        finally:
            self.log_end(began, label, op, end)


async def sleep(self, op, label):
    await wait_for(asyncio.sleep(op["ms"]))


async def raise_(self, op, label):
    raise ProgramError(op["error"])


async def call_(self, op, label):
    return await call_of(self, op)


async def spawn(self, op, label):
    self.started(op["as"], Task(call_of(self, op), loop=self.loop, eager_start=op["eager"]))


def named(self, name):
    return asyncio.current_task() if name == "self" else self.future(name)


def awaitable(self, op):
    future = named(self, op["task"])
    if future is asyncio.current_task():
        raise RuntimeError("a task can't await itself")  # asyncio says so one iteration later
    return future


async def await_(self, op, label):
    future = awaitable(self, op)
    return UNSET if future is None else await wait_for(future)


async def await_for(self, op, label):
    future = awaitable(self, op)
    if future is None:
        return UNSET
    if op["ms"] == 0:
        async with Timeout(self.loop.time()):
            return await wait_for(future)
    timeout = None if op["ms"] < 0 else op["ms"]
    return await wait_for(asyncio.wait_for(wait_for(future), timeout))


async def cancel_(self, op, label):
    future = named(self, op["task"])
    return UNSET if future is None else cancel(future)


def gathered(self, gathering):
    """What gather is given, made in order; the gather itself is made when it is awaited."""
    items = [gathered_item(self, item) for item in gathering["items"]]

    async def run():
        children = [Task(item, loop=self.loop) if asyncio.iscoroutine(item) else item for item in items]
        return await wait_for(Gather(children, gathering["returnExceptions"], self.loop))

    return run()


def gathered_item(self, item):
    if "function" in item:
        return call_of(self, item)
    if "gather" in item:
        return gathered(self, item["gather"])
    return self.future(item["task"]) or unset()


async def unset():
    return UNSET


async def gather(self, op, label):
    return await gathered(self, op)


RETURN_WHEN = {
    "all-completed": asyncio.ALL_COMPLETED,
    "first-completed": asyncio.FIRST_COMPLETED,
    "first-exception": asyncio.FIRST_EXCEPTION,
}


async def wait(self, op, label):
    tasks = [(name, self.future(name)) for name in op["tasks"]]
    known = [task for _, task in tasks if task is not None]
    if not known:
        return UNSET
    timeout = None if op["ms"] < 0 else op["ms"]
    done, _ = await wait_for(asyncio.wait(known, timeout=timeout, return_when=RETURN_WHEN[op["returnWhen"]]))
    return f"done: {' '.join(name for name, task in tasks if task in done)}"


async def in_time(self, op, label, moves_on):
    scope = Timeout(self.loop.time() + op["ms"])
    scope.moves_on = moves_on
    async with scope:
        self.scopes[op["as"]] = scope
        await block(self, label, op["body"])
        return "in time"
    return "moved on"


async def reschedule(self, op, label):
    scope = self.scopes.get(op["scope"])
    if scope is None:
        return UNSET
    scope.reschedule(self.loop.time() + op["ms"])


async def group(self, op, label):
    group = Group(self.loop)

    async def body():
        self.groups[op["as"]] = group
        await block(self, label, op["body"])

    await group.run(body())


async def child(self, op, label):
    group = self.groups.get(op["group"])
    if group is None:
        return UNSET
    self.started(op["as"], group.create_task(call_of(self, op), op["eager"]))


async def try_(self, op, label):
    async def body():
        try:
            await block(self, label, op["body"])
        except Exception:
            if "catch" not in op:
                raise
            await block(self, label, op["catch"])

    await with_finally(body(), lambda: block(self, label, op.get("finally", ())))


async def acquire(self, op, label):
    await wait_for(self.objects[op["object"]].acquire())


async def release(self, op, label):
    self.objects[op["object"]].release()


async def with_(self, op, label):
    held_object = self.objects[op["object"]]
    await wait_for(held_object.acquire())

    async def give_back():
        held_object.release()

    await with_finally(block(self, label, op["body"]), give_back)


async def wait_event(self, op, label):
    return await wait_for(self.objects[op["event"]].wait())


async def wait_condition(self, op, label):
    await wait_for(self.objects[op["condition"]].wait())


async def wait_until(self, op, label):
    event = self.objects[op["event"]]
    return await wait_for(self.objects[op["condition"]].wait_for(event.is_set))


async def wait_barrier(self, op, label):
    return await wait_for(self.objects[op["barrier"]].wait())


async def set_exception(self, op, label):
    self.objects[op["future"]].set_exception(ProgramError(op["error"]))


async def set_variable(self, op, label):
    self.objects[op["variable"]].set(op["value"])


async def put(self, op, label):
    await wait_for(self.objects[op["queue"]].put(op["value"]))


async def get(self, op, label):
    return await wait_for(self.objects[op["queue"]].get())


async def join(self, op, label):
    await wait_for(self.objects[op["queue"]].join())


def simply(kind, method, *arguments):
    """An operation that calls a method of an object, and never waits."""

    async def perform(self, op, label):
        return getattr(self.objects[op[kind]], method)(*(op[argument] for argument in arguments))

    return perform


async def produce(self, label, ops):
    for op in ops:
        if op["op"] == "give":
            yield given(self, label, op)
        elif op["op"] == "giving":
            try:
                for inner in op["body"]:
                    if inner["op"] == "give":
                        yield given(self, label, inner)
                    else:
                        await block(self, label, [inner])
            except CancelledError as unwinding:
                await with_finally(raising(unwinding), partial(block, self, label, op["finally"]))
            except BaseException:
                await block(self, label, op["finally"])
                raise
            else:
                await block(self, label, op["finally"])
        else:
            await block(self, label, [op])


def given(self, label, op):
    self.log(label, f"give {op['value']}")
    return op["value"]


async def raising(unwinding):
    raise unwinding


class Reader:
    """A stream that is closed at the end if nobody has closed it, as asyncio.run does with asynchronous generators."""

    def __init__(self, self_, name):
        self.run = self_
        self.generator = produce(self_, self_.label(name), self_.program["streams"][name])

    async def next(self):
        """The value in a list; an empty one at the end."""
        try:
            value = await anext(self.generator)
        except StopAsyncIteration:
            self.ended()
            return []
        except RuntimeError as error:
            if "already running" not in str(error):
                self.ended()
            raise
        except BaseException:
            self.ended()
            raise
        self.run.half_read.setdefault(self)
        return [value]

    async def close(self):
        await held(self.generator.aclose())
        self.ended()

    def ended(self):
        self.run.half_read.pop(self, None)


async def open_(self, op, label):
    self.readers[op["as"]] = Reader(self, op["stream"])


async def next_(self, op, label):
    reader = self.readers.get(op["reader"])
    if reader is None:
        return UNSET
    for value in await reader.next():
        return value
    return "end"


async def close(self, op, label):
    reader = self.readers.get(op["reader"])
    if reader is None:
        return UNSET
    await reader.close()


async def for_each(self, op, label):
    reader = Reader(self, op["stream"])
    left = op["most"]

    async def consume():
        nonlocal left
        while values := await reader.next():
            self.log(label, f"took {values[0]}")
            if left == 0:
                raise ProgramError("Enough")
            left -= 1
            await block(self, label, op["body"])

    try:
        await with_finally(consume(), reader.close)
        return "to the end"
    except ProgramError as error:
        if error.args[0] == "Enough":
            return "enough"
        raise


PERFORMERS = {
    "sleep": sleep,
    "raise": raise_,
    "call": call_,
    "spawn": spawn,
    "await": await_,
    "awaitFor": await_for,
    "cancel": cancel_,
    "gather": gather,
    "wait": wait,
    "timeout": partial(in_time, moves_on=False),
    "moveOnAfter": partial(in_time, moves_on=True),
    "reschedule": reschedule,
    "group": group,
    "child": child,
    "try": try_,
    "acquire": acquire,
    "release": release,
    "with": with_,
    "set": simply("event", "set"),
    "clear": simply("event", "clear"),
    "waitEvent": wait_event,
    "waitCondition": wait_condition,
    "waitFor": wait_until,
    "notify": simply("condition", "notify", "count"),
    "notifyAll": simply("condition", "notify_all"),
    "waitBarrier": wait_barrier,
    "reset": simply("barrier", "reset"),
    "abort": simply("barrier", "abort"),
    "setResult": simply("future", "set_result", "value"),
    "setException": set_exception,
    "setVariable": set_variable,
    "getVariable": simply("variable", "get"),
    "put": put,
    "putNowait": simply("queue", "put_nowait", "value"),
    "get": get,
    "getNowait": simply("queue", "get_nowait"),
    "taskDone": simply("queue", "task_done"),
    "join": join,
    "shutdown": simply("queue", "shutdown", "immediate"),
    "open": open_,
    "next": next_,
    "close": close,
    "forEach": for_each,
}
