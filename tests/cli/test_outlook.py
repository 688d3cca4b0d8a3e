"""`clearway doctor outlook`: exact commands, and a look at what an organisation has."""

import json

import pytest

SET = (
    "Set-OrganizationConfig -ShortenEventScopeDefault EndEarly "
    "-DefaultMinutesToReduceShortEventsBy 10 -DefaultMinutesToReduceLongEventsBy 10"
)
GOOD = {
    "ShortenEventScopeDefault": "EndEarly",
    "DefaultMinutesToReduceShortEventsBy": 10,
    "DefaultMinutesToReduceLongEventsBy": 15,
}


def test_the_commands_are_exact(clearway):
    first, second = clearway("doctor", "outlook").out.splitlines()
    assert first == SET
    assert second.startswith("Get-OrganizationConfig | Select-Object ShortenEventScopeDefault, ")
    assert clearway("doctor", "outlook", "--json").json == {"set": first, "read": second}


def read(clearway, tmp_path, content: bytes):
    file = tmp_path / "organisation.json"
    file.write_bytes(content)
    return clearway("doctor", "outlook", "--read", str(file), "--json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_set_is_seen(clearway, tmp_path, encoding):
    ran = read(clearway, tmp_path, json.dumps(GOOD).encode(encoding))
    assert (ran.status, [each["good"] for each in ran.json]) == (0, [True] * 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ShortenEventScopeDefault", "None"),
        ("ShortenEventScopeDefault", 0),
        ("ShortenEventScopeDefault", True),
        ("ShortenEventScopeDefault", 1.0),
        ("DefaultMinutesToReduceShortEventsBy", 5),
        ("DefaultMinutesToReduceLongEventsBy", None),
        ("DefaultMinutesToReduceLongEventsBy", True),
    ],
)
def test_what_is_not_enough_is_said(clearway, tmp_path, name, value):
    ran = read(clearway, tmp_path, json.dumps(GOOD | {name: value}).encode())
    assert ran.status == 1
    assert [each["name"] for each in ran.json if not each["good"]] == [name]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\xfe\x00", b"[" * 100_000])
def test_another_file_is_refused_in_one_sentence(clearway, tmp_path, content):
    ran = read(clearway, tmp_path, content)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
