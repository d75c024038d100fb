"""The demo's clips are real videos that honor what was asked."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import pytest

av = pytest.importorskip("av")
np = pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")

from pvideo.demo.clip import Clip, ClipError, render  # noqa: E402
from pvideo.demo.film.lettering import balanced, font, wrap  # noqa: E402
from pvideo.demo.film.plan import ratio, size  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = "A cat walking through a field of flowers in slow motion"
SHORT = {"prompt": PROMPT, "duration": 1, "draft": True, "seed": 7}


def probe(path: Path) -> dict[str, object]:
    """Read what a player would read."""
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        frames = list(file.decode(video))
        facts = {
            "frames": len(frames), "fps": video.average_rate, "codec": video.codec_context.name, "pixels": video.codec_context.pix_fmt,
            "size": (video.width, video.height), "seconds": float(video.duration * video.time_base), "metadata": dict(file.metadata),
            "audio": [s.codec_context.name for s in file.streams.audio], "times": [float(f.pts * f.time_base) for f in frames],
        }  # fmt: skip
        if file.streams.audio:
            facts["audio_seconds"] = float(file.streams.audio[0].duration * file.streams.audio[0].time_base)
    return facts


def pictures(path: Path, *numbers: int) -> list:
    with av.open(str(path)) as file:
        frames = [f.to_ndarray(format="rgb24").astype(int) for f in file.decode(video=0)]
    return [frames[n] for n in numbers]


def boxes(path: Path) -> list[str]:
    data, at, names = path.read_bytes(), 0, []
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big") or len(data)
    return names


def data_uri(image, kind: str = "png") -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def wave(seconds: float) -> str:
    import wave as wav

    buffer = io.BytesIO()
    with wav.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        t = np.arange(int(16000 * seconds)) / 16000
        file.writeframes((np.sin(t * 2 * np.pi * 440) * 9000).astype("<i2").tobytes())
    return "data:audio/wav;base64," + base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    ("given", "width", "height", "frames", "fps", "audio"),
    [
        ({"duration": 1}, 1280, 720, 24, 24, True),
        ({"duration": 1, "fps": 48, "draft": True}, 1280, 720, 48, 48, True),
        ({"duration": 2, "draft": True, "save_audio": False}, 1280, 720, 48, 24, False),
        ({"duration": 1, "draft": True, "aspect_ratio": "9:16"}, 720, 1280, 24, 24, True),
        ({"duration": 1, "draft": True, "aspect_ratio": "4:3"}, 960, 720, 24, 24, True),
        ({"duration": 1, "draft": True, "aspect_ratio": "3:4"}, 720, 960, 24, 24, True),
        ({"duration": 1, "draft": True, "aspect_ratio": "3:2"}, 1080, 720, 24, 24, True),
        ({"duration": 1, "draft": True, "aspect_ratio": "2:3"}, 720, 1080, 24, 24, True),
        ({"duration": 1, "draft": True, "aspect_ratio": "1:1"}, 720, 720, 24, 24, True),
        ({"duration": 1, "draft": True, "resolution": "1080p", "save_audio": False}, 1920, 1080, 24, 24, False),
    ],
)
def test_the_file_is_what_was_asked_for(tmp_path, given, width, height, frames, fps, audio):
    """Length, size, rate and sound are read back from the file itself."""
    clip = render({"prompt": PROMPT, "seed": 3, **given}, tmp_path / "a.mp4")
    facts = probe(tmp_path / "a.mp4")

    assert clip == Clip(frames / fps, width, height, fps, audio)
    assert (facts["frames"], facts["fps"], facts["size"]) == (frames, fps, (width, height))
    assert (facts["codec"], facts["pixels"]) == ("h264", "yuv420p")
    assert facts["seconds"] == pytest.approx(frames / fps, abs=0.001)
    assert facts["times"] == pytest.approx([n / fps for n in range(frames)], abs=0.001)
    assert facts["audio"] == (["aac"] if audio else [])
    if audio:
        assert facts["audio_seconds"] == pytest.approx(frames / fps, abs=0.03)


def test_it_starts_playing_at_once_and_says_that_it_is_a_demo(tmp_path):
    """The index stands before the pictures; title and comment name the demo; nothing is left beside the file."""
    render(SHORT, tmp_path / "a.mp4")

    order = boxes(tmp_path / "a.mp4")
    assert order.index("moov") < order.index("mdat")
    metadata = probe(tmp_path / "a.mp4")["metadata"]
    assert metadata["comment"] == "pvideo demo"
    assert metadata["title"] == PROMPT
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_the_corner_carries_the_mark(tmp_path):
    """The DEMO mark is a dark plate with white letters, over any sky."""
    render({**SHORT, "prompt": "a sunny day", "draft": False}, tmp_path / "a.mp4")

    (first,) = pictures(tmp_path / "a.mp4", 0)
    corner = first[24:54, 1280 - 110 : 1280 - 24].mean(axis=2)
    assert corner.max() > 200
    assert np.median(corner) < first[70:100, 1280 - 110 : 1280 - 24].mean() - 30


def test_the_same_seed_gives_the_same_pictures(tmp_path):
    """Byte for byte, whichever prediction it was; without a seed, the prediction decides."""
    for name, given, prediction in (
        ("a", SHORT, "one"), ("b", SHORT, "two"), ("c", {**SHORT, "seed": 8}, "one"),
        ("d", {**SHORT, "seed": None}, "one"), ("e", {**SHORT, "seed": None}, "two"),
    ):  # fmt: skip
        render(given, tmp_path / name, prediction_id=prediction)
    frames = {name: pictures(tmp_path / name, 12)[0] for name in "abcde"}

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert np.abs(frames["a"] - frames["c"]).mean() > 6
    assert np.abs(frames["d"] - frames["e"]).mean() > 6


def test_a_draft_shows_the_same_scene_more_coarsely(tmp_path):
    """Draft to final keeps the composition and adds detail."""
    render(SHORT, tmp_path / "draft")
    render({**SHORT, "draft": False}, tmp_path / "final")
    draft, final = (pictures(tmp_path / name, 6)[0][:620, :1100].mean(axis=2) for name in ("draft", "final"))

    def detail(picture):
        return np.abs(np.diff(picture, axis=1)).mean()

    assert detail(draft) < 0.75 * detail(final)
    blurred = [p[: 620 // 20 * 20].reshape(31, 20, 55, 20).mean(axis=(1, 3)) for p in (draft, final)]
    assert np.corrcoef(blurred[0].ravel(), blurred[1].ravel())[0, 1] > 0.98


def test_it_moves(tmp_path):
    """No two seconds are the same picture."""
    render({**SHORT, "duration": 2, "save_audio": False}, tmp_path / "a.mp4")
    early, late = pictures(tmp_path / "a.mp4", 2, 40)

    assert np.abs(early - late)[:560].mean() > 2


@pytest.mark.parametrize(
    "prompt", ["", "雪の中の猫", "x" * 3000, "a " * 900, "rain\nsnow\tsea night city forest boat birds desert cat flowers", "🌧️"]
)
def test_every_prompt_gives_a_clip(tmp_path, prompt):
    """Nothing in a prompt can break the drawing."""
    render({"prompt": prompt, "duration": 1, "draft": True, "aspect_ratio": "9:16", "seed": -5}, tmp_path / "a.mp4")

    assert probe(tmp_path / "a.mp4")["frames"] == 24


@pytest.mark.parametrize(
    "motif", ["city", "sea", "forest", "desert", "rain", "snow", "night", "storm", "birds", "boat", "neon city rain", "lake meadow"]
)
def test_every_motif_can_be_drawn_final_and_upright(tmp_path, motif):
    """Each motif in a shape it was not composed for."""
    render({"prompt": f"{motif} with a cat", "duration": 1, "aspect_ratio": "2:3", "seed": 11, "save_audio": False}, tmp_path / "a.mp4")

    assert probe(tmp_path / "a.mp4")["size"] == (720, 1080)


def test_a_first_picture_starts_the_clip_and_shapes_it(tmp_path):
    """The first frame is the picture; its aspect ratio replaces the asked one."""
    picture = Image.linear_gradient("L").resize((900, 600)).convert("RGB")
    clip = render({**SHORT, "image": data_uri(picture), "aspect_ratio": "9:16"}, tmp_path / "a.mp4")
    first, last = pictures(tmp_path / "a.mp4", 0, -1)

    assert (clip.width, clip.height) == (1080, 720)
    wanted = np.asarray(picture.resize((1080, 720)), int)
    assert np.abs(first - wanted)[80:480, :900].mean() < 4
    assert np.abs(last - first)[80:480].mean() > 1


def test_a_last_picture_ends_the_clip(tmp_path):
    """From the drawn scene, or from the first picture, to exactly the last one."""
    red = Image.new("RGB", (640, 360), (200, 30, 40))
    blue = Image.new("RGB", (640, 360), (20, 60, 200))
    for name, extra in (("scene", {}), ("both", {"image": data_uri(blue)})):
        render({**SHORT, "last_frame_image": data_uri(red), **extra}, tmp_path / name)
        first, last = pictures(tmp_path / name, 0, -1)

        assert np.abs(last[100:500, 100:1000] - (200, 30, 40)).mean() < 8
        assert np.abs(first[100:500, 100:1000] - (200, 30, 40)).mean() > 40


def test_sound_that_is_given_sets_the_length(tmp_path):
    """`duration` is ignored then; the sound is the one that was given."""
    clip = render({**SHORT, "duration": 9, "audio": wave(1.5)}, tmp_path / "a.mp4")
    facts = probe(tmp_path / "a.mp4")

    assert (clip.seconds, facts["frames"]) == (1.5, 36)
    with av.open(str(tmp_path / "a.mp4")) as file:
        sound = np.concatenate([f.to_ndarray()[0] for f in file.decode(audio=0)])
    spectrum = np.abs(np.fft.rfft(sound[4800:52800]))
    assert abs(int(spectrum.argmax()) - 440) <= 2


def test_sound_is_capped_at_twenty_seconds(tmp_path):
    """The model's own limit."""
    from pvideo.demo.film.plan import plan

    assert plan({"prompt": "", "audio": wave(21)}, "id").seconds == 20


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"image": "https://example.com/cat.png"}, "image: the demo fetches nothing"),
        ({"image": "data:image/png;base64,AAAA"}, "image: cannot identify"),
        ({"image": "http://127.0.0.1:1/cat.png"}, "image: "),
        ({"audio": "data:audio/wav;base64,AAAA"}, "audio: cannot decode"),
        ({"last_frame_image": "file:///etc/passwd"}, "last_frame_image: the demo fetches nothing"),
    ],
)
def test_an_input_that_cannot_be_read_is_refused_in_the_model_s_words(tmp_path, given, reason):
    """The text is what the failed prediction will say; nothing is left behind."""
    with pytest.raises(ClipError, match="^Input validation error: " + reason):
        render({**SHORT, **given}, tmp_path / "a.mp4")

    assert list(tmp_path.iterdir()) == []


