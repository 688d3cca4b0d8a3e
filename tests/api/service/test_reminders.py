"""Reminders by REST: the leader's own, and nobody else's."""

from datetime import timedelta

from app.people import leaders
from rules.reminders import REMINDERS
from tests.api.service.conftest import House, problem

ME = "/v1/leaders/me"


def test_the_leader_reads_the_reminders_of_the_week(house: House) -> None:
    """A few weeks on there is one, as the settings say, and a delegate is not told of it."""
    url = f"/v1/leaders/{house.world.leader_id}/reminders"
    headers = house.leader()
    assert house.client.get(url, headers=headers).json() == {"reminders": []}
    for _ in range(4):
        house.world.now += timedelta(weeks=1)
        found = house.client.get(url, headers=headers).json()["reminders"]
        if found:
            break
    first = next(each for each in REMINDERS if each.id == found[0]["id"])
    assert found == [
        {
            "id": first.id,
            "title": first.title,
            "message": first.message,
            "text": first.text,
            "lines": first.lines,
            "setting": first.setting,
        }
    ]
    delegate, _ = house.delegate()
    problem(house.client.get(url, headers=delegate), 404, "not-found")

    known = leaders.get(house.deployment, house.world.leader_id)
    settings = known.settings.to_json() | {"policy": {first.setting: 0}}
    match = headers | {"If-Match": f'"{known.version}"'}
    put = house.client.put(f"{ME}/settings", json=settings, headers=match)
    assert put.status_code == 200, put.text
    assert house.client.get(url, headers=headers).json() == {"reminders": []}
