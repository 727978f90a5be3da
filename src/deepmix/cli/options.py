"""Options: those that several commands share, and those made from the fields of settings."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from deepmix.segmentation.settings import Settings
from deepmix.settings import RUN, Setting, settings_of

Command = TypeVar("Command", bound=Callable[..., None])


def option_of(field: Setting, shown: bool | str = True) -> Any:
    """The option that sets a field. shown: whether the help shows its default, or the text to show instead."""
    about = field.about
    names = about.names or ((f"--{field.name.replace('_', '-')}",) if field.default is False else ())
    return typer.Option(*names, help=about.help, rich_help_panel=about.panel, show_default=shown)


Results = Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")]
Mask = Annotated[Path | None, typer.Option(help="Mask: only pixels that are not 0 count.")]
ChannelsAre = Annotated[
    str | None,
    typer.Option(help="Channels of a TIFF that does not name them: pages or samples; else it is a volume."),
]
Backend = Annotated[str, option_of(settings_of(Settings)["backend"])]
Ambiguity = Annotated[bool, typer.Option("--ambiguity", help="Write how unsure the label of each pixel is.")]
Probabilities = Annotated[bool, typer.Option("--probabilities", help="Write the class probabilities.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Allow a folder that is not empty.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out cases that cannot be used.")]
NoCompilationCache = Annotated[
    bool,
    typer.Option(
        "--no-compilation-cache", help="Do not keep compiled programs for the next run.", rich_help_panel=RUN
    ),
]


def of_settings(
    record: type, *, besides: Sequence[str] = (), by_preset: Mapping[str, Mapping[str, Any]] | None = None
) -> Callable[[Command], Command]:
    """Give a command an option for each field of a record of settings, at the `*` among its own parameters.

    The command gets what was typed as its `**typed`, by the flat names of the fields; see `values`.
    besides: fields without an option. by_preset: for each field that presets set, its value in every preset, or
    for each field whose default depends on another option, the values by what they are for.
    """

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command)
        own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        place = sum(each.kind is not each.KEYWORD_ONLY for each in own)
        fields = [field for name, field in settings_of(record).items() if name not in besides]
        derived = [_parameter(field, (by_preset or {}).get(field.name)) for field in fields]
        every = [each.replace(kind=each.KEYWORD_ONLY) for each in (*own[:place], *derived, *own[place:])]
        command.__signature__ = signature.replace(parameters=every)  # type: ignore[attr-defined]
        return command

    return decorate


def values(record: type, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields that were typed; the others keep the default, or the value of the preset."""
    known, given = settings_of(record), {name: text for name, text in typed.items() if text is not None}
    parsers = {name: known[name].about.parse for name in given}
    return {name: parse(given[name]) if (parse := parsers[name]) else given[name] for name in given}


def files(typed: Mapping[str, Any]) -> list[Path]:
    """The files among the values that were typed."""
    return [each for each in typed.values() if isinstance(each, Path)]


def _parameter(field: Setting, by_preset: Mapping[str, Any] | None) -> inspect.Parameter:
    """The option of a field as a parameter of a command."""
    option, default = option_of(field), field.default
    if by_preset is not None:
        option = option_of(field, "; ".join(f"{preset}: {value}" for preset, value in by_preset.items()))
        default = None
    kind = field.about.typed or field.type
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if default is MISSING else default,
        annotation=Annotated[kind | None if default is None else kind, option],
    )
