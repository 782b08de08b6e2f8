"""Named points of the product, put around it from outside: whoever comes by an armed one ends there, as by a power cut.

A file "web.before_commit.7" in the directory of ONECOUNTER_CRASH_POINTS arms a point of a part. It holds the pid of the database's main
process where that is to die instead. Whoever comes by takes the file away first, so that one dies of it and it is told who.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.chaos.processes import end_all, tree_of

Wrap = Callable[[ModuleType], None]
SAFE = ("GET", "HEAD", "OPTIONS")
PROVIDER = ("authorise", "capture", "void", "refund", "look", "look_refund")
# Of a web server's thread: what it answers just now changes something.
answering = threading.local()
_part = ""


def armed_in() -> Path:
    return Path(os.environ["ONECOUNTER_CRASH_POINTS"])


def watch(*, part: str) -> None:
    global _part
    _part = part
    sys.meta_path.insert(0, Watcher())
    if os.environ.get("ONECOUNTER_CRASH_MUTANT"):
        from tests.crash.mutants import WRONG

        for name, wrong in WRONG[os.environ["ONECOUNTER_CRASH_MUTANT"]].items():
            WRAPS[name] = _both(wrong, WRAPS.get(name))


def _both(wrong: Wrap, watched: Wrap | None) -> Wrap:
    def wrap(module: ModuleType) -> None:
        wrong(module)
        if watched is not None:
            watched(module)

    return wrap


class Watcher(MetaPathFinder):
    """Modules are wrapped when they have been loaded, by whoever asks for them first."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        wrap = WRAPS.get(name)
        spec = PathFinder.find_spec(name, path, target) if wrap else None
        if wrap is None or spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def loaded(module: ModuleType) -> None:
            load(module)
            wrap(module)

        spec.loader.exec_module = loaded  # type: ignore[method-assign]
        return spec


def armed(point: str) -> Iterator[Path]:
    for name in sorted(os.listdir(armed_in())):
        if name.startswith(f"{_part}.{point}."):
            yield armed_in() / name


def reach(point: str) -> None:
    """The end, where this point is armed."""
    for file in armed(point):
        try:
            taken = file.rename(armed_in().with_name("taken") / f"{file.name}.{os.getpid()}")
        except FileNotFoundError:
            continue
        victim = json.loads(taken.read_text())["victim"]
        if victim:
            end_all(tree_of(victim))
        else:
            os.kill(os.getpid(), signal.SIGKILL)


def around_commits(module: ModuleType) -> None:
    wrapper = module.BaseDatabaseWrapper
    plain = wrapper.commit

    def commit(self: Any) -> None:
        counts = _counts(self)
        if counts:
            reach("before_commit")
        plain(self)
        if counts:
            reach("after_commit")

    wrapper.commit = commit


def _counts(database: Any) -> bool:
    """Something is armed, and this transaction has written something: what reads alone has nothing to lose."""
    if not (any(armed("before_commit")) or any(armed("after_commit"))):
        return False
    if _part == "web" and not getattr(answering, "writes", False):
        return False
    try:
        return bool(database.connection.execute("select pg_current_xact_id_if_assigned() is not null").fetchone()[0])
    except Exception:
        return False


def around_answers(module: ModuleType) -> None:
    handler = module.WSGIHandler
    plain = handler.__call__

    def call(self: Any, environ: Any, start_response: Any) -> Any:
        answering.writes = environ["REQUEST_METHOD"] not in SAFE
        try:
            response = plain(self, environ, start_response)
            if answering.writes and response.status_code < 400:
                reach("reply_lost")
            return response
        finally:
            answering.writes = False

    handler.__call__ = call


def around_the_provider(module: ModuleType) -> None:
    for name in PROVIDER:
        setattr(module.Backend, name, _around_call(getattr(module.Backend, name)))


def _around_call(plain: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Any, ask: Any) -> Any:
        reach("before_charge")
        outcome = plain(self, ask)
        reach("after_charge")
        return outcome

    return call


def around_kept_answers(module: ModuleType) -> None:
    plain = module.answer_resumably

    def answer_resumably(*, effect: Callable[..., Any], **more: Any) -> Any:
        def done(id: Any) -> Any:
            # The end of work over several transactions: all of it is done, and its answer is not written yet.
            answer = effect(id)
            reach("before_kept")
            return answer

        return plain(effect=done, **more)

    module.answer_resumably = answer_resumably  # type: ignore[attr-defined]


WRAPS: dict[str, Wrap] = {
    "django.db.backends.base.base": around_commits,
    "django.core.handlers.wsgi": around_answers,
    "integrations.gateway_simulator.client": around_the_provider,
    "kernel.idempotency": around_kept_answers,
}
