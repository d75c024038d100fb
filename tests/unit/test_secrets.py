"""A token shows nowhere: not in a repr, a pickle, a copy, a traceback, nor in an echo that was cut off."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import traceback

import pytest

from pvideo.secrets import Secret, find_token, redact

REPLICATE = "r8_" + "Q7xT" * 9 + "z"
CLOUDFLARE = "cfut_" + "m4Kp" * 12


@pytest.fixture
def secret():
    return Secret(f"  Bearer {REPLICATE}\n", "REPLICATE_API_TOKEN, environment")


def test_it_shows_its_source_and_length_only(secret):
    assert repr(secret) == str(secret) == f"{secret}" == "Secret(REPLICATE_API_TOKEN, environment, 40 characters)"
    assert secret.reveal() == REPLICATE


def test_no_attribute_holds_the_value(secret):
    shown = [getattr(secret, name) for name in dir(secret) if name != "reveal" and not name.startswith("__")]

    assert REPLICATE not in repr(shown)
    with pytest.raises(TypeError):
        vars(secret)


def test_it_is_not_pickled_nor_serialised(secret):
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)


def test_a_copy_is_itself(secret):
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"token": secret})["token"] is secret


def test_a_traceback_with_locals_shows_nothing(secret):
    def use(token):
        holder = {"token": token}
        raise RuntimeError(str(holder))

    try:
        use(secret)
    except RuntimeError:
        shown = "".join(traceback.TracebackException(*sys.exc_info(), capture_locals=True).format())

    assert "Secret(REPLICATE_API_TOKEN" in shown
    assert REPLICATE[5:15] not in shown


@pytest.mark.parametrize("value", ["", "   ", "two words", "naïve", "a\r\nInjected: header", "tab\tin"])
def test_what_cannot_stand_in_a_header_is_refused_without_showing_it(value):
    with pytest.raises(ValueError, match="one word of plain characters") as caught:
        Secret(value, "CF_AIG_TOKEN")

    assert not value.strip() or value not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "kind"), [(f"x {REPLICATE}", "Replicate token"), (f"{CLOUDFLARE}!", "Cloudflare token"), ("r8_short", None)]
)
def test_a_typed_token_is_found(text, kind):
    assert find_token(text) == kind


def test_a_known_token_of_any_shape_is_found():
    keep = Secret("forty-plain-characters-old-style", "CF_AIG_TOKEN")

    assert find_token("say forty-plain-characters-old-style") == "token"
    assert keep.length == 32


@pytest.mark.parametrize("size", range(6, len(REPLICATE) + 1))
def test_an_echo_cut_at_any_length_is_struck_out(secret, size):
    assert REPLICATE[:size] not in redact(f"you sent {REPLICATE[:size]}")
    assert REPLICATE[-size:] not in redact(f"{REPLICATE[-size:]} is wrong")


def test_what_is_shaped_like_a_token_is_struck_out_unknown_or_not():
    assert redact(f"a {CLOUDFLARE} b") == "a •••• b"


def test_a_secret_that_outlives_the_module_says_nothing_at_the_end():
    code = "import sys, pvideo.secrets as s; sys.kept = s.Secret('a-word-1234567890', 'here'); s._vault = None"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("", "")
