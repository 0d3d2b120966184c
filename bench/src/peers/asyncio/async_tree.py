"""asyncio's async tree: with gather and with task groups."""

import asyncio

LEVELS = 6
BRANCHES = 6
IO_SLEEP_S = 0.05
MEMOIZABLE_PERCENTAGE = 90


class Tree:
    """The tree whose leaves do nothing. Made new for each run."""

    def __init__(self):
        self.done = 0

    async def work(self):
        self.done += 1

    async def gathered(self, level):
        if level == 0:
            await self.work()
            return
        await asyncio.gather(*[self.gathered(level - 1) for _ in range(BRANCHES)])

    async def grouped(self, level):
        if level == 0:
            await self.work()
            return
        async with asyncio.TaskGroup() as group:
            for _ in range(BRANCHES):
                group.create_task(self.grouped(level - 1))


class IoTree(Tree):
    async def work(self):
        await asyncio.sleep(IO_SLEEP_S)
        self.done += 1


class MemoizationTree(Tree):
    def __init__(self):
        super().__init__()
        self.state = 0
        self.cache = set()

    def draw(self):
        """Whole numbers from 1 to 100, the same ones in every peer."""
        self.state = (self.state * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
        return (self.state >> 16) % 100 + 1

    async def work(self):
        data = self.draw()
        if data <= MEMOIZABLE_PERCENTAGE:
            if data in self.cache:
                return
            self.cache.add(data)
        await asyncio.sleep(IO_SLEEP_S)
        self.done += 1


def gathered(kind):
    def program(_count):
        tree = kind()
        asyncio.run(tree.gathered(LEVELS))
        return tree.done

    return program


def grouped(kind):
    def program(_count):
        tree = kind()
        asyncio.run(tree.grouped(LEVELS))
        return tree.done

    return program


PROGRAMS = {
    "async-tree-none": gathered(Tree),
    "async-tree-io": gathered(IoTree),
    "async-tree-memoization": gathered(MemoizationTree),
    "async-tree-none-tg": grouped(Tree),
    "async-tree-io-tg": grouped(IoTree),
    "async-tree-memoization-tg": grouped(MemoizationTree),
}
