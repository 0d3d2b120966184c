"""asyncio's streams: an echo server in the words of peers/…/echo.ts. It answers each line of its input with its resident bytes and its processor time so far."""

import asyncio
import gc
import json
import os
import resource
import sys

BACKLOG = 4_096


def reply(line):
    print(json.dumps(line), flush=True)


async def echo(reader, writer):
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


def usage():
    times = os.times()
    gc.collect()
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return {"kind": "figure", "figure": resident, "cpu": (times.user + times.system) * 1e3}


async def main():
    # A connection needs a descriptor, and Python leaves the limit as the shell gave it.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=BACKLOG)
    reply({"kind": "ready", "url": f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"})
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        reply(usage())
    # Ten thousand tasks would each be told to end.
    os._exit(0)


asyncio.run(main())
