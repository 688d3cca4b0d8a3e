"""`check` and `plan` on calendars where they are kept: CalDAV servers, Outlook, Google, a feed."""

from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.cli.conftest import Run
from tests.contract.stage import ME, SECRET, Planted
from tests.contract.stages.google import GoogleStage
from tests.contract.stages.graph import GraphStage
from tests.contract.stages.text import calendar, vevents
from tests.contract.words import HOUR, NINE, meeting
from tests.fakes.serving import Served
from tests.servers.fixtures import PASSWORD, CalDavServer

WEEK = ("--from", "2026-11-23", "--to", "2026-11-28", "--now", "2026-11-19T09:00:00Z")
COLLEAGUE = "a@trust.example"
OUTSIDE = "other@trust.example"
ELSEWHERE = "Nothing was written: plans of a calendar on a server are applied by the service (clearway serve)."
UNTOLD = "This server tells nobody of changes, so meetings with others stay as they are."
PUBLISHED = "A published calendar cannot be changed, so its meetings stay as they are."
UNKNOWN = "Your own address is not known, so guests may count as outside."


def crowded() -> list[Planted]:
    """Monday: two meetings of the leader's back to back, then one of somebody else's."""
    return [
        meeting(NINE, people=(COLLEAGUE,)),
        meeting(NINE + HOUR, people=(COLLEAGUE, "b@trust.example")),
        meeting(NINE + 2 * HOUR, organizer="chair@trust.example", people=(COLLEAGUE,)),
    ]


