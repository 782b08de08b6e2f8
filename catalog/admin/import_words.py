"""What is said of an import wherever it is named: its state, how far it is, what it did."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.models import ImportRun
from kernel.models import Job
from org.templatetags.office import status

State = ImportRun.State
RUNNING = (State.READING, State.APPLYING, State.UNDOING)
LOOKS: dict[str, tuple[str, str]] = {
    State.UPLOADED: ("warning", "late"),
    State.READING: ("good", "half"),
    State.REVIEW: ("warning", "late"),
    State.APPLYING: ("good", "half"),
    State.APPLIED: ("good", "done"),
    State.UNDOING: ("good", "half"),
    State.UNDONE: ("", "undo"),
    State.CANCELLED: ("", "off"),
    State.FAILED: ("bad", "fail"),
}
WORDS: dict[str, Any] = {
    State.UPLOADED: gettext_lazy("Columns to match"),
    State.READING: gettext_lazy("Reading"),
    State.REVIEW: gettext_lazy("To review"),
    State.APPLYING: gettext_lazy("Applying"),
    State.APPLIED: gettext_lazy("Applied"),
    State.UNDOING: gettext_lazy("Undoing"),
    State.UNDONE: gettext_lazy("Undone"),
    State.CANCELLED: gettext_lazy("Cancelled"),
    State.FAILED: gettext_lazy("Failed"),
}
DOING: dict[str, Any] = {
    State.READING: gettext_lazy("Reading %(name)s"),
    State.APPLYING: gettext_lazy("Applying %(name)s"),
    State.UNDOING: gettext_lazy("Undoing %(name)s"),
}


def count(run: ImportRun, name: str) -> int:
    return int((run.tally or {}).get(name) or 0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. `total` is None as long as nobody can say."""

    waiting: bool
    done: int
    total: int | None
    text: str

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


def progress(*, state: str, done: int | None, total: int | None, job_state: str | None, stopping: bool = False) -> Progress:
    waiting = job_state in (None, Job.State.QUEUED)
    if stopping and not waiting:
        return Progress(False, done or 0, total, _("Stops after this batch"))
    if waiting:
        return Progress(True, 0, None, _("Waits for its turn"))
    if not total:
        return Progress(False, done or 0, None, _("%(n)s so far") % {"n": f"{done or 0:,}"} if done else _("Has begun"))
    # Reading counts bytes, because nobody knows the rows of a file before its end.
    text = f"{min(100, (done or 0) * 100 // total)}%" if state == State.READING else _("%(done)s of %(total)s") % amounts(done or 0, total)
    return Progress(False, done or 0, total, text)


def amounts(done: int, total: int) -> dict[str, str]:
    return {"done": f"{done:,}", "total": f"{total:,}"}


def progress_of(run: ImportRun) -> Progress:
    job = Job.objects.filter(pk=run.job).first() if run.job else None
    if job is None:
        return progress(state=run.state, done=None, total=None, job_state=None)
    return progress(state=run.state, done=job.done, total=job.total, job_state=job.state, stopping=job.cancel_requested)


def standing(run: ImportRun, so_far: Progress | None = None) -> str:
    """The state as shape and word; what is under way says how far it is, what was undone what is left to look at."""
    kind, shape = LOOKS[run.state]
    word = str(WORDS[run.state])
    if run.state in RUNNING and so_far is not None and so_far.total:
        word = f"{word}, {so_far.text}"
    if run.state == State.UNDONE and count(run, "edited"):
        word = _("Undone, %(n)s edited since") % {"n": f"{count(run, 'edited'):,}"}
    return status(kind, word, shape)


def outcome(run: ImportRun) -> str:
    """What a run did or would do: "482 new, 31 changed"."""
    if run.state == State.CANCELLED:
        return _("Nothing saved")
    if run.state == State.UNDONE:
        return _("%(n)s restored") % {"n": f"{count(run, 'restored'):,}"}
    made, changed = count(run, "created"), count(run, "changed")
    parts = [_("%(n)s new") % {"n": f"{made:,}"}] if made else []
    parts += [_("%(n)s changed") % {"n": f"{changed:,}"}] if changed else []
    if not parts and count(run, "unchanged"):
        return _("nothing new, %(n)s as they are") % {"n": f"{count(run, 'unchanged'):,}"}
    return ", ".join(parts)


def rows_words(run: ImportRun) -> str:
    """519 rows, 14 columns, read in 1.8 s."""
    parts = [ngettext("%(n)s row", "%(n)s rows", run.rows) % {"n": f"{run.rows:,}"}]
    if run.columns:
        parts.append(ngettext("%(n)s column", "%(n)s columns", run.columns) % {"n": f"{run.columns:,}"})
    if count(run, "ms"):
        parts.append(_("read in %(time)s") % {"time": seconds(count(run, "ms"))})
    return ", ".join(parts)


def seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000 // 100} s"
