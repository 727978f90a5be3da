"""Settings: given flat, kept in groups, declared once: the commands' options come from the fields."""

import dataclasses
import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from deepmix import parsing, segment
from deepmix.cli import options
from deepmix.cli.segment import segment as segment_command
from deepmix.cli.train import train as train_command
from deepmix.segmentation.groups import OptimizationSettings
from deepmix.segmentation.settings import Settings
from deepmix.settings import changed, check, flat, nested, setting, settings_of
from deepmix.training.settings import TrainSettings

RECORDS = pytest.mark.parametrize("record", [Settings, TrainSettings])
# Fields without an option of their own, and why.
WITHOUT_OPTION = {"n_components": "--classes of segment takes auto:2:6 as well"}


def fields(record: type):
    """The record's settings as test cases: (record, name)."""
    return [pytest.param(record, name, id=f"{record.__name__}.{name}") for name in settings_of(record)]


EVERY = [*fields(Settings), *fields(TrainSettings)]


@pytest.mark.parametrize(("record", "name"), EVERY)
def test_every_setting_has_an_option_that_says_what_it_is(record, name):
    command = {Settings: segment_command, TrainSettings: train_command}[record]
    if record is Settings and name in WITHOUT_OPTION:
        assert name not in inspect.signature(command).parameters
        return
    parameter = inspect.signature(command).parameters[name]
    (option,) = parameter.annotation.__metadata__
    about = settings_of(record)[name].about
    assert option.help == about.help != ""
    assert option.rich_help_panel == about.panel


@pytest.mark.parametrize(("record", "name"), EVERY)
def test_what_a_setting_may_be_is_checked(record, name):
    about, given = settings_of(record)[name].about, {"n_components": 3}
    wrong: list[Any] = ["no such word"] if about.choices or about.word else []
    if about.least is not None:
        wrong += [about.least - 1, float("nan")]
    wrong += [about.most + 1] if about.most is not None else []
    wrong += [about.below] if about.below is not None else []
    for value in wrong:
        with pytest.raises(ValueError, match=f"{name} must be "):
            nested(record, **given | {name: value})


@pytest.mark.parametrize(("record", "name"), EVERY)
def test_numbers_are_numbers_and_counts_are_whole(record, name):
    wrong: dict[Any, list[Any]] = {int: [2.5, 3.0, "3"], float: ["3"]}
    for value in wrong.get(settings_of(record)[name].type, []):
        with pytest.raises(ValueError, match=rf"^{name} must be a (whole )?number, got {value!r}$"):
            nested(record, **{"n_components": 3} | {name: value})


@RECORDS
def test_flat_and_nested_are_each_other_s_inverse(record):
    made = nested(record, n_components=3, learning_rate=0.5, filters=7, covariance_type="full")
    assert made != nested(record, n_components=3)
    assert nested(record, **flat(made)) == made
    assert list(flat(made)) == list(settings_of(record))
    assert flat(made)["learning_rate"] == 0.5


def test_a_setting_is_in_its_group():
    made = nested(Settings, n_components=3, learning_rate=0.5)
    assert made == Settings(n_components=3, optimization=OptimizationSettings(learning_rate=0.5))
    assert changed(made, learning_rate=0.25, seed=4) == nested(
        Settings, n_components=3, learning_rate=0.25, seed=4
    )
    assert made.optimization.learning_rate == 0.5


def test_unknown_settings_are_named_with_their_likes():
    with pytest.raises(TypeError, match=r"no setting 'learning_rat'; did you mean .*learning_rate"):
        segment(np.eye(8), n_components=2, learning_rat=1.0)
    with pytest.raises(TypeError, match=r"'qqq'; there is no setting 'zzz'$"):
        nested(TrainSettings, n_components=3, qqq=1, zzz=2)
    with pytest.raises(TypeError, match="'optimization'"):  # a group is no setting
        changed(Settings(n_components=3), optimization=OptimizationSettings())


def test_two_groups_cannot_have_a_setting_of_one_name():
    @dataclass(frozen=True)
    class Group:
        size: int = setting(1, help="Of it.")

    record = dataclasses.make_dataclass("Twice", [("one", Group, Group()), ("other", Group, Group())], frozen=True)
    with pytest.raises(TypeError, match="Twice has two fields 'size'"):
        settings_of(record)


@dataclass(frozen=True)
class Tea:
    """How a cup is made."""

    milk: bool = setting(False, help="With milk.")
    strength: float | str = setting(
        1.0, help="Of it.", word="auto", typed=str, parse=parsing.number_or_word, names=("--how-strong",)
    )


@dataclass(frozen=True)
class Breakfast:
    """A record with a group."""

    guests: int = setting(help="How many.", least=1)
    eggs: str = setting("soft", help="How they are boiled.", panel="Food", choices=("soft", "hard"))
    tea: Tea = Tea()
    jam: str | None = setting(None, help="Which.", panel="Food")

    def __post_init__(self) -> None:
        check(self)


class Kitchen:
    """A command whose options are those of `Breakfast`."""

    def __init__(self) -> None:
        self.served: list[Breakfast] = []
        self.app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

        @self.app.command()
        @options.of_settings(Breakfast, by_preset={"eggs": {"plain": "soft", "grand": "hard"}})
        def breakfast(room: int, *, quiet: bool = False, **typed: Any) -> None:
            self.served.append(nested(Breakfast, **options.values(Breakfast, typed)))

    def __call__(self, *arguments: str):
        return CliRunner().invoke(self.app, list(arguments), env={"COLUMNS": "120", "TERM": "dumb"})


def test_a_new_setting_is_written_once():
    """Its option, its default, its parser and its check come from the field."""
    kitchen = Kitchen()
    assert kitchen("7", "--guests", "2").exit_code == 0
    assert kitchen("7", "--guests", "2", "--milk", "--how-strong", "auto", "--jam", "plum").exit_code == 0
    assert kitchen("7", "--guests", "2", "--how-strong", "3", "--eggs", "hard").exit_code == 0
    assert kitchen.served == [
        Breakfast(2),
        Breakfast(2, tea=Tea(milk=True, strength="auto"), jam="plum"),
        Breakfast(2, eggs="hard", tea=Tea(strength=3.0)),
    ]
    assert "eggs must be one of soft, hard" in str(kitchen("7", "--guests", "2", "--eggs", "raw").exception)
    assert kitchen("7").exit_code == 2  # how many is not known
    text = kitchen("--help").output
    for words in ("--how-strong", "How they are boiled", "plain: soft; grand: hard", "Food", "[default: 1.0]"):
        assert words in text
    assert "--no-milk" not in text
    assert text.index("--guests") < text.index("--how-strong") < text.index("--quiet")


@pytest.mark.parametrize(
    ("text", "value"), [("1:3", (1, 3)), (":3", (None, 3)), ("2:", (2, None)), ("-1:", (-1, None))]
)
def test_slices_are_typed_as_in_python(text, value):
    assert parsing.slices(text) == value


def test_names_have_commas_between():
    assert parsing.names("a, b,,c ") == ("a", "b", "c")
    assert parsing.names("") == ()
