"""What `import pvideo` gives, and that it costs nothing."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

import pvideo
from pvideo import settings


def run(code: str) -> str:
    """Run code in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_public_names_are_sorted_and_all_there() -> None:
    assert pvideo.__all__ == sorted(pvideo.__all__)
    for name in pvideo.__all__:
        assert getattr(pvideo, name) is not None
    assert set(pvideo.__all__) <= set(dir(pvideo))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'video'"):
        _ = pvideo.video


def test_importing_loads_nothing_heavy() -> None:
    heavy = run("""
        import sys, pvideo
        print([name for name in ("httpx", "jsonschema", "PIL", "av", "anywidget", "ipywidgets", "IPython", "sqlite3", "asyncio")
               if name in sys.modules])
    """)

    assert heavy == "[]"


def test_importing_takes_at_most_25_milliseconds() -> None:
    code = """
        import time
        begin = time.process_time()
        import pvideo
        print(time.process_time() - begin)
    """

    # The processor's time, and the best of some: other work on the machine only ever adds.
    assert min(float(run(code)) for _ in range(5)) < 0.025


def test_code_without_a_notebook_loads_no_widgets() -> None:
    loaded = run("""
        import sys, pvideo
        pvideo.generate, pvideo.Video
        print([name for name in ("anywidget", "ipywidgets", "IPython") if name in sys.modules])
    """)

    assert loaded == "[]"


def test_the_root_ties_video_and_notebook_together() -> None:
    assert pvideo.Video.display_hook is not None
    assert pvideo.Video.__module__ == "pvideo.job.video"


def test_configure_sets_and_refuses() -> None:
    try:
        pvideo.configure(budget_day=7)
        assert settings.current().budget_day == 7
        with pytest.raises(pvideo.SettingsError, match="budgt_day"):
            pvideo.configure(budgt_day=7)
    finally:
        settings.reset()


def test_configure_turns_the_demo_on_and_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvideo.notebook.demonstration.demo_endpoint", lambda: None)
    try:
        pvideo.configure(demo=True)
        assert settings.demo_is_on()
        pvideo.configure(demo=False)
        assert not settings.demo_is_on()
    finally:
        settings.reset()


def test_every_error_is_public_and_of_one_family() -> None:
    from pvideo import errors

    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.PVideoError)}

    assert classes == {name for name in pvideo.__all__ if name.endswith("Error")}
