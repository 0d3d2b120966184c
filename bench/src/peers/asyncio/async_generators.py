"""asyncio's async generators: a tree walked in order by recursive ones."""

import asyncio
import functools


class Node:
    __slots__ = ("left", "value", "right")

    def __init__(self, left, value, right):
        self.left = left
        self.value = value
        self.right = right


def balanced_tree(count, first=0):
    """A balanced binary tree of 0 … count - 1, in order."""
    if count == 0:
        return None
    left = count >> 1
    return Node(
        balanced_tree(left, first), first + left, balanced_tree(count - left - 1, first + left + 1)
    )


# Built once, so that building it is no part of the work.
tree_of = functools.cache(balanced_tree)


async def walk(node):
    if node.left is not None:
        async for value in walk(node.left):
            yield value
    yield node.value
    if node.right is not None:
        async for value in walk(node.right):
            yield value


async def walk_all(count):
    total = 0
    async for value in walk(tree_of(count)):
        total += value
    return total


PROGRAMS = {"async-generators": lambda count: asyncio.run(walk_all(count))}
