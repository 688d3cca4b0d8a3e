"""What a diary should keep, what it is missing, and the least disruptive repair.

Pure: no input or output, no clock, no identifiers of its own. Time, settings and calendars
arrive as arguments; findings and plans leave as values.
"""
