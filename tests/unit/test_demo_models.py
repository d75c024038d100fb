"""The stand-ins of other models: real files of every kind, and models that misbehave; the store of input files."""

from __future__ import annotations

import asyncio
import io
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.support.demo import InProcess

from pvideo.demo.others import PRIVATE, all_models

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def demo(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path, delivery_host="http://127.0.0.1:8002")


def made(demo: InProcess, model: str, **given: Any) -> Any:
    """Create a prediction and return how it ended."""
    described = demo.request("GET", f"/models/{model}").json()
    version = model if described["is_official"] else f"{model}:{described['latest_version']['id']}"
    answer = demo.request("POST", "/predictions", data={"version": version, "input": given})
    assert answer.status_code == 201, answer.text
    demo.clock.advance(60)
    return demo.request("GET", f"/predictions/{answer.json()['id']}").json()


def fetched(demo: InProcess, url: str) -> httpx.Response:
    answer = demo.request("GET", "", url=url, headers={})
    assert answer.status_code == 200
    return answer


def picture(side: int = 8) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (side, side), (200, 40, 40)).save(file, "PNG")
    return file.getvalue()


def data_uri(data: bytes) -> str:
    import base64

    return "data:image/png;base64," + base64.b64encode(data).decode()


def test_images_are_real_and_of_the_asked_kind_and_number(demo: InProcess) -> None:
    from PIL import Image

    one = made(demo, "google/nano-banana", prompt="a red fox", output_format="png", aspect_ratio="16:9")["output"]
    several = made(demo, "black-forest-labs/flux-schnell", prompt="a red fox", num_outputs=2, seed=3)["output"]

    image = Image.open(io.BytesIO(fetched(demo, one).content))
    assert (image.format, image.width > image.height) == ("PNG", True)
    assert [Image.open(io.BytesIO(fetched(demo, url).content)).format for url in several] == ["WEBP", "WEBP"]
    assert fetched(demo, several[0]).content != fetched(demo, several[1]).content


def test_a_text_arrives_in_parts_while_it_is_made(demo: InProcess) -> None:
    answer = demo.request(
        "POST", "/predictions", data={"version": "anthropic/claude-4.5-haiku", "input": {"prompt": "Why is the sky blue?"}}
    )
    path, seen = f"/predictions/{answer.json()['id']}", []
    for _ in range(12):
        demo.clock.advance(0.3)
        look = demo.request("GET", path).json()
        seen.append(len(look["output"] or []))

    assert look["status"] == "succeeded"
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert "Why is the sky blue?" in "".join(look["output"])


@pytest.mark.parametrize(("model", "start"), [("google/lyria-2", b"RIFF"), ("minimax/speech-02-turbo", b"\xff\xfb|ID3")])
def test_sound_is_real(demo: InProcess, model: str, start: bytes) -> None:
    import av

    given = {"text": "Hello"} if "speech" in model else {"prompt": "a slow waltz"}
    answer = fetched(demo, made(demo, model, **given)["output"])

    assert re.match(start, answer.content)
    assert answer.headers["content-type"].startswith("audio/")
    with av.open(io.BytesIO(answer.content)) as file:
        assert float(file.duration or 0) / 1e6 == pytest.approx(4, abs=0.2)


def test_json_names_a_file_and_several_videos_are_several(demo: InProcess) -> None:
    described = made(demo, "pvideo-demo/describe", image=data_uri(picture()))["output"]
    videos = made(demo, "pvideo-demo/variations", prompt="waves", num_outputs=3)

    assert described["color"] == "#c82828"
    assert fetched(demo, described["thumbnail"]).content.startswith(b"\xff\xd8")
    assert len({fetched(demo, url).content for url in videos["output"]}) == 3
    assert videos["metrics"]["video_output_duration_seconds"] > 0


def test_models_that_misbehave_do(demo: InProcess) -> None:
    assert made(demo, "pvideo-demo/broken", prompt="x")["error"].startswith("CUDA out of memory")
    assert demo.request("GET", "/models/pvideo-demo/bare").json()["latest_version"]["openapi_schema"] == {}
    assert made(demo, "pvideo-demo/bare", prompt="x")["status"] == "succeeded"
    assert demo.request("GET", f"/models/{PRIVATE}").status_code == 404
    by_name = {"version": "pvideo-demo/upscale", "input": {"image": data_uri(picture())}}
    assert demo.request("POST", "/predictions", data=by_name).json()["title"] == "Invalid version or not permitted"


def test_models_and_versions_are_listed_and_found(demo: InProcess) -> None:
    listed = demo.request("GET", "/models").json()["results"]
    found = demo.request("QUERY", "/models", data=None).json()["results"]
    versions = demo.request("GET", "/models/google/veo-3.1-fast/versions").json()["results"]
    one = demo.request("GET", f"/models/google/veo-3.1-fast/versions/{versions[0]['id']}")

    assert {f"{model['owner']}/{model['name']}" for model in listed} == {*all_models(), "prunaai/p-video"}
    assert len(found) == len(listed)
    assert one.json() == versions[0]
    assert demo.request("GET", "/models/google/veo-3.1-fast/versions/" + "0" * 64).status_code == 404


def upload(demo: InProcess, data: bytes, *, url: str | None = None, headers: dict[str, str] | None = None, **parts: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=demo.transport, trust_env=False) as client:
            files = {"content": ("frame.png", data, "image/png"), **parts}
            return await client.post(url or f"{demo.base_url}/files", files=files, headers=headers or demo.headers)

    return asyncio.run(ask())


def test_an_uploaded_file_can_be_an_input_until_it_expires(demo: InProcess) -> None:
    from PIL import Image

    stored = upload(demo, picture(32), metadata=(None, '{"app": "pvideo"}', "application/json")).json()
    enlarged = made(demo, "pvideo-demo/upscale", image=stored["urls"]["get"], scale=2)

    assert (stored["name"], stored["content_type"], stored["metadata"]) == ("frame.png", "image/png", {"app": "pvideo"})
    assert Image.open(io.BytesIO(fetched(demo, enlarged["output"]).content)).size == (64, 64)
    assert [item["id"] for item in demo.request("GET", "/files").json()["results"]] == [stored["id"]]
    demo.clock.advance(86_400)
    assert demo.request("GET", f"/files/{stored['id']}").json() == {"detail": "File not found", "status": 404}
    assert "image" in made(demo, "pvideo-demo/upscale", image=stored["urls"]["get"])["error"]


def test_a_file_is_deleted_and_a_wrong_upload_is_refused(demo: InProcess) -> None:
    stored = upload(demo, b"abc").json()

    assert demo.request("DELETE", f"/files/{stored['id']}").status_code == 204
    assert demo.request("DELETE", f"/files/{stored['id']}").status_code == 404
    assert demo.request("POST", "/files", data={"content": "no multipart"}).status_code == 400
    assert upload(demo, b"x" * 100_000_001).status_code == 413


def test_a_gateway_may_refuse_multipart_and_replicate_itself_takes_it(demo: InProcess) -> None:
    demo.settings(multipart_allowed=False)

    refused = upload(demo, b"abc")
    direct = upload(demo, b"abc", url=f"{demo.api_root}/files", headers={"authorization": f"Bearer {demo.replicate_token}"})

    assert (refused.status_code, refused.json()["internalCode"]) == (500, 7000)
    assert direct.status_code == 201
