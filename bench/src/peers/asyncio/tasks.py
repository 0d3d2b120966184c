"""asyncio's tasks: switched, spawned and joined, gathered, cancelled."""

import asyncio

HOUR_S = 3_600


async def ten_turns():
    turns = 0
    for _ in range(10):
        await asyncio.sleep(0)
        turns += 1
    return turns


async def switch(count):
    return sum(await asyncio.gather(*[ten_turns() for _ in range(count)]))


async def identity(value):
    return value


async def spawn_join(count):
    return sum(await asyncio.gather(*[identity(i) for i in range(count)]))


async def gather_sleep(count):
    return len(await asyncio.gather(*[asyncio.sleep(0.01) for _ in range(count)]))


asleep = 0


async def sleeper():
    global asleep
    asleep += 1
    await asyncio.sleep(HOUR_S)


async def cancel(count):
    global asleep
    asleep = 0
    tasks = [asyncio.create_task(sleeper()) for _ in range(count)]
    await asyncio.sleep(0)
    if asleep != count:
        raise AssertionError(f"{asleep} of {count} sleepers had started.")
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return sum(task.cancelled() for task in tasks)


PROGRAMS = {
    "switch": lambda count: asyncio.run(switch(count)),
    "spawn-join": lambda count: asyncio.run(spawn_join(count)),
    "gather-sleep": lambda count: asyncio.run(gather_sleep(count)),
    "cancel": lambda count: asyncio.run(cancel(count)),
}
