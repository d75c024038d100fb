"""From the words of a prompt to what the picture shows: a mood (light and colors) and motifs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """The light of a scene. Colors are sRGB 0..255; ``sky`` runs from the zenith down to the horizon."""

    name: str
    sky: tuple[Color, Color, Color, Color]
    sun: Color
    cloud: tuple[Color, Color]
    haze: Color
    land: Color
    clouds: float = 0.5
    glow: float = 1.0
    stars: float = 0.0
    height: float = 0.32
    minor: bool = False


MOODS = {
    m.name: m
    for m in (
        Mood(
            name="golden",
            sky=((72, 108, 160), (140, 160, 184), (240, 204, 156), (255, 228, 172)),
            sun=(255, 234, 180),
            cloud=((255, 226, 190), (176, 156, 160)),
            haze=(238, 206, 158),
            land=(46, 54, 30),
            clouds=0.45,
            glow=1.15,
            height=0.2,
        ),
        Mood(
            name="dawn",
            sky=((56, 80, 136), (120, 130, 178), (230, 166, 162), (255, 212, 172)),
            sun=(255, 222, 186),
            cloud=((255, 204, 190), (146, 128, 168)),
            haze=(232, 186, 180),
            land=(40, 48, 70),
            height=0.12,
        ),
        Mood(
            name="sunset",
            sky=((36, 38, 92), (118, 60, 120), (236, 108, 84), (255, 194, 106)),
            sun=(255, 214, 140),
            cloud=((255, 146, 92), (106, 54, 102)),
            haze=(236, 134, 100),
            land=(30, 20, 42),
            clouds=0.6,
            glow=1.3,
            height=0.1,
        ),
        Mood(
            name="day",
            sky=((30, 92, 174), (82, 146, 212), (156, 200, 232), (224, 236, 240)),
            sun=(255, 250, 232),
            cloud=((255, 255, 255), (170, 188, 212)),
            haze=(188, 212, 226),
            land=(30, 70, 54),
            clouds=0.55,
            glow=0.6,
            height=0.62,
        ),
        Mood(
            name="dusk",
            sky=((16, 22, 58), (50, 50, 108), (140, 88, 138), (236, 148, 138)),
            sun=(255, 196, 168),
            cloud=((214, 128, 150), (46, 42, 88)),
            haze=(150, 100, 142),
            land=(16, 16, 38),
            stars=0.35,
            height=0.04,
            minor=True,
        ),
        Mood(
            name="night",
            sky=((5, 8, 26), (10, 20, 52), (22, 42, 86), (60, 90, 130)),
            sun=(238, 242, 255),
            cloud=((64, 82, 122), (16, 24, 52)),
            haze=(44, 68, 108),
            land=(5, 9, 20),
            clouds=0.35,
            glow=0.5,
            stars=1.0,
            height=0.6,
            minor=True,
        ),
        Mood(
            name="storm",
            sky=((38, 46, 60), (62, 74, 90), (100, 114, 126), (154, 164, 168)),
            sun=(206, 214, 220),
            cloud=((142, 154, 164), (46, 54, 66)),
            haze=(122, 136, 146),
            land=(22, 30, 36),
            clouds=0.95,
            glow=0.25,
            height=0.5,
            minor=True,
        ),
        Mood(
            name="winter",
            sky=((92, 124, 168), (144, 170, 204), (196, 212, 230), (238, 238, 240)),
            sun=(255, 246, 232),
            cloud=((250, 250, 252), (170, 184, 206)),
            haze=(204, 216, 230),
            land=(52, 70, 96),
            clouds=0.6,
            glow=0.55,
            height=0.3,
        ),
        Mood(
            name="neon",
            sky=((12, 8, 36), (40, 18, 80), (118, 34, 118), (236, 98, 140)),
            sun=(255, 150, 170),
            cloud=((150, 60, 150), (30, 16, 66)),
            haze=(116, 44, 126),
            land=(10, 6, 26),
            stars=0.3,
            glow=0.9,
            height=0.1,
            minor=True,
        ),
    )
}

_LIGHT = (
    ("neon", "neon cyberpunk synthwave vaporwave"),
    ("storm", "storm thunder thunderstorm overcast gloomy"),
    ("winter", "winter snow snowy snowfall blizzard ice frozen frost arctic christmas"),
    ("night", "night midnight moon moonlit moonlight stars starry galaxy space cosmic milky dark firefly fireflies"),
    ("sunset", "sunset sundown fire lava volcano"),
    ("dusk", "dusk twilight evening blue-hour"),
    ("dawn", "dawn sunrise morning mist misty fog foggy"),
    ("golden", "golden autumn fall harvest honey"),
    ("day", "day noon sunny midday summer blue"),
)
_MOTIFS = {
    "city": "city street skyline tokyo york london paris urban downtown skyscraper skyscrapers town metropolis cyberpunk buildings",
    "water": "sea ocean beach wave waves lake river water harbor harbour coast shore island boat sail ship pond surf",
    "meadow": "flower flowers wildflowers meadow field garden blossom blossoms poppy poppies daisy daisies tulip tulips lavender spring",
    "forest": "forest tree trees wood woods jungle pine pines taiga",
    "dunes": "desert dune dunes sand sahara",
    "rain": "rain rainy raining drizzle downpour umbrella storm thunderstorm",
    "snow": "snow snowy snowfall blizzard snowing winter christmas",
    "cat": "cat cats kitten kitty kittens tomcat",
    "birds": "bird birds gull gulls seagull seagulls swallow swallows crane cranes geese flock",
    "boat": "boat sail sailing sailboat ship yacht",
}
_FLOWERS: dict[str, Color] = {
    "red": (214, 46, 44), "poppies": (222, 52, 38), "poppy": (222, 52, 38), "pink": (240, 130, 176), "tulips": (236, 92, 120),
    "purple": (142, 92, 200), "lavender": (150, 116, 206), "blue": (86, 118, 214), "yellow": (250, 206, 66), "white": (248, 246, 238),
    "daisies": (250, 248, 240), "orange": (246, 144, 52),
}  # fmt: skip
_PALETTES: tuple[tuple[Color, ...], ...] = (
    ((222, 60, 46), (250, 246, 236), (250, 206, 80)),
    ((240, 138, 178), (252, 244, 240), (168, 112, 210)),
    ((104, 124, 220), (250, 210, 96), (248, 246, 240)),
    ((246, 150, 60), (222, 62, 74), (252, 232, 180)),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What to draw: the light, the motifs by name, and the colors of flowers."""

    mood: Mood
    motifs: frozenset[str]
    flowers: tuple[Color, ...]

    def __contains__(self, motif: str) -> bool:
        return motif in self.motifs


