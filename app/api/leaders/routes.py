"""All operations for leaders and delegates, with the models that they are described by."""

from app.api.leaders import (
    connections,
    delegates,
    diary,
    history,
    holds,
    locks,
    me,
    plans,
    reminders,
    settings,
    slots,
    workload,
)

_SUBJECTS = (
    me,
    settings,
    reminders,
    connections,
    diary,
    workload,
    slots,
    plans,
    holds,
    locks,
    history,
    delegates,
)
MODELS = tuple(model for each in _SUBJECTS for model in each.MODELS)
ROUTERS = tuple(each.router for each in _SUBJECTS)