def test_the_sound_is_quiet_and_does_not_click(tmp_path):
    """A pad below half of full scale that begins and ends in silence."""
    import random

    from pvideo.demo.film import sound, words

    for prompt in ("a cat in the rain", "night at sea"):
        made = sound.compose(words.read(prompt, random.Random(1)), 1, 5 * sound.RATE)
        assert made.shape == (2, 5 * sound.RATE)
        assert 0.05 < np.abs(made).max() < 0.5
        assert np.abs(made[:, [0, -1]]).max() < 0.01


def test_shapes():
    """Sides are even, the shorter one is the resolution, and odd shapes are held within bounds."""
    assert size(720, ratio("16:9")) == (1280, 720)
    assert size(1080, ratio("9:16")) == (1080, 1920)
    assert size(720, 1001 / 777)[0] % 2 == 0
    assert size(720, 50) == (2160, 720)
    assert ratio("nonsense") == ratio("1:0") == 16 / 9


def test_a_prompt_is_broken_into_lines_that_fit():
    """Also one long word; what is too much ends in an ellipsis."""
    face = font(20)
    lines = wrap("word " * 100, face, 300, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert len(balanced("one two three four five six seven eight nine ten x", face, 300, 3)[-1]) > 10
    assert all(face.getlength(line) <= 300 for line in [*lines, *wrap("w" * 400, face, 300, 3)])


def test_a_clip_is_small_enough_to_show_at_once(tmp_path):
    """Five seconds of 720p stay within 2.6 MB, also where it rains on a city."""
    render({"prompt": "heavy rain in a neon city", "duration": 5, "seed": 4}, tmp_path / "a.mp4")

    assert 200_000 < (tmp_path / "a.mp4").stat().st_size < 2_600_000
