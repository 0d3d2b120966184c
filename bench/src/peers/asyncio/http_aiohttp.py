"""aiohttp: 50 loops, each of which asks and reads the next when its last has ended."""

import asyncio

import aiohttp

CONCURRENCY = 50


async def ask(count, url):
    numbers = iter(range(count))
    total = 0

    async def loop(session):
        nonlocal total
        for number in numbers:
            async with session.get(f"{url}items/{number}") as response:
                text = await response.text()
            total += len(text)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENCY)) as session:
        await asyncio.gather(*[loop(session) for _ in range(CONCURRENCY)])
    return total


PROGRAMS = {"http-client": lambda count, url: asyncio.run(ask(count, url))}
