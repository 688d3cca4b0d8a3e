"""Microsoft Graph and Google Calendar over real HTTP, for what cannot be reached from here.

Each runs alone too: `python -m tests.fakes.graph --port 8100`. They check every request and answer
against the makers' own descriptions where those are at hand (`official.py`).
"""