def read(prompt: str, chance: random.Random) -> Subject:
    """Read a prompt; what it leaves open, ``chance`` decides (so the seed does)."""
    words = re.findall(r"[a-z-]+", prompt.lower())
    found = {name for name, vocabulary in _MOTIFS.items() if set(words) & set(vocabulary.split())}
    places = found & {"city", "water", "meadow", "forest", "dunes"}
    picks = (chance.choice(("hills", "hills", "water", "forest")), chance.choice(_PALETTES), chance.random())
    if not places:
        found.add("meadow" if "cat" in found else picks[0])
    named = tuple(_FLOWERS[word] for word in words if word in _FLOWERS)
    flowers = (*named, (250, 246, 236)) if named else picks[1]
    return Subject(_tinted(_light(words, found, chance), chance), frozenset(found), flowers)


def _light(words: list[str], found: set[str], chance: random.Random) -> Mood:
    guess = chance.choice(("golden", "dawn", "sunset", "dusk", "day"))
    if "meadow" in found:
        guess = chance.choice(("golden", "golden", "golden", "dawn", "day"))
    if "city" in found:
        guess = chance.choice(("dusk", "sunset", "night"))
    if "rain" in found:
        guess = "storm"
    named = next((name for name, vocabulary in _LIGHT if set(words) & set(vocabulary.split())), guess)
    if named == "night" and "city" in found and "rain" in found:
        named = "neon"
    return MOODS[named]


def _tinted(mood: Mood, chance: random.Random) -> Mood:
    """Give each seed its own white balance and its own sun, so that two takes differ at a glance."""
    warm, green = chance.uniform(-0.09, 0.09), chance.uniform(-0.05, 0.05)

    def tint(color: Color) -> Color:
        gains = (1 + warm, 1 + green, 1 - warm)
        r, g, b = (min(255.0, c * k) for c, k in zip(color, gains, strict=True))
        return (r, g, b)

    a, b, c, d = mood.sky
    return replace(
        mood, sky=(tint(a), tint(b), tint(c), tint(d)), haze=tint(mood.haze), cloud=(tint(mood.cloud[0]), tint(mood.cloud[1])),
        clouds=mood.clouds * chance.uniform(0.75, 1.2), height=max(0.03, mood.height + chance.uniform(-0.06, 0.1)),
    )  # fmt: skip
