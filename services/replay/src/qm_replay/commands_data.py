"""``qm data``: commands about market data files. Each lives in its own module, imported only when it is used."""

from __future__ import annotations

from importlib import import_module

import click


class _DataCommands(click.Group):
    """A group of commands named ``<name>`` in modules ``qm_replay.commands_<name>``."""

    names = ("synth",)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.names:
            return None
        command = getattr(import_module(f"qm_replay.commands_{cmd_name}"), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"qm_replay.commands_{cmd_name}.{cmd_name} is not a click command")
        return command


@click.group("data", cls=_DataCommands)
def data() -> None:
    """Market data files: make them, look at them."""
