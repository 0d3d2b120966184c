"""What asyncio's sleeping tasks hold, as tracemalloc counts it."""

import asyncio
import gc
import tracemalloc

HOUR_S = 3_600

asleep = 0


async def park():
    global asleep
    asleep += 1
    await asyncio.sleep(HOUR_S)


async def parked(count):
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    # The loop holds tasks weakly: somebody has to keep them.
    tasks = [asyncio.create_task(park()) for _ in range(count)]
    await asyncio.sleep(0)
    if asleep != count:
        raise AssertionError(f"{asleep} of {count} are asleep.")
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / len(tasks)


def measure(count):
    tracemalloc.start()
    return asyncio.run(parked(count))


PROGRAMS = {"parked": measure}
