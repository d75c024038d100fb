"""Where a cell's output will be seen."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pvideo.notebook.hosts import cell_id, detect, message_id, notebook_folder


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SERVER_SOFTWARE", "VSCODE_PID", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)


def shell(*, stdin: bool = True, parent: Any = None, **user_ns: Any) -> Any:
    message = parent or {"content": {"allow_stdin": stdin}, "header": {"msg_id": "m1"}, "metadata": {"cellId": "c1"}}
    return SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: message, _allow_stdin=stdin), user_ns=user_ns)


def test_a_kernel_whose_page_can_answer_is_a_notebook() -> None:
    host = detect(shell())

    assert (host.kind, host.has_widgets, host.waits, host.swaps) == ("jupyter", True, False, True)


def test_a_kernel_without_a_person_is_headless_and_waits() -> None:
    host = detect(shell(stdin=False))

    assert (host.kind, host.has_widgets, host.waits, host.has_html) == ("headless", False, True, True)


def test_the_running_request_decides_before_the_kernels_own_flag() -> None:
    running = shell(stdin=True, parent={"content": {"allow_stdin": False}})

    assert detect(running).kind == "headless"


def test_voila_shows_widgets_although_nobody_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")

    host = detect(shell(stdin=False))

    assert (host.kind, host.has_widgets, host.waits, host.swaps) == ("voila", True, False, False)


def test_colab_has_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))

    assert detect(shell()).waits


def test_vs_code_is_known_by_its_own_variable() -> None:
    assert detect(shell(__vsc_ipynb_file__="/x/n.ipynb")).kind == "vscode"


def test_plain_ipython_and_plain_python_show_text(monkeypatch: pytest.MonkeyPatch) -> None:
    assert detect(SimpleNamespace(user_ns={})).kind == "terminal"
    monkeypatch.setattr("pvideo.notebook.hosts.running_shell", lambda: None)
    assert detect().kind == "script"
    assert not detect().has_html


def test_marimo_is_found_by_its_own_word(monkeypatch: pytest.MonkeyPatch) -> None:
    marimo = ModuleType("marimo")
    marimo.running_in_notebook = lambda: True  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    monkeypatch.setattr("pvideo.notebook.hosts.running_shell", lambda: None)

    assert detect().kind == "marimo"


def test_the_folder_of_the_notebook_is_where_the_session_lies(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvideo.notebook.hosts.running_shell", shell)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "a.ipynb"))
    assert notebook_folder() == tmp_path

    monkeypatch.setenv("JPY_SESSION_NAME", "not-a-path")
    monkeypatch.chdir(tmp_path)
    assert notebook_folder() == tmp_path


def test_ids_of_the_running_cell() -> None:
    assert (cell_id(shell()), message_id(shell())) == ("c1", "m1")
    assert (cell_id(SimpleNamespace()), message_id(SimpleNamespace())) == ("", "")
