"""`python -m models`: which models there are, whether they fit, how fast they are; and fetching them."""

import typer
from rich.table import Table

from config import Settings, load_settings
from config.command import console, run
from config.errors import ModelUnavailable
from models.catalogue.catalogue import EXTRACTIVE
from models.catalogue.inventory import examine
from models.commands import probe_model, pull_model, show_catalogue
from models.files import how_to_get, model_path
from models.memory.fit import fit
from models.memory.room import gib
from models.sources.served import reach, served_name
from models.tiny.random_weights import write_random_model

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
app.command()(fit)
app.command("catalogue")(show_catalogue)
app.command("pull")(pull_model)
app.command("probe")(probe_model)


@app.command("list")
def list_models() -> None:
    """Show the configured models, with what is on disk, and which servers can be reached."""
    settings = load_settings()
    table = Table("model", "on disk", "parameters", "memory, predicted")
    remarks = []
    specs = [*(settings.model(name) for name in settings.models), EXTRACTIVE]
    reached = reach([spec for spec in specs if spec.remote])
    for spec in specs:
        name = spec.name
        if spec.remote:
            problem = reached[name]
            table.add_row(f"{name} (remote)", "unreachable" if problem else "reachable", "", "remote")
            remarks.append(problem or f"{name}: {served_name(spec)} at {spec.url}")
            continue
        if spec.kind == "extractive":
            table.add_row(f"{name} (no language model)", "built in", "", "the embedder's")
            continue
        path = model_path(spec, settings)
        if not path.is_file():
            remarks.append(f"{name}: {spec.file} is missing. {how_to_get(spec)}")
            table.add_row(name, "-", "", "")
            continue
        try:
            found = examine(path, spec.n_ctx)
        except ModelUnavailable as error:
            # One download that broke off must not hide the other models.
            remarks.append(f"{name}: {error}")
            table.add_row(name, gib(path.stat().st_size), "", "unusable")
            continue
        table.add_row(
            name + (" (random weights)" if spec.random_weights else ""),
            gib(path.stat().st_size),
            _count(found.header.parameters),
            f"{gib(found.predicted.process)} at {spec.n_ctx} tokens",
        )
    console.print(table)
    console.print(f"Looked in {settings.models_folder}", soft_wrap=True)
    for line in remarks:
        console.print(line, markup=False, soft_wrap=True)


@app.command()
def tiny() -> None:
    """Write the configured models of random weights, a few megabytes each, unless they are there."""
    settings = load_settings()
    for name in settings.models:
        write_if_missing(name, settings)


def write_if_missing(name: str, settings: Settings) -> None:
    """Write one model of random weights; the others are left to their downloads."""
    spec = settings.model(name)
    if spec.random_weights and not (path := model_path(spec, settings)).is_file():
        write_random_model(path, spec.random_weights)
        console.print(f"wrote {path} (random weights: its answers are noise)", soft_wrap=True)


def _count(parameters: int) -> str:
    if parameters >= 1e9:
        return f"{parameters / 1e9:.1f} billion"
    return f"{parameters / 1e6:.1f} million"


if __name__ == "__main__":
    run(app)
