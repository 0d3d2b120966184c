"""asyncio's bounded queue and semaphore."""

import asyncio


async def produce(queue, count):
    for i in range(count):
        await queue.put(i)


async def queue_through(count):
    queue = asyncio.Queue(16)
    producer = asyncio.create_task(produce(queue, count))
    total = 0
    for _ in range(count):
        total += await queue.get()
    await producer
    return total


async def hold_once(semaphore):
    async with semaphore:
        await asyncio.sleep(0)
        return 1


async def hold(count):
    semaphore = asyncio.Semaphore(100)
    return sum(await asyncio.gather(*[hold_once(semaphore) for _ in range(count)]))


PROGRAMS = {
    "queue": lambda count: asyncio.run(queue_through(count)),
    "semaphore": lambda count: asyncio.run(hold(count)),
}
