"""asyncio's coroutine calls: without a suspension, recursive, and resumed at a depth."""

import asyncio


async def identity(value):
    return value


async def call(count):
    total = 0
    for i in range(count):
        total += await identity(i)
    return total


async def fib(n):
    if n < 2:
        return n
    return await fib(n - 1) + await fib(n - 2)


async def nested(depth, resumes):
    if depth > 1:
        return await nested(depth - 1, resumes)
    resumed = 0
    for _ in range(resumes):
        await asyncio.sleep(0)
        resumed += 1
    return resumed


PROGRAMS = {
    "call": lambda count: asyncio.run(call(count)),
    "fib": lambda n: asyncio.run(fib(n)),
    "depth-1": lambda resumes: asyncio.run(nested(1, resumes)),
    "depth-10": lambda resumes: asyncio.run(nested(10, resumes)),
    "depth-100": lambda resumes: asyncio.run(nested(100, resumes)),
    "depth-1000": lambda resumes: asyncio.run(nested(1_000, resumes)),
}
