"""A scene: what a prompt and a seed put into the picture, and how a frame of it is painted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from pvideo.demo.film import city, creatures, land, meadow, words
from pvideo.demo.film.canvas import Canvas
from pvideo.demo.film.land import Ridge, View, mix
from pvideo.demo.film.sky import Sky
from pvideo.demo.film.water import Water
from pvideo.demo.film.weather import Falling, Floating, Lens

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.demo.film.strip import Swaying

_WALK = 1.15


class Scene:
    """A picture for every instant of a clip."""

    def __init__(self, prompt: str, view: View) -> None:
        self.subject = words.read(prompt, random.Random(view.seed))
        self.view, self.mood = view, self.subject.mood
        self.horizon = 0.64 if view.width >= view.height else 0.6
        self.sky = Sky(self.mood, view.seed, view.width, view.height, horizon=self.horizon + 0.03)
        self.lens = Lens(view)
        self.parts: list[Callable[[Canvas, float], None]] = []
        self._compose()

    def frame(self, index: int, seconds: float) -> Any:
        """Paint frame number ``index``, which shows the instant ``seconds``."""
        frame = self.sky.frame(seconds)
        canvas = Canvas(frame)
        self.sky.lights(canvas, seconds)
        for paint in self.parts:
            paint(canvas, seconds)
        self.lens.paint(canvas, index)
        return frame

    def _compose(self) -> None:
        place = self.subject.motifs & {"city", "water", "meadow", "forest", "dunes"}
        if "birds" in self.subject:
            self._birds()
        if "city" in place:
            self._city()
        elif "meadow" in place:
            self._meadow(lake="water" in place)
        elif "water" in place:
            self._water()
        elif "dunes" in place:
            self._dunes()
        else:
            self._hills(trees="forest" in place)
        if "cat" in self.subject and "meadow" not in place:
            self._wall()
        self._air()

    def _slide(self, ridge: Ridge) -> None:
        layer, speed = land.build(ridge, self.view), ridge.speed * self.view.unit
        self.parts.append(lambda canvas, seconds: layer.paint(canvas, seconds * speed))

    def _shine(self) -> None:
        self.parts.append(lambda canvas, _: self.sky.shine(canvas))

    def _far(self, *, rise: float = 70, at: float = 0.0) -> None:
        m, base = self.mood, self.horizon + at
        snowy = m.name == "winter"
        top = mix((236, 240, 248), m.haze, 0.35) if snowy else mix(m.haze, m.land, 0.3)
        self._slide(
            Ridge(
                name="far", at=base - 0.09, rise=rise, span=430, speed=4, top=top, bottom=mix(m.haze, m.sky[3], 0.3), octaves=7, rough=0.5
            )
        )
        self._slide(Ridge(name="middle", at=base - 0.02, rise=rise * 0.55, span=330, speed=8, top=mix(m.haze, m.land, 0.5), bottom=m.haze))

    def _hills(self, *, trees: bool) -> None:
        m, white = self.mood, self.mood.name == "winter"
        self._far(rise=100, at=-0.02)
        hill = mix(m.haze, m.land, 0.72), mix(m.haze, m.land, 0.25)
        tall = (34, 84) if trees else (16, 0)
        self._slide(Ridge(name="hill", at=0.74, rise=46, span=420, speed=15, top=hill[0], bottom=hill[1], trees=tall[0], rough=0.4))
        self._shine()
        ground = (228, 234, 244) if white else m.land
        near, rim = (mix(ground, m.haze, 0.1), mix(ground, (4, 6, 12), 0.45)), None if trees else m.sun
        self._slide(
            Ridge(name="near", at=0.87, rise=44, span=520, speed=30, top=near[0], bottom=near[1], trees=tall[1], rim=rim, rough=0.36)
        )

    def _dunes(self) -> None:
        m = self.mood
        lit, shade = mix((232, 170, 106), m.haze, 0.25), mix((120, 66, 48), m.land, 0.45)
        for i, (at, rise, speed) in enumerate(((0.6, 24, 5), (0.68, 40, 11), (0.8, 56, 24))):
            share = 0.62 - 0.26 * i
            self._slide(Ridge(name=f"dune {i}", at=at, rise=rise, span=560 - 40 * i, speed=speed, octaves=2, rough=0.3, depth=260, grain=3,
                              top=mix(lit, m.haze, share), bottom=mix(shade, m.haze, share), rim=m.sun))  # fmt: skip
        self._shine()

    def _water(self) -> None:
        open_sea = random.Random(self.view.seed ^ 0x5EA).random() < 0.5 or "boat" in self.subject
        line = self.horizon + 0.02
        if open_sea:
            m = self.mood
            self._slide(
                Ridge(name="coast", at=line - 0.012, rise=26, span=620, speed=3, top=mix(m.haze, m.land, 0.34), bottom=m.haze, depth=60)
            )
        else:
            self._far(rise=96, at=-0.01)
        if "boat" in self.subject or open_sea:
            self._boat(line)
        self._shine()
        self._surface(line, calm=0.35 if open_sea else 0.8)

    def _surface(self, line: float, *, calm: float) -> None:
        water, unit = Water(self.mood, self.view, line=line, calm=calm, sun=self.sky.sun[0]), self.view.unit
        self.parts.append(lambda canvas, seconds: water.paint(canvas, seconds, unit))

    def _boat(self, line: float) -> None:
        unit, m = self.view.unit, self.mood
        picture = creatures.boat(unit * 0.8, mix(m.land, (0, 0, 0), 0.3), mix((255, 250, 240), m.haze, 0.35))
        start = 0.62 if self.sky.sun[0] < 0.5 else 0.24
        y = int(self.view.height * line - 150 * unit)

        def paint(canvas: Canvas, seconds: float) -> None:
            picture.paint(canvas, int(canvas.width * start + seconds * 9 * unit), y)

        self.parts.append(paint)

    def _city(self) -> None:
        line = 0.8 if self.view.width >= self.view.height else 0.74
        for i, (tall, speed) in enumerate(((300, 4), (260, 9), (190, 17))):
            layer = city.row(self.mood, self.view, f"row {i}", ground=line, tall=tall, near=i / 2, speed=speed)
            pace = speed * self.view.unit
            self.parts.append(lambda canvas, seconds, layer=layer, pace=pace: layer.paint(canvas, seconds * pace))  # type: ignore[misc]
            if i == 0:
                self._shine()
        self._surface(line, calm=0.75)

    def _meadow(self, *, lake: bool) -> None:
        self._far(rise=64, at=-0.03)
        if lake:
            self._surface(self.horizon - 0.04, calm=0.9)
        back = meadow.field(self.subject, self.view, "back", at=self.horizon + 0.01, speed=12, near=0.12)
        unit, walk = self.view.unit, "cat" in self.subject
        ground = creatures.STRIDE / (creatures.STANCE * _WALK) if walk else 34.0
        middle = meadow.field(self.subject, self.view, "middle", at=self.horizon + 0.1, speed=ground, near=0.55)
        self.parts.append(lambda canvas, seconds: back.paint(canvas, seconds * 12 * unit))
        self._shine()
        self.parts.append(lambda canvas, seconds: middle.paint(canvas, seconds * ground * unit))
        if walk:
            self._cat(int(self.view.height * 0.88))
        for blades in meadow.front(self.subject, self.view, speed=ground * 1.35):
            self._sway(blades, ground * 1.35 * unit)
        near = meadow.blurred(self.subject, self.view, speed=ground * 2.2)
        self.parts.append(lambda canvas, seconds: near.paint(canvas, seconds * ground * 2.2 * unit))

    def _sway(self, blades: Swaying, pace: float) -> None:
        self.parts.append(lambda canvas, seconds: blades.paint(canvas, seconds * pace, seconds))

    def _cat(self, feet: int, size: float = 1.12) -> None:
        unit = self.view.unit * size
        light = mix(self.mood.sun, self.mood.haze, 0.0 if self.mood.stars else 0.25)
        strides = creatures.cat(unit, mix((44, 34, 32), self.mood.land, 0.35), light)
        left = 0.36 if self.view.width >= self.view.height else 0.24

        def paint(canvas: Canvas, seconds: float) -> None:
            step = strides[int(seconds / _WALK * len(strides)) % len(strides)]
            step.paint(canvas, int(canvas.width * left + 16 * unit * seconds), feet - int(186 * unit))

        self.parts.append(paint)

    def _wall(self) -> None:
        """Give a cat without a meadow something to walk on."""
        m = self.mood
        pace = creatures.STRIDE / (creatures.STANCE * _WALK)
        dark = mix(m.land, (0, 0, 0), 0.45)
        self._cat(int(self.view.height * 0.905) + int(4 * self.view.unit), size=1.0)
        self._slide(
            Ridge(name="wall", at=0.905, rise=3, span=90, speed=pace, octaves=2, top=dark, bottom=mix(dark, (0, 0, 0), 0.5), rim=m.haze)
        )

    def _birds(self) -> None:
        unit, chance = self.view.unit, random.Random(self.view.seed ^ 0xB1D)
        beats = [creatures.birds(unit * size, mix(self.mood.land, self.mood.haze, 0.2)) for size in (0.6, 0.85, 1.15)]
        flock = [(chance.random(), chance.random(), chance.randrange(3), chance.random()) for _ in range(11)]

        def paint(canvas: Canvas, seconds: float) -> None:
            for x, y, size, phase in flock:
                beat = beats[size][int((seconds * (1.5 + 0.4 * phase) + phase) * 12) % 12]
                px = (x * 0.7 + 0.02) * canvas.width + seconds * (22 + 9 * size) * unit
                beat.paint(canvas, int(px), int((0.12 + 0.34 * y) * canvas.height - seconds * 4 * unit))

        self.parts.append(paint)

    def _air(self) -> None:
        for motif in ("rain", "snow"):
            if motif in self.subject:
                self.parts.append(Falling(self.view, snow=motif == "snow").paint)
        dark = self.mood.stars > 0.2
        if not self.subject.motifs & {"rain", "snow", "city"} and not (dark and "water" in self.subject):
            color = (246, 236, 120) if dark else mix(self.mood.sun, (255, 255, 255), 0.3)
            count = 34 if "meadow" in self.subject else 16
            self.parts.append(Floating(self.view, color, count=count, blink=dark).paint)
