"""Where Brigade differs from asyncio on purpose, in code: everything else of a program runs on asyncio as it is.

1. A cancellation unwinds: no `except` of the program sees it (interpreter: programs catch Exception), a second one changes
   nothing, and cleanup runs to its end. A scope that expires while its task is being unwound waits for that.
2. Awaiting what was cancelled raises an ordinary error, `Cancelled`: it is not the awaiter that was cancelled.
3. An error in cleanup is kept, unwinding goes on, and the task, or the scope that unwound, fails with it.
4. A failing gather cancels its children and waits for them; so does a cancelled one.
5. Children of a group, and the tasks that the end of main cancels, are in the order they were made; errors of a group in
   the order they happened; a child added while its group is being cancelled never starts.
6. A condition's waiter that has been notified, and is then cancelled, keeps its place in the line for the lock.
7. Tasks that wait for one another in a circle can be cancelled; in asyncio that is a RecursionError.
8. A barrier breaks for all when one of those who fill it is cancelled; `reset` and `abort` do not wait for the lock.
9. A time of 0 is like any other: what is awaited begins (operations: `wait_for` with 0 is a `timeout` of 0).
"""

import asyncio
from asyncio import locks, timeouts
from asyncio.exceptions import CancelledError

HELD = object()  # on a task's stack of scopes: requests of what is below wait until this is gone


class Cancelled(Exception):
    """What was awaited had been cancelled."""


def cancelled_error(future):
    """What awaiting the cancelled future raises: always the same, so that what it suppresses is known to all."""
    error = getattr(future, "cancelled_error", None)
    if error is None:
        error = future.cancelled_error = Cancelled()
    return error


def errors_of(unwinding):
    """The errors that cleanups raised during this unwinding so far."""
    errors = getattr(unwinding, "errors", None)
    if errors is None:
        errors = unwinding.errors = []
    return errors


def unwinding_with(error):
    unwinding = CancelledError()
    if error is not None and not isinstance(error, Cancelled):
        errors_of(unwinding).append(error)
    return unwinding


def one_of(errors):
    return errors[0] if len(errors) == 1 else ExceptionGroup("several cleanups failed", errors)


class Task(asyncio.Task):
    def __init__(self, coro, *, loop, eager_start=False):
        self.scopes = []  # what it runs in, outermost first: scopes, and HELD
        self.requested = False  # somebody has cancelled it
        self.asked = False  # asyncio's own cancel() has been called, and has not arrived
        self.left_circle = False  # it was woken, though what it waits for has not ended
        loop.tasks[self] = None
        super().__init__(root(coro), loop=loop, eager_start=eager_start)
        self._log_destroy_pending = False

    def may_unwind(self, depth=None):
        """Whether a request reaches the scope at this depth."""
        for scope in reversed(self.scopes[:depth]):
            if scope is HELD:
                return False
            if scope.requested:
                return True
        return self.requested

    def request_cancel(self):
        if self.done() or self.requested:
            return False
        self.requested = True
        self.interrupt()
        return True

    def interrupt(self):
        if not self.asked and self.may_unwind():
            self.asked = True
            super().cancel()
            if self.waits_for_itself():
                self.leave_circle()

    def waits_for_itself(self):
        seen = set()  # there may be a circle that it does not stand in
        task = self._fut_waiter
        while isinstance(task, Task) and task.asked and not task.left_circle and not task.done() and task not in seen:
            if task is self:
                return True
            seen.add(task)
            task = task._fut_waiter
        return False

    def leave(self):
        """Unwinds without waiting any longer for what was asked to end, and can't."""
        if not self.asked or self.left_circle or self._fut_waiter is None or self._fut_waiter.done():
            return False
        self.leave_circle()
        return True

    def leave_circle(self):
        """Wakes it, though what it waits for has not ended."""
        self.left_circle = True
        awaited = self._fut_waiter
        for wakeup, context in awaited._callbacks:
            if getattr(wakeup, "__self__", None) is self:
                awaited.remove_done_callback(wakeup)
                self._loop.call_soon(self.end_wait, wakeup, awaited, context=context)
                return

    def end_wait(self, wakeup, awaited):
        """An error that there is by now is kept."""
        failed = awaited.done() and not awaited.cancelled() and awaited.exception()
        error = failed or getattr(awaited, "error", None)
        ended = self._loop.create_future()
        if error:
            ended.set_exception(error)
        else:
            ended.cancel()
        wakeup(ended)

    def cancel(self, msg=None):
        """Called by asyncio when who awaits this is cancelled: it waits until this has ended, though it be cancelled already."""
        if self.done():
            return False
        self.request_cancel()
        awaiter = asyncio.current_task(self._loop)
        if awaiter is not None and awaiter._fut_waiter is self and awaiter.waits_for_itself():
            awaiter.leave_circle()
        return True

    def leave_scope(self):
        """A scope that asked for an unwinding may end before that has begun: an eager child failed in the body's last step."""
        self.scopes.pop()
        if self.asked and not self.may_unwind():
            self.forget_cancel()

    def forget_cancel(self):
        """asyncio's own cancel() has no effect from here on. Gives whether there was one."""
        asked = self.asked
        self.asked = False
        while self.cancelling():
            self.uncancel()
        return asked


