"""What the rules have in common that look at how a day's appointments follow each other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from rules.event import Occurrence
from rules.interval import Interval


@dataclass(slots=True)
class Run:
    """Appointments with less than a pause between each and the one before."""

    span: Interval
    appointments: list[Occurrence] = field(default_factory=list)


def runs(appointments: Iterable[Occurrence], pause: int) -> Iterator[Run]:
    """A day's appointments in runs, parted where so many minutes are free between them.

    With 0 only what shares time or touches is one run.
    """
    run: Run | None = None
    for each in sorted(appointments, key=lambda each: (each.span, each.id)):
        if run is not None and each.span.start < run.span.end + timedelta(minutes=max(pause, 1)):
            run.span = Interval(run.span.start, max(run.span.end, each.span.end))
            run.appointments.append(each)
            continue
        if run is not None:
            yield run
        run = Run(each.span, [each])
    if run is not None:
        yield run