@pytest.fixture
def outlook(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> GraphStage:
    stage = GraphStage(request.addfinalizer)
    monkeypatch.setenv("CLEARWAY_GRAPH_URL", stage.fake.url)
    monkeypatch.setenv("CLEARWAY_GRAPH_TOKEN", stage.fake.token(ME))
    return stage


@pytest.fixture
def google(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> GoogleStage:
    stage = GoogleStage(request.addfinalizer)
    monkeypatch.setenv("CLEARWAY_GOOGLE_URL", stage.fake.url)
    monkeypatch.setenv("CLEARWAY_GOOGLE_TOKEN", stage.fake.token(ME))
    return stage


@pytest.mark.parametrize(("name", "where"), [("outlook", "--graph"), ("google", "--google")])
def test_a_plan_of_a_live_calendar_says_who_is_mailed_and_who_is_free(
    clearway: Run, request: pytest.FixtureRequest, name: str, where: str
) -> None:
    stage = request.getfixturevalue(name)
    for each in crowded():
        stage.plant(each)
    mailed = stage.mailed()
    place = "me" if where == "--graph" else "primary"
    checked = clearway("check", where, place, *WEEK, "--json", "--me", ME)
    assert (checked.status, checked.err) == (1, "")
    assert {each["rule"] for each in checked.json["findings"]} >= {"gap", "protected"}
    ran = clearway("plan", where, place, *WEEK, "--tier", "move", "--json", "--me", ME)
    assert (ran.status, ran.err) == (0, f"Note: {ELSEWHERE}\n")
    assert ran.json["warnings"] == [ELSEWHERE]
    assert ran.json["proof"]["optimal"]
    stage.fake.requests.clear()
    alone = clearway("plan", where, place, *WEEK, "--tier", "move", "--json")
    assert alone.err == ran.err, "the calendar itself tells whose it is"
    assert alone.json["changes"] == ran.json["changes"]
    meetings = [each for each in ran.json["changes"] if each["kind"].startswith("event.")]
    assert meetings and all(each["mails"] == each["people_told"] for each in meetings)
    agreed = {each["agreement"] for each in meetings if each["kind"] == "event.move"}
    assert agreed <= {"free", "unknown"}
    assert SECRET not in ran.out and COLLEAGUE not in ran.out
    assert stage.mailed() == mailed, "looking and planning tells nobody"


def test_a_caldav_server_is_checked(
    clearway: Run, radicale: CalDavServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = radicale.new_calendar()
    with radicale.client() as client:
        for number, each in enumerate(crowded()):
            content = calendar(vevents(f"live-{number}", each))
            assert client.put(f"{path}live-{number}.ics", content=content).status_code == 201
    monkeypatch.setenv("CLEARWAY_CALDAV_USER", "leader")
    monkeypatch.setenv("CLEARWAY_CALDAV_PASSWORD", PASSWORD)
    address = f"{radicale.url}{path}"
    refused = clearway("check", "--caldav", address, *WEEK, "--me", ME)
    assert (refused.status, refused.out) == (2, "")
    assert "https://" in refused.err, "a password goes unencrypted only where that is allowed"
    monkeypatch.setenv("CLEARWAY_PRIVATE_NETWORKS", "127.0.0.0/8")
    ran = clearway("check", "--caldav", address, *WEEK, "--me", ME, "--json")
    assert (ran.status, ran.err) == (1, "")
    assert {each["rule"] for each in ran.json["findings"]} >= {"gap", "protected"}
    plan = clearway("plan", "--caldav", address, *WEEK, "--me", ME, "--tier", "move", "--json")
    kinds = {each["kind"] for each in plan.json["changes"]}
    assert kinds == {"hold.create"}, "this server tells nobody, so no meeting is changed"
    assert UNTOLD in plan.json["warnings"] and UNKNOWN not in plan.json["warnings"]
    holds = clearway("plan", "--caldav", address, *WEEK, "--json")
    assert UNTOLD not in holds.json["warnings"] and UNKNOWN in holds.json["warnings"]


def test_a_wrong_password_is_one_sentence(
    clearway: Run, radicale: CalDavServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWAY_CALDAV_USER", "leader")
    monkeypatch.setenv("CLEARWAY_CALDAV_PASSWORD", "wrong")
    monkeypatch.setenv("CLEARWAY_PRIVATE_NETWORKS", "127.0.0.0/8")
    ran = clearway("check", "--caldav", radicale.url, *WEEK)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count(".") == 1 and "wrong" not in ran.err
    assert "does not accept this sign-in" in ran.err


def test_a_feed_is_checked_together_with_a_file(
    clearway: Run, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    first, *others = crowded()
    content = calendar(vevents("published", first))

    def answer(request: Request) -> Response:
        return Response(content, media_type="text/calendar")

    mine = tmp_path / "mine.ics"
    mine.write_bytes(calendar(*(vevents(f"mine-{n}", each) for n, each in enumerate(others))))
    monkeypatch.setenv("CLEARWAY_PRIVATE_NETWORKS", "127.0.0.0/8")
    with Served(Starlette(routes=[Route("/{path:path}", answer)])) as served:
        address = f"{served.url}/secret/basic.ics"
        ran = clearway("diary", mine, "--feed", address, *WEEK, "--me", ME, "--json")
        plan = clearway(
            "plan", mine, "--feed", address, *WEEK, "--me", ME, "--tier", "move", "--json"
        )
    assert [each["id"] for each in ran.json] == ["published", "mine-0", "mine-1"]
    changed = {each.get("event_id") for each in plan.json["changes"]}
    assert "published" not in changed, "a feed cannot be written"
    assert PUBLISHED in plan.json["warnings"]


def test_a_caldav_address_without_a_calendar_reads_no_other(
    clearway: Run, radicale: CalDavServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    radicale.new_calendar()
    monkeypatch.setenv("CLEARWAY_CALDAV_USER", "leader")
    monkeypatch.setenv("CLEARWAY_CALDAV_PASSWORD", PASSWORD)
    monkeypatch.setenv("CLEARWAY_PRIVATE_NETWORKS", "127.0.0.0/8")
    for path in ("/leader/nosuch/", "/leader/nosuch", "/other/", "/nosuch/x/"):
        ran = clearway("diary", "--caldav", radicale.url + path, *WEEK, "--json")
        assert (ran.status, ran.err) == (2, "There is no calendar at this address.\n"), path
    for path in ("", "/", "/leader", "/leader/"):
        assert clearway("diary", "--caldav", radicale.url + path, *WEEK, "--json").status == 0
    ran = clearway("check", "--caldav", "foo", *WEEK)
    sentence = "“foo” is not an address of a CalDAV server; it begins with https://.\n"
    assert (ran.status, ran.err) == (2, sentence)


@pytest.mark.parametrize(("name", "where"), [("outlook", "--graph"), ("google", "--google")])
def test_many_changes_cost_few_requests(
    clearway: Run, request: pytest.FixtureRequest, name: str, where: str
) -> None:
    stage = request.getfixturevalue(name)
    for day in range(5):
        for hour in range(4):
            start = NINE + timedelta(days=day) + hour * HOUR
            stage.plant(meeting(start, people=(COLLEAGUE, "b@trust.example")))
    stage.fake.requests.clear()
    place = "me" if where == "--graph" else "primary"
    ran = clearway("plan", where, place, *WEEK, "--tier", "move", "--json")
    changed = [each for each in ran.json["changes"] if each["kind"].startswith("event.")]
    assert len(changed) >= 10 and all(each["mails"] == 2 for each in changed)
    assert len(stage.fake.requests) <= 6


def test_the_next_step_fits_calendars_on_servers(clearway: Run, outlook: GraphStage) -> None:
    for each in crowded():
        outlook.plant(each)
    ran = clearway("check", "--graph", "me", *WEEK)
    assert "with the same calendars and options" in ran.out


@pytest.mark.parametrize("command", ["check", "plan"])
def test_help_has_an_example_with_a_server(clearway: Run, command: str) -> None:
    ran = clearway(command, "--help")
    assert f"clearway {command} --graph me" in ran.out and "A CalDAV account" in ran.out


@pytest.mark.parametrize(
    ("option", "named"),
    [
        (("--graph", "me"), "CLEARWAY_GRAPH_TOKEN"),
        (("--google", "primary"), "CLEARWAY_GOOGLE_TOKEN"),
        (("--caldav", "https://caldav.example/"), "CLEARWAY_CALDAV_PASSWORD"),
    ],
)
def test_a_missing_sign_in_says_where_to_put_it(
    clearway: Run, option: tuple[str, str], named: str
) -> None:
    ran = clearway("check", *option, *WEEK)
    assert (ran.status, ran.out) == (2, "")
    assert named in ran.err and ran.err.count(".") == 1


def test_an_expired_token_is_one_sentence(
    clearway: Run, outlook: GraphStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlook.fake.faults.expire_token(outlook.fake.token(ME))
    monkeypatch.setenv("CLEARWAY_GRAPH_TOKEN", "of-last-week")
    ran = clearway("check", "--graph", "me", *WEEK)
    assert (ran.status, ran.out) == (2, "")
    assert "sign in" in ran.err or "sign-in" in ran.err
    assert "of-last-week" not in ran.err


def test_the_hours_of_an_unwatched_week_do_not_matter(clearway: Run, outlook: GraphStage) -> None:
    """An empty window is said to be empty, and is no error."""
    outlook.plant(meeting(NINE - timedelta(days=40)))
    ran = clearway("check", "--graph", "me", *WEEK)
    assert ran.status in (0, 1) and "No event lies between" in ran.err


# -- doctor graph -------------------------------------------------------------------------------


def examined(clearway: Run, outlook: GraphStage, *options: str) -> tuple[int, dict[str, bool]]:
    outlook.fake.mailbox(OUTSIDE)
    ran = clearway(
        *("doctor", "graph", "--mailbox", ME, "--outside", OUTSIDE),
        *options,
        "--json",
    )
    assert ran.err == "" and ME not in ran.out
    before = clearway("doctor", "--json", *("graph", "--mailbox", ME), "--outside", OUTSIDE)
    assert before.json == ran.json
    return ran.status, {each["name"]: each["good"] for each in ran.json}


def test_an_application_that_reaches_no_further_than_its_scope_passes(
    clearway: Run, outlook: GraphStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWAY_GRAPH_TOKEN", outlook.fake.app_token(mailboxes=[ME]))
    assert examined(clearway, outlook) == (0, {"token": True, "inside": True, "outside": True})


@pytest.mark.parametrize("scope", [None, [ME]])
def test_a_tenant_wide_role_fails_even_beside_a_scope(
    clearway: Run, outlook: GraphStage, monkeypatch: pytest.MonkeyPatch, scope: list[str] | None
) -> None:
    """Grants add up: the scope means nothing where Entra's permission is consented too."""
    token = outlook.fake.app_token(["Calendars.ReadWrite"], scope)
    monkeypatch.setenv("CLEARWAY_GRAPH_TOKEN", token)
    status, looked = examined(clearway, outlook)
    assert (status, looked["token"], looked["outside"]) == (1, False, False)


def test_a_token_that_cannot_be_read_fails_closed(
    clearway: Run, outlook: GraphStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWAY_GRAPH_TOKEN", "opaque")
    status, looked = examined(clearway, outlook)
    assert status == 1 and not any(looked.values())
