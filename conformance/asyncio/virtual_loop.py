"""The stock event loop of asyncio in virtual time: a selector that never sleeps, and a clock that jumps to the next timer.
Timers that are due at the same time run in the order in which they were made; CPython leaves that to the shape of its heap."""

import heapq
import math
from asyncio import base_events, events


class OrderedTimer(events.TimerHandle):
    """A timer that knows when it was made."""

    __slots__ = ("sequence",)

    def __lt__(self, other):
        return (self._when, self.sequence) < (other._when, other.sequence)


class VirtualLoop(base_events.BaseEventLoop):
    def __init__(self, stuck):
        super().__init__()
        self._selector = self
        self._now = 0
        self._timers_made = 0
        self.iterations = 0
        self.tasks = {}  # every task, in the order in which they were made
        self._stuck = stuck  # called when nothing is ready and no timer is set
        self.set_exception_handler(lambda loop, context: None)

    def time(self):
        return self._now

    def call_at(self, when, callback, *args, context=None):
        timer = OrderedTimer(when, callback, args, self, context)
        self._timers_made += 1
        timer.sequence = self._timers_made
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def select(self, timeout):
        self.iterations += 1
        if timeout is None:
            self._stuck()
        else:
            self._now += timeout
        self._clock_resolution = math.ulp(self._now)  # or a strict `<` never becomes true
        return ()

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass

    # Streams are closed by whoever opened them, or at the end: not by the garbage collector.
    def _asyncgen_firstiter_hook(self, agen):
        pass

    def _asyncgen_finalizer_hook(self, agen):
        pass
