"""`python -m models`: which models there are, whether they fit, how fast they are; and fetching them."""

import typer
from rich.table import Table

from config import load_settings
from config.command import console, run
from config.errors import ModelUnavailable
from models.catalogue.catalogue import find_spec, models_here
from models.catalogue.inventory import examine
from models.commands import probe_model, pull_model, show_catalogue
from models.files import adapter_in_words, received_bytes, require_adapter, require_file
from models.gguf.architecture import beyond_training, count_in_words
from models.gguf.conversation import manner
from models.gguf.header import Header
from models.memory.fit import fit
from models.memory.room import gib
from models.sources.served import reach, served_name

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
app.command()(fit)
app.command("catalogue")(show_catalogue)
app.command("pull")(pull_model)
app.command("probe")(probe_model)


@app.command("list")
def list_models() -> None:
    """Show the configured models and those on disk, and which servers can be reached."""
    settings = load_settings()
    table = Table("model", "on disk", "parameters", "kind", "memory, predicted")
    remarks = []
    specs = [find_spec(name, settings) for name in dict.fromkeys([*settings.models, *models_here(settings)])]
    reached = reach([spec for spec in specs if spec.remote])
    for spec in specs:
        name = spec.name
        if spec.remote:
            problem = reached[name]
            table.add_row(f"{name} (remote)", "unreachable" if problem else "reachable", "", "", "remote")
            remarks.append(problem or f"{name}: {served_name(spec)} at {spec.url}")
            continue
        if spec.kind == "extractive":
            table.add_row(f"{name} (no language model)", "built in", "", "", "the embedder's")
            continue
        try:
            path = require_file(spec, settings)
        except ModelUnavailable as error:
            remarks.append(str(error))
            table.add_row(name, "-", "", "", "")
            continue
        try:
            found = examine(path, spec.n_ctx, require_adapter(spec, settings))
        except ModelUnavailable as error:
            # One download that broke off must not hide the other models.
            remarks.append(f"{name}: {error}")
            table.add_row(name, gib(received_bytes(path)), "", "", "unusable")
            continue
        if spec.adapter:
            remarks.append(f"{name}: with the adapter {adapter_in_words(spec)}.")
        if warning := beyond_training(found.header, spec.n_ctx):
            remarks.append(f"{name}: {warning}")
        table.add_row(
            name,
            gib(received_bytes(path)),
            count_in_words(found.header.parameters),
            _kind(found.header),
            f"{gib(found.predicted.process)} at {spec.n_ctx} tokens",
        )
    console.print(table)
    console.print(f"Looked in {settings.models_folder}", soft_wrap=True)
    for line in remarks:
        console.print(line, soft_wrap=True)


def _kind(header: Header) -> str:
    found = manner(header)
    return found.short if found else ""


if __name__ == "__main__":
    run(app)
