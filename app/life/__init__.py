"""The life of a change: observed, proposed, accepted, applied, verified, undone.

What may happen next is one table (`states`), and the journal is written before a calendar is
asked, so that whatever dies, what happened is known and can be taken back.
"""
