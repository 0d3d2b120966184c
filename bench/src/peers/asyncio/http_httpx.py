"""httpx: 50 loops, each of which asks and reads the next when its last has ended."""

import asyncio

import httpx

CONCURRENCY = 50


async def ask(count, url):
    numbers = iter(range(count))
    total = 0

    async def loop(client):
        nonlocal total
        for number in numbers:
            response = await client.get(f"{url}items/{number}")
            total += len(response.text)

    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    async with httpx.AsyncClient(limits=limits) as client:
        await asyncio.gather(*[loop(client) for _ in range(CONCURRENCY)])
    return total


PROGRAMS = {"http-client": lambda count, url: asyncio.run(ask(count, url))}
