"""Mail that came back: `bounced`, for the mail server to hand reports to."""

import sys

import click

from app.cli.keeping import report
from app.cli.options import json_option
from app.config import read_settings


@click.command()
@json_option
def bounced(as_json: bool) -> None:
    """Note a mail that came back, from the report about it.

    A mail server can hand each report that comes to CLEARWAY_MAIL_FROM to its standard input. Nothing more is sent
    to that address until its owner shows it to be theirs again. With --json it writes
    {"noted": true}, or false for what is no report about a mail of ours.

    \b
    Example:
      clearway bounced < report.eml
    """
    from app.deployment import open_deployment
    from app.digest.returning import LARGEST, take_back

    content = sys.stdin.buffer.read(LARGEST)
    deployment = open_deployment(read_settings())
    try:
        noted = take_back(deployment, content)
    finally:
        deployment.close()
    said = "Noted: nothing more is sent there." if noted else "This is no report of ours to note."
    report({"noted": noted}, [said], as_json)
