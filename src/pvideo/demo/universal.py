"""The gateway's universal endpoint, ``POST /v1/{account}/{gateway}``: an array of steps, of which each is tried when the one before failed.

Deprecated by Cloudflare and still spoken, by its own `ai-gateway-provider` on npm for one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .messages import Call

ELSEWHERE = frozenset(
    {
        *("openai", "anthropic", "workers-ai", "google-ai-studio", "google-vertex-ai", "grok", "groq", "deepseek", "mistral", "cohere"),
        *("perplexity-ai", "cerebras", "openrouter", "fireworks", "azure-openai", "aws-bedrock", "huggingface", "fal", "ideogram"),
        *("cartesia", "deepgram", "elevenlabs", "baseten", "parallel", "compat"),
    }
)
"""Providers that the real gateway has and the demo does not play."""


def steps(call: Call) -> list[tuple[str, str, Call]]:
    """Return for each step its provider, the path at the provider, and the request as if it had been sent to that provider's own address.

    What the outer request says to the gateway holds for each step that says nothing else (documented).

    Raises:
        ValueError: The body is no array of steps.
    """
    try:
        given = call.json()
    except ValueError:
        raise ValueError("Invalid JSON in request body") from None
    if not isinstance(given, list) or not given:
        raise ValueError("Expected an array of requests, each with provider, endpoint, headers and query")
    passed = ("cf-aig-", "cf-skip", "cf-cache", "user-agent")
    shared = {name: value for name, value in call.headers.items() if name.startswith(passed)}
    return [_step(call, item, f"[{number}]", shared) for number, item in enumerate(given)]


def _step(call: Call, item: Any, place: str, shared: dict[str, str]) -> tuple[str, str, Call]:
    if not isinstance(item, dict):
        raise ValueError(f"{place}: expected an object")
    for name in ("provider", "endpoint"):
        if not isinstance(item.get(name), str) or not item[name]:
            raise ValueError(f"{place}.{name}: Required")
    headers = item.get("headers") or {}
    if "query" not in item or not isinstance(headers, dict):
        raise ValueError(f"{place}.{'query' if 'query' not in item else 'headers'}: Required")
    own = {str(name).lower(): str(value) for name, value in headers.items()}
    if "authorization" in item:  # the older form
        own.setdefault("authorization", str(item["authorization"]))
    endpoint, _, query = item["endpoint"].partition("?")
    rest = "/" + endpoint.strip("/").removeprefix("v1/")
    provider = item["provider"]
    path = f"{call.path.rstrip('/')}/{provider}{rest}"
    body = json.dumps(item["query"], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return provider, rest, replace(call, path=path, query=query, headers={"content-type": "application/json", **shared, **own}, body=body)
