"""Work that nobody waits for: who does it, when, and what happens when a machine dies.

An engine moves the jobs; the truth about them is in our own tables (mailboxes, leases, the
journal), so a job is an id and may run twice. Nothing else knows the engine.
"""
