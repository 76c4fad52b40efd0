"""`python -m models`: which models there are, whether they fit, how fast they are; and fetching them."""

import typer
from rich.table import Table

from config import ModelSpec, load_settings
from config.command import console, run
from config.errors import ModelUnavailable
from models.catalogue.catalogue import EXTRACTIVE, find_spec
from models.catalogue.inventory import examine
from models.commands import probe_model, pull_model, show_catalogue
from models.files import adapter_in_words, how_to_get, model_path, require_adapter
from models.gguf.architecture import count_in_words
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
    specs = [find_spec(name, settings) for name in dict.fromkeys([*settings.models, EXTRACTIVE.name])]
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
            found = examine(path, spec.n_ctx, require_adapter(spec, settings))
        except ModelUnavailable as error:
            # One download that broke off must not hide the other models.
            remarks.append(f"{name}: {error}")
            table.add_row(name, gib(path.stat().st_size), "", "unusable")
            continue
        table.add_row(
            name + _kind(spec),
            gib(path.stat().st_size),
            count_in_words(found.header.parameters),
            f"{gib(found.predicted.process)} at {spec.n_ctx} tokens",
        )
    console.print(table)
    console.print(f"Looked in {settings.models_folder}", soft_wrap=True)
    for line in remarks:
        console.print(line, soft_wrap=True)


def _kind(spec: ModelSpec) -> str:
    """What must be known of a model, behind its name."""
    if spec.adapter:
        return f" (with {adapter_in_words(spec)})"
    return " (random weights)" if spec.random_weights else ""


@app.command()
def tiny() -> None:
    """Write the configured models of random weights, a few megabytes each, unless they are there."""
    settings = load_settings()
    for name in settings.models:
        spec = settings.model(name)
        if spec.random_weights and not (path := model_path(spec, settings)).is_file():
            write_random_model(path, spec.random_weights)
            said = f"wrote {path} (random weights: its answers are noise)"
            console.print(said, soft_wrap=True)


if __name__ == "__main__":
    run(app)
