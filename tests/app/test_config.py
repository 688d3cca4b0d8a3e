import pytest

from app.config import Settings, SettingsError, read_settings


def test_without_an_environment_the_limits_are_those_of_the_contract():
    settings = read_settings({})
    assert (settings.max_bytes, settings.max_components, settings.port) == (5_000_000, 20_000, 8000)


def test_a_variable_is_the_name_in_capitals():
    assert read_settings({"CLEARWAY_PORT": " 9001 "}).port == 9001
    assert set(Settings().variables) >= {"CLEARWAY_PORT", "CLEARWAY_MAX_BYTES"}


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_variable_is_no_variable(text: str):
    assert read_settings({"CLEARWAY_PORT": text}) == Settings()


@pytest.mark.parametrize(
    "text", ["0", "65536", "-1", "8e3", "\N{FULLWIDTH DIGIT EIGHT}000", "http", "9" * 40]
)
def test_an_unsafe_value_is_refused_in_one_sentence_that_names_it(text: str):
    with pytest.raises(SettingsError) as error:
        read_settings({"CLEARWAY_PORT": text})
    message = str(error.value)
    assert message.startswith("CLEARWAY_PORT is a whole number between 1 and 65535")
    assert message.count(".") == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CLEARWAY_GRAPH_URL", "http://graph.example/v1.0"),
        ("CLEARWAY_GRAPH_URL", "graph.example"),
        ("CLEARWAY_GOOGLE_URL", "https://me:secret@google.example/"),
        ("CLEARWAY_GOOGLE_URL", "https://[::1"),
        ("CLEARWAY_PRIVATE_NETWORKS", "10.0.0.1/8"),
        ("CLEARWAY_PRIVATE_NETWORKS", "everywhere"),
    ],
)
def test_addresses_and_networks_are_checked(name: str, text: str):
    with pytest.raises(SettingsError) as error:
        read_settings({name: text})
    assert str(error.value).startswith(name) and "secret" not in str(error.value)


def test_a_fake_on_this_machine_and_networks_of_the_house_are_allowed():
    settings = read_settings(
        {
            "CLEARWAY_GRAPH_URL": "http://127.0.0.1:8100/v1.0/",
            "CLEARWAY_PRIVATE_NETWORKS": "10.0.0.0/8, fd00::/8",
        }
    )
    assert settings.graph_url == "http://127.0.0.1:8100/v1.0"
    assert [str(each) for each in settings.private_networks] == ["10.0.0.0/8", "fd00::/8"]


def test_secrets_are_in_no_printed_form():
    settings = read_settings({"CLEARWAY_GRAPH_TOKEN": "hunter2"})
    assert settings.graph_token == "hunter2" and "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "10.0.0.0/8, 127.0.0.1/8",
            "“127.0.0.1/8” has bits set beyond its network, write “127.0.0.0/8”",
        ),
        ("everywhere", "“everywhere” is none"),
    ],
)
def test_a_wrong_network_is_shown_with_the_reason(text: str, told: str):
    with pytest.raises(SettingsError, match=told):
        read_settings({"CLEARWAY_PRIVATE_NETWORKS": text})
