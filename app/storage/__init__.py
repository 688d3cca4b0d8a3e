"""What Clearway remembers: the tables, the vault, and every query. Nothing else knows SQL.

No column holds a title, name, address or body. What would tell too much in a copied database
(tokens, a leader's results, the ids of events) is sealed by the vault, whose key is kept elsewhere.
"""

from sqlalchemy.orm import Session

__all__ = ["Session"]
