"""Settings: where they come from, in which order, and what a mistake is told."""

from pathlib import Path

import pytest
from pydantic import SecretStr

import config.settings
from config import ModelSpec, Settings, UserError, load_settings
from config.errors import ConfigError, UnknownModel


@pytest.fixture
def yaml_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty settings file that is in force."""
    path = tmp_path / "mine.yaml"
    path.write_text("")
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(path))
    return path


def test_the_file_that_comes_with_the_program() -> None:
    settings = load_settings()
    assert settings.embedder.name == "all-MiniLM-L6-v2"
    assert {"mistral", "llama", "llama70b", "mixtral8x7b"} <= set(settings.models)
    assert settings.database_url is None


def test_arguments_over_environment_over_file(yaml_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml_file.write_text("passages: {size: 100, overlap: 10}\nretrieval: {k: 3}\n")
    assert (load_settings().passages.size, load_settings().retrieval.k) == (100, 3)
    monkeypatch.setenv("REVIEWDUEL_PASSAGES__SIZE", "200")
    settings = load_settings()
    assert (settings.passages.size, settings.passages.overlap, settings.retrieval.k) == (200, 10, 3)
    assert Settings(home=yaml_file).home == yaml_file


def test_how_a_model_answers(yaml_file: Path) -> None:
    yaml_file.write_text("models: {some: {file: some.gguf}, other: {file: other.gguf, answers: verbatim}}")
    settings = load_settings()
    assert (settings.verbatim.sentences, settings.verbatim.own_line) == (8, False)
    assert [settings.model(name).answers for name in ("some", "other")] == ["free", "verbatim"]
    yaml_file.write_text("verbatim: {sentences: 51}")
    with pytest.raises(ConfigError, match=r"verbatim\.sentences"):
        load_settings()


def test_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = Path(config.settings.__file__).parents[1]
    assert Settings().home == clone / ".reviewduel"
    monkeypatch.setattr(config.settings, "CLONE", tmp_path)
    assert Settings().home.name == "reviewduel"
    assert tmp_path not in Settings().home.parents
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REVIEWDUEL_HOME", "here")
    assert load_settings().home == tmp_path / "here"
    monkeypatch.setenv("REVIEWDUEL_HOME", "~/there")
    assert load_settings().home == Path.home() / "there"
    assert load_settings().models_folder == Path.home() / "there" / "models"


def test_the_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWDUEL_DATABASE_URL", "postgresql://me:hunter2@example.org/reviews")
    settings = load_settings()
    assert settings.database_url == SecretStr("postgresql://me:hunter2@example.org/reviews")
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("embeder: {}", r"unknown key 'embeder'; did you mean 'embedder'\?"),
        ("embedder: {nam: x}", r"unknown key 'embedder\.nam'; did you mean 'name'\?"),
        ("models: {a: {fiel: x, file: y}}", r"unknown key 'models\.a\.fiel'; did you mean 'file'\?"),
        ("models: {a: {}}", r"'models\.a': a model of kind 'gguf' needs 'file'"),
        ("models: {a: {kind: opneai}}", r"'models\.a\.kind' is 'opneai': .*'gguf', 'openai' or 'extractive'"),
        ("models: {a: {kind: openai}}", r"'models\.a': a model of kind 'openai' needs 'url'"),
        ("models: {a: {kind: openai, url: 'http://h', file: y}}", "'file' is not for .* kind 'openai'"),
        ("models: {a: {file: y, stop: ['']}}", "at least 1 character"),
        ("models: {a: {file: y, stop: End}}", "stop"),
        (
            "models: {a: {kind: extractive, answers: verbatim, stop: [End]}}",
            "'stop' is not for a model of kind",
        ),
        ("models: {a: {file: y, concurrency: 2}}", "'concurrency' is not for a model of kind 'gguf'"),
        ("models: {a: {kind: openai, url: localhost:8000}}", r"'models\.a\.url': expected a URL such as"),
        ("models: {a: {kind: openai, url: 'http://a..b/v1'}}", r"'models\.a\.url': .*label empty"),
        ("models: {a: {kind: openai, url: 'http://h:70000/v1'}}", r"'models\.a\.url': Port out of range"),
        ("models: {a: {kind: openai, url: 'http://h:1', api_key: x}}", "did you mean 'api_key_env'"),
        ("passages: {size: 5}", r"'passages\.size' is 5: .*greater than or equal to 50"),
        ("passages: {size: 100, overlap: 100}", r"'passages': an overlap of 100"),
        ("retrieval: {k: many}", r"'retrieval\.k' is 'many'"),
        ("embedder: {metric: euclid}", r"'embedder\.metric' is 'euclid': .*'cosine' or 'dot'"),
        ("a: [", "is not valid YAML"),
        ("passages: {size: 100}\npassages: {scan: false}", "line 2: the key 'passages' is there twice"),
        ("- a list", "expected lines of 'key: value'"),
        ("models: {file: {fiel: x, file: y}}", r"unknown key 'models\.file\.fiel'; did you mean 'file'\?"),
        ("home: ~nobody-of-this-name/there", r"'home': there is no place ~nobody"),
    ],
)
def test_a_mistake_in_the_file(text: str, message: str, yaml_file: Path) -> None:
    yaml_file.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_settings()
    assert str(yaml_file) in str(caught.value)


@pytest.mark.parametrize(
    "secret",
    [
        "url: 'http://me:hunter2@example.org/v1'",
        "url: 'http://example.org/v1?key=hunter2'",
        "{url: 'http://example.org/v1', api_key_env: hunter2}",
        "{url: 'http://example.org/v1', api_key: hunter2}",
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(secret: str, yaml_file: Path) -> None:
    yaml_file.write_text(f"models: {{a: {{kind: openai, {secret.strip('{}')}}}}}")
    with pytest.raises(ConfigError, match=r"api_key_env|NAME of an environment variable") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_a_model_behind_a_server(yaml_file: Path) -> None:
    yaml_file.write_text(
        "models: {far: {kind: openai, url: 'https://h:8000/v1/', served_model: m, api_key_env: A_KEY}}"
    )
    spec = load_settings().model("far")
    assert (spec.remote, spec.url, spec.served_model) == (True, "https://h:8000/v1", "m")
    # What the answer log keeps can be read back.
    assert ModelSpec.model_validate(spec.model_dump(mode="json")) == spec
    assert not ModelSpec(file="m.gguf").remote


def test_a_missing_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", "/nowhere.yaml")
    with pytest.raises(
        ConfigError, match=r"/nowhere\.yaml cannot be read: No such .* correct REVIEWDUEL_SETTINGS"
    ):
        load_settings()


def test_an_empty_home_is_not_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWDUEL_HOME", "")
    with pytest.raises(ConfigError, match="'home': expected the path of a folder"):
        load_settings()


def test_a_variable_that_cannot_be_read(yaml_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWDUEL_RETRIEVAL", "{k: 8")
    with pytest.raises(
        ConfigError, match=r"A REVIEWDUEL_ variable cannot be read: .*retrieval.*REVIEWDUEL_RETRIEVAL__K=8"
    ):
        load_settings()


@pytest.mark.parametrize("variable", ["REVIEWDUEL_EMBEDER__NAME", "REVIEWDUEL_EMBEDDER__NAM"])
def test_a_variable_that_sets_nothing(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "x")
    with pytest.raises(ConfigError, match=r"REVIEWDUEL_.*did you mean '(REVIEWDUEL_EMBEDDER|name)'\?"):
        load_settings()


def test_models_are_found_by_name() -> None:
    settings = Settings(models={"mistral": ModelSpec(file="m.gguf")})
    assert settings.model("mistral") == ModelSpec(name="mistral", file="m.gguf")
    with pytest.raises(UnknownModel, match=r"no model 'mistrl' in the settings; did you mean 'mistral'\?"):
        settings.model("mistrl")


def test_every_error_for_people_is_a_user_error() -> None:
    found = [value for value in vars(config.errors).values() if isinstance(value, type)]
    assert all(issubclass(kind, UserError) and kind.__doc__ for kind in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # pydantic 2 takes true for 1.
        ("models: {m: {file: a.gguf, max_tokens: true}}", "'models.m.max_tokens': true is a switch"),
        ("retrieval: {variety: false}", "'retrieval.variety': false is a switch"),
        ("memory_budget: true", "'memory_budget': true is a switch"),
        # PyYAML 6 reads YAML 1.1: these were 1 and 750.
        ("models: {m: {file: a.gguf, max_tokens: yes}}", "'models.m.max_tokens' is 'yes'"),
        ("passages: {size: 12:30}", "'passages.size' is '12:30'"),
        ("models: {7: {file: a.gguf}}", "'models.7': a name is a text. Write it in quotes: \"7\"."),
        ("models: {1.5: {file: a.gguf}}", "a name is a text"),
        # Neither `--models` nor a link could name them.
        ("models: {'a,b': {file: a.gguf}}", "a model cannot be called 'a,b': no comma"),
        ("models: {'a:free': {file: a.gguf}}", "a model cannot be called 'a:free'"),
        ("models: {' a': {file: a.gguf}}", "a model cannot be called ' a'"),
    ],
)
def test_what_is_read_otherwise_than_meant_is_refused(text: str, said: str, yaml_file: Path) -> None:
    yaml_file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert said in str(refused.value)


def test_numbers_and_names_are_what_they_look_like(yaml_file: Path) -> None:
    # By YAML 1.1, which PyYAML 6 reads, 010000 is 4096, 1e-1 a text, and `on` and `no` are switches.
    yaml_file.write_text(
        "models: {on: {file: a.gguf, n_ctx: 010000}, org/m:7b: {file: b.gguf, temperature: 1e-1}}\n"
        "passages: {scan: no}\nverbatim: {own_line: on}\nmemory_budget: 8e9\n"
    )
    settings = load_settings()
    assert settings.model("on").n_ctx == 10_000
    assert settings.model("org/m:7b").temperature == 0.1
    assert (settings.passages.scan, settings.verbatim.own_line) == (False, True)
    assert settings.memory_budget == 8_000_000_000