def cancel(future):
    return future.request_cancel() if isinstance(future, Task) else future.cancel()


async def root(coro):
    """The end of a task."""
    try:
        result = await coro
    except CancelledError as unwinding:
        errors = errors_of(unwinding)
        if errors:
            raise one_of(errors)
        raise
    except Cancelled as error:
        asyncio.current_task().cancelled_error = error
        raise CancelledError() from None
    if asyncio.current_task().requested:
        raise CancelledError()
    return result


async def wait_for(awaitable):
    """Every await of a program that may suspend goes through here."""
    task = asyncio.current_task()
    waits = not (isinstance(awaitable, asyncio.Future) and awaitable.done())
    may_be_asked = waits and isinstance(awaitable, asyncio.Future)
    try:
        result = await awaitable
    except CancelledError:
        if waits and task.may_unwind():
            task.asked = task.left_circle = False
            raise
        raise cancelled_error(awaitable) if isinstance(awaitable, asyncio.Future) else Cancelled() from None
    except Exception as error:
        if may_be_asked and task.forget_cancel() and task.may_unwind():
            task.left_circle = False
            raise unwinding_with(first_real(error)) from None
        raise
    if may_be_asked and task.forget_cancel() and task.may_unwind():
        raise CancelledError()
    return result


def first_real(error):
    """The first error of a gather that is no cancellation."""
    for one in (error, *getattr(error, "suppressed", ())):
        if not isinstance(one, Cancelled):
            return one
    return None


async def held(awaitable):
    """Runs to its end, whatever is requested meanwhile. If it waited, that comes then."""
    task = asyncio.current_task()
    task.forget_cancel()
    iteration = task.get_loop().iterations
    task.scopes.append(HELD)
    error = None
    result = None
    try:
        result = await awaitable
    except Exception as raised:
        error = raised
    finally:
        task.scopes.pop()
    if task.may_unwind():
        if task.get_loop().iterations > iteration:
            raise unwinding_with(error)
        task.interrupt()
    if error is not None:
        raise error
    return result


async def with_finally(body, cleanup):
    """`try: body, finally: cleanup`. Where the body is unwound, nothing stops the unwinding; errors are kept."""
    try:
        result = await body
    except CancelledError as unwinding:
        task = asyncio.current_task()
        task.forget_cancel()
        task.scopes.append(HELD)
        try:
            await cleanup()
        except Cancelled:
            pass
        except Exception as error:
            errors_of(unwinding).append(error)
        finally:
            task.scopes.pop()
        raise
    except Exception:
        await cleanup()
        raise
    await cleanup()
    return result


class Timeout(timeouts.Timeout):
    """The scope of `timeout` and `moveOnAfter`; asyncio's `wait_for` uses it too."""

    requested = False
    moves_on = False

    def _on_timeout(self):
        self.requested = True
        self._state = timeouts._State.EXPIRING
        self._timeout_handler = None
        self._task.interrupt()

    async def __aenter__(self):
        await super().__aenter__()
        self._task.scopes.append(self)
        return self

    async def __aexit__(self, kind, unwinding, traceback):
        self._task.leave_scope()
        if self._timeout_handler is not None:
            self._timeout_handler.cancel()
            self._timeout_handler = None
        self._state = timeouts._State.EXITED
        if not self.requested or kind is not CancelledError or self._task.may_unwind():
            return None
        errors = errors_of(unwinding)
        if not errors and self.moves_on:
            return True
        if not errors:
            raise TimeoutError() from None
        error = one_of(errors)
        if not self.moves_on and error.__cause__ is None:
            error.__cause__ = TimeoutError()
        raise error


timeouts.Timeout = Timeout


