"""An answer's figures, and what must be read with them, in words. Pure text."""

from generator import Answer
from generator.figures import format_figure, format_memory, remarks


def shown_figures(answer: Answer, kind: str) -> dict[str, str]:
    """Key of a figure → its value as people read it; `kind`: the model's."""
    values = {
        "ttft_s": answer.timing.ttft_s,
        "decode_tok_s": answer.timing.decode_tok_s,
        "words_per_s": answer.words_per_s,
        "words": answer.words,
    }
    shown = {key: format_figure(key, value) for key, value in values.items()}
    peak = answer.memory.peak_rss if answer.memory else None
    return shown | {"peak_rss_bytes": format_memory("peak_rss_bytes", peak, kind)}


def said_of(answer: Answer, kind: str) -> list[str]:
    """What must be read with the figures, and what else a reader could not see."""
    said = remarks(kind, answer.answers)
    if answer.abstained:
        said.append("says that the reviews do not tell")
    if answer.timing.n_reasoning:
        said.append(
            f"reasoned for {answer.timing.n_reasoning} tokens; "
            f"the answer began after {format_figure('ttfo_s', answer.timing.ttfo_s)}"
        )
    if answer.history:
        said.append(f"knew {len(answer.history)} of the earlier questions")
    if answer.history_dropped:
        said.append(f"{answer.history_dropped} earlier questions did not fit its context")
    if answer.shared and answer.timing.threads:
        said.append(f"timing shared: {answer.timing.threads} of the cores while other models answered too")
    elif answer.shared and kind == "openai":
        said.append("timing shared: its server wrote other answers for us too")
    elif answer.shared:
        said.append("timing shared: other models answered too")
    if answer.dropped:
        said.append(f"{answer.dropped} of the passages did not fit its context")
    if answer.invalid_citations:
        cited = ", ".join(f"[{number}]" for number in answer.invalid_citations)
        said.append(f"cites {cited}, which it was not given")
    if answer.stop_reason not in ("end", "stop"):
        said.append(f"stopped: {answer.stop_reason}")
    if answer.flagged:
        said.append(f"look twice: {', '.join(answer.flagged)}")
    return said
