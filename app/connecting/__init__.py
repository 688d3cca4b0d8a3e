"""How a leader's calendars are reached: consent, credentials, and the state of each connection."""