class Gather(asyncio.Future):
    """The end of several; what differs from asyncio's own is when it comes after a failure, and that it cancels."""

    def __init__(self, children, return_exceptions, loop):
        super().__init__(loop=loop)
        self.children = children
        self.return_exceptions = return_exceptions
        self.results = [None] * len(children)
        self.pending = len(children)
        self.stopping = False
        self.asked = False
        self.error = None
        done = []
        for index, child in enumerate(children):
            if child.done():
                done.append((index, child))
            else:
                child.add_done_callback(lambda child, index=index: self.settled(index, child))
        for index, child in done:
            self.settled(index, child)
        if not children:
            self.set_result([])

    def settled(self, index, child):
        self.pending -= 1
        error = cancelled_error(child) if child.cancelled() else child.exception()
        if error is None:
            self.results[index] = child.result()
        elif self.return_exceptions:
            self.results[index] = error
            if self.asked and not child.cancelled():
                self.fail(error)
        elif not child.cancelled() or not self.stopping:
            self.fail(error)
            if not self.stopping:
                self.cancel_all()
        if self.pending > 0:
            return
        if self.error is not None:
            self.set_exception(self.error)
        else:
            self.set_result(self.results)

    def fail(self, error):
        if self.error is None:
            self.error = error
        elif error is not self.error:
            self.error.suppressed = [*getattr(self.error, "suppressed", ()), error]

    def cancel_all(self):
        self.stopping = True
        for child in self.children:
            if not child.done():
                cancel(child)

    def cancel(self, msg=None):
        if self.pending == 0:
            return False
        self.asked = True
        self.cancel_all()
        return True


class Group:
    """A task group whose children and errors are in order."""

    requested = False

    def __init__(self, loop):
        self.loop = loop
        self.children = {}
        self.errors = []
        self.state = "open"
        self.body_runs = False
        self.cancelled = None
        self.childless = None
        self.task = None
        self.depth = 0

    def is_cancelling(self):
        return self.state == "cancelling" or self.task.may_unwind(self.depth)

    def create_task(self, coro, eager):
        if self.state == "closed":
            raise asyncio.InvalidStateError("the task group has ended")
        child = Task(coro, loop=self.loop, eager_start=eager and not self.is_cancelling())
        self.children[child] = None
        if child.done():
            self.completed(child)
        else:
            child.add_done_callback(self.completed)
        if self.is_cancelling():
            child.request_cancel()
        return child

    def cancel_children(self):
        if self.state == "open":
            self.state = "cancelling"
        for child in list(self.children):
            child.request_cancel()

    def completed(self, child):
        self.children.pop(child, None)
        if not child.cancelled() and child.exception() is not None:
            self.fail(child.exception())
        if not self.children and self.childless is not None and not self.childless.done():
            self.childless.set_result(None)

    def fail(self, error):
        self.errors.append(error)
        self.cancel_children()
        if self.body_runs and not self.requested:
            self.requested = True
            self.task.interrupt()

    async def wait_for_children(self):
        while self.children:
            self.childless = self.loop.create_future()
            try:
                await wait_for(self.childless)
            finally:
                self.childless = None

    async def end(self):
        if self.children:  # only when unwound
            self.cancel_children()
        await self.wait_for_children()
        self.state = "closed"
        if self.errors:
            raise ExceptionGroup("errors in a task group", self.errors)
        if self.cancelled is not None:
            raise self.cancelled

    async def run(self, body):
        self.task = asyncio.current_task()
        self.depth = len(self.task.scopes)
        await with_finally(self.run_body(body), self.end)

    async def run_body(self, body):
        self.task.scopes.append(self)
        self.body_runs = True
        try:
            await body
        except CancelledError as unwinding:
            self.leave()
            self.errors += errors_of(unwinding)
            errors_of(unwinding).clear()
            if not self.requested or self.task.may_unwind():
                raise
        except Cancelled as cancelled:
            self.leave()
            self.cancelled = cancelled
            self.cancel_children()
        except Exception as error:
            self.leave()
            self.fail(error)
        else:
            self.leave()
        await self.wait_for_children()

    def leave(self):
        self.body_runs = False
        self.task.leave_scope()


class Condition(locks.Condition):
    async def wait(self):
        if not self.locked():
            raise RuntimeError("cannot wait on un-acquired lock")
        notified = self._get_loop().create_future()
        self.release()
        done = False
        try:
            await with_finally(self.wait_until(notified), lambda: held(self.acquire()))
            done = True
        finally:
            if not done:
                self._notify(1)

    async def wait_until(self, notified):
        self._waiters.append(notified)
        try:
            await wait_for(notified)
        finally:
            self._waiters.remove(notified)


class Barrier(locks.Barrier):
    def __init__(self, parties):
        super().__init__(parties)
        self._cond = Condition()

    async def _wait(self):
        try:
            await super()._wait()
        except CancelledError:
            if self._state is locks._BarrierState.FILLING:
                self._turn(locks._BarrierState.BROKEN)
            raise

    def _turn(self, state):
        self._state = state
        self._cond._notify(len(self._cond._waiters))

    def reset(self):
        state = locks._BarrierState
        self._turn(state.RESETTING if self._count > 0 else state.FILLING)

    def abort(self):
        self._turn(locks._BarrierState.BROKEN)
