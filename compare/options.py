"""The options of `python -m compare run`: one for each key of an experiment, and those of the run itself.

Knows how they are spelled and explained; knows nothing of what is done with them.
"""

from pathlib import Path
from typing import Annotated

import typer

from compare.plan.experiment import PassageUnit
from config import AnswerMode
from generator.events import TimingMode

_KEYS = "The experiment, in place of the file's keys"
_RUN = "The run"

File = Annotated[
    Path | None,
    typer.Argument(
        metavar="EXPERIMENT",
        help="An experiment file (YAML). Without: the published experiment's questions.",
    ),
]
Models = Annotated[
    str | None,
    typer.Option(
        help="Names from settings or catalogue, with commas: a,b,b:verbatim,b@short. Default: all on disk, "
        "and extractive.",
        rich_help_panel=_KEYS,
    ),
]
Products = Annotated[
    int | None,
    typer.Option(
        help="How many of the first products; default: those of the question set, else 10.",
        min=1,
        rich_help_panel=_KEYS,
    ),
]
Product = Annotated[
    list[str] | None,
    typer.Option(help="Any id of a product, in place of the first ones; repeatable.", rich_help_panel=_KEYS),
]
Questions = Annotated[
    Path | None,
    typer.Option(
        help="A question set (YAML), such as data/experiment-questions.yaml.", rich_help_panel=_KEYS
    ),
]
Question = Annotated[
    list[str] | None,
    typer.Option(help="A question, in place of the experiment's; repeatable.", rich_help_panel=_KEYS),
]
K = Annotated[
    int | None,
    typer.Option(
        "-k",
        "--k",
        help="Passages for each question; default: the settings' retrieval.k.",
        min=1,
        max=50,
        rich_help_panel=_KEYS,
    ),
]
Passages = Annotated[
    PassageUnit | None, typer.Option(help="Pieces of reviews, or whole reviews.", rich_help_panel=_KEYS)
]
Answers = Annotated[
    AnswerMode | None,
    typer.Option(
        help="How models answer whose names do not say it; default: as in the settings.",
        rich_help_panel=_KEYS,
    ),
]
Mode = Annotated[
    TimingMode | None,
    typer.Option(
        help="How times are taken; default: measured, every prompt read anew.", rich_help_panel=_KEYS
    ),
]
Throughput = Annotated[
    bool,
    typer.Option(
        "--throughput",
        help="The same answers as fast as this machine can, several at a time (--mode throughput); the time "
        "of each alone is then not known.",
        rich_help_panel=_KEYS,
    ),
]
Repeats = Annotated[
    int | None,
    typer.Option(
        help="Answers to each question, each with another seed; default: the question set's, else 3.",
        min=1,
        rich_help_panel=_KEYS,
    ),
]
Seed = Annotated[
    int | None, typer.Option(help="Shuffles models and questions; default: 0.", rich_help_panel=_KEYS)
]
Context = Annotated[
    int | None,
    typer.Option(
        "--n-ctx", help="Tokens of context, of every model; default: its own.", rich_help_panel=_KEYS
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(help="Temperature of every model, 0 to 2; default: its own.", rich_help_panel=_KEYS),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(help="Tokens of an answer, of every model; default: its own.", rich_help_panel=_KEYS),
]
Scores = Annotated[
    str | None,
    typer.Option(help="Scores that the report has, with commas; default: all.", rich_help_panel=_KEYS),
]
Judge = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="A model that marks every answer and compares each two, once all are given.",
        rich_help_panel=_KEYS,
    ),
]
FailIf = Annotated[
    list[str] | None,
    typer.Option(
        help='Exit with 3 if this holds: "mistral.decode_tok_s < 8"; repeatable.', rich_help_panel=_KEYS
    ),
]

Name = Annotated[str, typer.Option(help="Name of the run; default: the time.", rich_help_panel=_RUN)]
Replace = Annotated[
    bool, typer.Option("--replace", help="Forget a run of the same name.", rich_help_panel=_RUN)
]
SkipMissing = Annotated[
    bool,
    typer.Option(
        "--skip-missing", help="Leave out models whose file is missing, and say so.", rich_help_panel=_RUN
    ),
]
ShowAnswers = Annotated[
    bool,
    typer.Option(
        "--show-answers",
        help="At the end, print each contestant's answer to the first question.",
        rich_help_panel=_RUN,
    ),
]
Resume = Annotated[
    str | None,
    typer.Option(
        metavar="RUN",
        help="Give the answers that this run still lacks, as its stored plan says.",
        rich_help_panel=_RUN,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for the files; default: runs/NAME in REVIEWDUEL_HOME.", rich_help_panel=_RUN),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print the summary for machines, and nothing else.", rich_help_panel=_RUN),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Print the plan, what it takes, and what will not fit.", rich_help_panel=_RUN
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Load models even if they do not fit.", rich_help_panel=_RUN)
]
