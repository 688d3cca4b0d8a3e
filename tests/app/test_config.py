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
