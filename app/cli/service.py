"""Commands about the service and this machine: `serve`, `openapi` and `doctor`."""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from app.cli.options import json_option
from app.cli.output import FOUND, open_page, write
from app.config import read_settings

if TYPE_CHECKING:
    from app.doctor import Answer

_USUAL = gc.get_threshold()
_LARGEST = 1_000_000
"""Bytes of a file that are looked at."""


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    help="Default: CLEARWAY_PORT, else 8000.",
)
@click.option(
    "--sample",
    is_flag=True,
    help="Offer a made-up diary of the coming week, and a calendar account with it.",
)
@json_option
def serve(port: int | None, sample: bool, as_json: bool) -> None:
    """Start the pages and the API on this machine. Ctrl-C stops them.

    Without a database of its own it remembers in the data folder, does the jobs of a worker, and
    prints a link to sign in. On a database that you named, workers do the jobs, and people sign in
    with your OpenID provider; --sample prints a link there too where neither a provider nor a
    public address is set. With --json each line that it prints so is {"message": …}.

    \b
    Example:
      clearway serve --sample
    """
    from app.logs import set_up
    from app.main import serve as run_service

    settings = read_settings()
    chosen = settings if port is None else replace(settings, port=port)
    if not settings.database and "CLEARWAY_LOG_LEVEL" not in os.environ:
        # whoever runs it for themselves reads sentences; what is odd is logged all the same
        chosen = replace(chosen, log_level="warning")
    set_up(chosen)
    _settle()
    run_service(chosen, _announce(as_json=as_json), sample=sample)


@click.command()
@json_option
def worker(as_json: bool) -> None:
    """Do the jobs: look at connected calendars, apply and undo plans. Ctrl-C stops it.

    The embedded service does them by itself; a service with a database of its own needs one or
    more of these. With --json the line that says that it is at work is {"message": …}.

    \b
    Example:
      clearway worker
    """
    from app.worker import run

    _settle()
    run(read_settings(), _announce(as_json=as_json))


@click.command()
@json_option
def openapi(as_json: bool) -> None:
    """Write the description of the API (OpenAPI 3.1).

    It is JSON with and without --json.

    \b
    Example:
      clearway openapi > openapi.json
    """
    from app.main import create_app

    _write_plain(create_app().openapi())


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> int:
    """Look whether this machine has what Clearway needs.

    \b
    Example:
      clearway doctor
    """
    if context.invoked_subcommand:
        context.obj = as_json
        return 0
    from app.doctor import examine

    return _report(examine(), "Everything Clearway needs is here.", as_json=as_json)


@doctor.command("graph")
@click.option("--mailbox", required=True, metavar="ADDRESS", help="One that Clearway looks after.")
@click.option("--outside", required=True, metavar="ADDRESS", help="One that it must not reach.")
@json_option
@click.pass_obj
def doctor_graph(before: bool, mailbox: str, outside: str, as_json: bool) -> int:
    """Prove that the application reaches no further than its scope in Microsoft 365.

    The application's access token is read from CLEARWAY_GRAPH_TOKEN.

    \b
    Example:
      clearway doctor graph --mailbox leader@trust.example --outside other@trust.example
    """
    from app.doctor import Answer
    from app.services.access import graph_scope

    found = graph_scope(mailbox, outside, read_settings())
    answers = [Answer(each.name, each.passed, each.sentence) for each in found]
    good = "The application reaches what it should, and no more."
    return _report(answers, good, as_json=as_json or before)


@doctor.command("outlook")
@click.option(
    "--read",
    "file",
    type=click.File("rb"),
    metavar="FILE",
    help="What the organisation has now, as the second command writes it.",
)
@json_option
@click.pass_obj
def doctor_outlook(before: bool, file: BinaryIO | None, as_json: bool) -> int:
    """Print the settings of Microsoft 365 that end meetings ten minutes early at source.

    They are for Exchange Online PowerShell, by whoever runs a tenant of their own. Nothing is
    sent anywhere. With --read it looks whether they are set.

    \b
    Example:
      clearway doctor outlook
      clearway doctor outlook --read organisation.json
    """
    from app.services import outlook

    if file is not None:
        from app.doctor import Answer

        found = outlook.read_back(file.read(_LARGEST))
        answers = [Answer(each.name, each.good, each.sentence) for each in found]
        good = "Meetings end early where they are made."
        return _report(answers, good, as_json=as_json or before)
    if as_json or before:
        _write_plain({"set": outlook.to_set(), "read": outlook.to_read()})
    else:
        write(f"{outlook.to_set()}\n{outlook.to_read()}\n")
    return 0


def _settle() -> None:
    """For what goes on for long: garbage is looked for as usual, but not in the modules."""
    gc.freeze()
    gc.set_threshold(*_USUAL)


def _announce(*, as_json: bool) -> Callable[[str], None]:
    def announce(line: str) -> None:
        import json

        click.echo(json.dumps({"message": line}) if as_json else line)
        sys.stdout.flush()

    return announce


def _report(answers: "Sequence[Answer]", good: str, *, as_json: bool) -> int:
    if as_json:
        _write_plain([each.plain() for each in answers])
    else:
        from app.terminal.doctor import show_doctor

        show_doctor(open_page(), answers, good)
    return 0 if all(each.good for each in answers) else FOUND


def _write_plain(value: Any) -> None:
    import json

    write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
