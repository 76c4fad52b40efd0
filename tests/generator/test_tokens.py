"""Prompts as tokens: one BOS, the file's own template, and no control token out of a review."""

from collections.abc import Callable, Iterator
from pathlib import Path

import gguf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.errors import GenerationFailed, ModelUnavailable
from generator.backends.token_counter import TokenCounter
from generator.backends.worker_process import WorkerProcess
from generator.events import Message
from tests.random_weights import CHAT_TEMPLATE
from tests.scripted_model import write_scripted_model

StartWorker = Callable[..., WorkerProcess]
TinyFile = Callable[[str], Path]

UNKNOWN, BOS, EOS = 0, 1, 2
HELLO = [Message("user", "hello")]


@pytest.fixture(scope="module")
def vocabulary(tiny_file: TinyFile) -> list[str]:
    tokens: list[str] = gguf.GGUFReader(tiny_file("llama")).fields["tokenizer.ggml.tokens"].contents()
    return tokens


@pytest.fixture
def with_template(tiny_file: TinyFile, tmp_path: Path) -> Callable[[str], Path]:
    """A tiny Llama with another chat template, of the same length in the file."""

    def write(template: str) -> Path:
        written, wanted = CHAT_TEMPLATE.encode(), template.encode()
        whole = tiny_file("llama").read_bytes()
        assert whole.count(written) == 1
        padded = wanted + b"{#" + b" " * (len(written) - len(wanted) - 4) + b"#}"
        (tmp_path / "model.gguf").write_bytes(whole.replace(written, padded))
        return tmp_path / "model.gguf"

    return write


def text_of(tokens: list[int], vocabulary: list[str]) -> str:
    return "".join(vocabulary[token] for token in tokens).replace("▁", " ").strip()


def test_a_template_that_writes_the_bos_gives_one(
    start_worker: StartWorker, tiny_file: TinyFile, vocabulary: list[str]
) -> None:
    tokens = start_worker(tiny_file("llama")).tokenize(HELLO)
    assert tokens.count(BOS) == 1
    assert tokens[0] == BOS
    # The template's own end of the turn is a token too.
    assert text_of(tokens, vocabulary) == "<s> <|user|>\nhello</s> \n<|assistant|>"


def test_a_template_that_leaves_the_bos_to_the_tokenizer_gives_one(
    start_worker: StartWorker, with_template: Callable[[str], Path], vocabulary: list[str]
) -> None:
    tokens = start_worker(with_template("{{ messages[0]['content'] }}")).tokenize(HELLO)
    assert text_of(tokens, vocabulary) == "<s> hello"


def test_without_a_template_the_contents_follow_one_another_behind_one_bos(
    start_worker: StartWorker, tiny_file: TinyFile, vocabulary: list[str]
) -> None:
    tokens = start_worker(tiny_file("mistral")).tokenize([*HELLO, Message("assistant", "Answer:")])
    assert text_of(tokens, vocabulary) == "<s> hello\n\nAnswer:"


@pytest.fixture(scope="module")
def base_model(tiny_file: TinyFile) -> WorkerProcess:  # type: ignore[misc]
    worker = WorkerProcess(tiny_file("mistral"), 512)
    for _ in worker.load():
        pass
    yield worker
    worker.close()


special_soup = st.lists(
    st.sampled_from(["<s>", "</s>", "<unk>", "<", "s", ">", "/s>", "</", "<0x0A>", " ", "good", "\n"]),
    max_size=12,
).map("".join)


@given(special_soup | st.text(max_size=30))
@example("</s><s>")
@example("<<s>s><unk>")
@example("one \ud800 half")
@example("")
def test_no_text_becomes_a_control_token(base_model: WorkerProcess, text: str) -> None:
    tokens = base_model.tokenize([Message("user", text)])
    assert tokens[0] == BOS
    assert not {UNKNOWN, BOS, EOS} & set(tokens[1:])


@given(st.text("abcxyz ,.", max_size=40).filter(lambda text: text == text.strip()))
def test_ordinary_text_is_left_as_it_is(base_model: WorkerProcess, vocabulary: list[str], text: str) -> None:
    assert text_of(base_model.tokenize([Message("user", text)])[1:], vocabulary) == text


PLAIN = ["\n\n", "\n\n\n", "<b>", "</h1>", "<br/>", "[7]", "word"]
MARKS = ["<start_of_turn>", "<|im_end|>", "[INST]", "<<SYS>>", "<mask>", "### Answer:"]


@pytest.fixture(scope="module")
def like_gemma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WorkerProcess, Path]]:
    """Its tokenizer defines plain text and marks of turns as tokens of the user."""
    path = tmp_path_factory.mktemp("gemma") / "model.gguf"
    template = "{{ bos_token }}{% for m in messages %}{{ m.content }}\n### Answer:{% endfor %}"
    write_scripted_model(path, "Yes.", tags=[*PLAIN, *MARKS], template=template)
    worker = WorkerProcess(path, 512)
    list(worker.load())
    yield worker, path
    worker.close()


def pieces_of(worker: WorkerProcess, path: Path, text: str) -> list[str]:
    known: list[str] = gguf.GGUFReader(path).fields["tokenizer.ggml.tokens"].contents()
    return [known[token] for token in worker.tokenize([Message("user", text)])]


@pytest.mark.parametrize("text", PLAIN)
def test_text_that_the_tokenizer_defines_stays_one_token(
    text: str, like_gemma: tuple[WorkerProcess, Path]
) -> None:
    assert text in pieces_of(*like_gemma, f"one{text}two")


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_of_a_turn_is_taken_apart_even_if_the_user_defined_it(
    mark: str, like_gemma: tuple[WorkerProcess, Path]
) -> None:
    # The template writes one "### Answer:".
    found = pieces_of(*like_gemma, f"one{mark}two\n{mark} three")
    assert found.count(mark) == (mark == "### Answer:")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ raise_exception('only one turn, please') }}", "only one turn, please"),
        ("{{ messages[7].content.x }}", "list object has no element 7"),
        ("{{ 1 // 0 }}", "division"),
        ("{{ messages + 1 }}", "concatenate"),
    ],
)
def test_a_template_that_refuses_is_an_error_in_words_and_no_end(
    template: str, reason: str, start_worker: StartWorker, with_template: Callable[[str], Path]
) -> None:
    worker = start_worker(with_template(template))
    for _ in range(2):
        with pytest.raises(GenerationFailed, match=f"chat template refuses this conversation: .*{reason}"):
            worker.tokenize(HELLO)
    assert worker.alive


def test_a_template_that_is_no_template_makes_the_model_unavailable(
    with_template: Callable[[str], Path],
) -> None:
    worker = WorkerProcess(with_template("{% for %}"), 512)
    with pytest.raises(ModelUnavailable, match="chat template cannot be used: "):
        list(worker.load())
    assert not worker.alive


def test_a_process_that_counts_no_more_is_told_in_words(tiny_file: TinyFile) -> None:
    with TokenCounter(tiny_file("llama")) as counter:
        assert len(counter.tokens(HELLO)) > 1
        counter._process.kill()
        counter._process.wait()
        for _ in range(2):
            with pytest.raises(ModelUnavailable, match=r"tokens of .* cannot be counted"):
                counter.tokens([Message("user", "hello" * 100_000)])
