"""The command line. It reads words and files, asks a service, and writes what people or tools read.

Here are the way in, the list of commands, and how an error becomes one sentence. Whatever a
command does not need is imported inside it, in every module of this package: `check` has to start
fast.
"""

import errno
import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from app.cli.digest import digest
from app.cli.keeping import backup, keys, migrate, restore
from app.cli.look import check, diary, slots, workload
from app.cli.mail import bounced
from app.cli.output import UNREADABLE, say_error
from app.cli.planning import plan
from app.cli.service import doctor, openapi, serve, worker
from app.cli.templates import template
from app.cli.writing import apply, undo
from app.config import SettingsError
from app.services.errors import ServiceError
from connectors.errors import ConnectorError

_FULL = (errno.ENOSPC, errno.EDQUOT)


class _InOrder(click.Group):
    """Lists commands in the order in which a person needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_InOrder,
    commands=[
        diary,
        check,
        workload,
        slots,
        plan,
        apply,
        undo,
        template,
        digest,
        serve,
        worker,
        openapi,
        migrate,
        keys,
        backup,
        restore,
        bounced,
        doctor,
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="clearway", message="%(prog)s %(version)s")
def cli() -> None:
    """Keep a leader's diary clear enough to lead well.

    Clearway reads a diary, finds what it is missing, plans the least disruptive repair with a
    proof, and writes nothing until you say so.

    \b
    Example:
      clearway check DIARY.ics --me leader@trust.example
    """


def main() -> NoReturn:
    """Run the command line of this process and end it with the right status."""
    # Nearly all that a command makes, modules first, lives until it ends: looking through it for
    # garbage as often as Python does on its own takes a part of every start. What goes on for long
    # is back to that (app/cli/service.py).
    gc.set_threshold(500_000)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit status; every error is one sentence on standard error."""
    # Somebody may have closed them; what is written then goes nowhere.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    try:
        status = cli.main(list(arguments), prog_name="clearway", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except BrokenPipeError:
        return _leave_quietly()
    except (KeyboardInterrupt, click.Abort):
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return UNREADABLE
    except click.UsageError as error:
        return _refuse(_in_one_sentence(error))
    except (ServiceError, ConnectorError, SettingsError) as error:
        return _refuse(str(error))
    except OSError as error:
        if error.errno not in _FULL:
            return _refuse_unforeseen(error)
        _leave_quietly()
        return _refuse("The output cannot be written: there is no room left for it.")
    except Exception as error:  # noqa: BLE001 # a person gets a sentence
        return _refuse_unforeseen(error)


def _refuse(message: str) -> int:
    say_error(message)
    return UNREADABLE


def _refuse_unforeseen(error: Exception) -> int:
    """A person gets a sentence; CLEARWAY_DEBUG shows the rest."""
    if os.environ.get("CLEARWAY_DEBUG"):
        raise error
    return _refuse(
        f"Clearway met something it did not expect ({type(error).__name__}); "
        "with CLEARWAY_DEBUG=1 it shows where."
    )


def _leave_quietly() -> int:
    """Whoever read our output has stopped; Python must not complain when it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _in_one_sentence(error: click.UsageError) -> str:
    message = " ".join(error.format_message().split())
    command = f" See: {error.ctx.command_path} --help" if error.ctx else ""
    return f"{message}{command}"
