"""Sound for a clip: a quiet pad of chords in the seed's key, and what the scene would sound like (rain, waves, wind)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pvideo.demo.film import noise

if TYPE_CHECKING:
    from pvideo.demo.film.canvas import Floats
    from pvideo.demo.film.words import Subject

RATE = 48000
_MAJOR = ((0, 7, 12, 16, 23), (-3, 4, 12, 16, 19), (5, 12, 16, 21, 24), (-5, 7, 11, 14, 19))
_MINOR = ((0, 7, 12, 15, 22), (-4, 3, 12, 15, 19), (3, 10, 14, 19, 22), (-2, 5, 10, 14, 17))
_CHORD = 4.0


def compose(subject: Subject, seed: int, samples: int) -> Floats:
    """Return stereo sound, shape (2, samples), within -1..1."""
    rng = noise.source(seed, "sound")
    t: Floats = np.arange(samples, dtype=np.float32) / np.float32(RATE)
    key = 45 + int(rng.integers(0, 10))
    out = np.zeros((2, samples), np.float32)
    chords = _MINOR if subject.mood.minor else _MAJOR
    first = int(rng.integers(0, 4))
    for i in range(int(samples / RATE / _CHORD) + 2):
        _chord(out, t, [key + tone for tone in chords[(first + i) % 4]], i * _CHORD - 1.2, rng)
    _weather(out, subject, rng, t)
    fade = np.clip(np.minimum(t / 0.35, (samples / RATE - t) / 0.6), 0, 1)
    return np.asarray(np.tanh(out * fade) * 0.8, np.float32)


def _chord(out: Floats, t: Floats, tones: list[int], start: float, rng: np.random.Generator) -> None:
    first, last = np.searchsorted(t, (start, start + _CHORD + 2.4))
    span = t[first:last]
    if not len(span):
        return
    swell = np.sin(np.clip((span - start) / (_CHORD + 2.4), 0, 1) * np.pi).astype(np.float32) ** 1.5
    for i, tone in enumerate(tones):
        pitch = 440 * 2 ** ((tone - 69) / 12)
        side = 0.5 + 0.35 * (-1) ** i
        for partial, level in ((1, 0.058), (2, 0.017), (3, 0.006)):
            drift = 1 + float(rng.uniform(-0.0016, 0.0016))
            angle = span * np.float32(2 * np.pi * pitch * partial * drift) + np.float32(rng.uniform(0, 6.28))
            wave = np.sin(angle) * swell * np.float32(level)
            out[0, first:last] += wave * (1 - side)
            out[1, first:last] += wave * side


def _weather(out: Floats, subject: Subject, rng: np.random.Generator, t: Floats) -> None:
    if "rain" in subject:
        out += _hiss(rng, out.shape[1], 900, 9000) * np.float32(0.035)
    if "water" in subject:
        out += _hiss(rng, out.shape[1], 120, 1400) * (0.02 + 0.026 * (0.5 + 0.5 * np.sin(t * 1.1)) ** 2)
    if not subject.motifs & {"rain", "water", "city"}:
        out += _hiss(rng, out.shape[1], 180, 700) * (0.006 + 0.01 * (0.5 + 0.5 * np.sin(t * 0.7 + 2)))


def _hiss(rng: np.random.Generator, samples: int, low: float, high: float) -> Floats:
    """Return noise between two frequencies (hertz), about -1..1; three seconds of it, repeated."""
    size = RATE * 3
    waves = np.fft.rfft(rng.standard_normal((2, size)).astype(np.float32))
    at = np.fft.rfftfreq(size, 1 / RATE)
    waves *= 1 / (1 + (low / np.maximum(at, 1)) ** 4) / (1 + (at / high) ** 2)
    loop = np.fft.irfft(waves, size).astype(np.float32)
    loop /= loop.std() * 3
    return np.asarray(np.tile(loop, (1, samples // size + 1))[:, :samples], np.float32)
