"""The control port: settings, faults and the ledger. It is apart from the API so that the client under test cannot reach it by accident.

Whoever asks brings the word that only this user can read (``Authorization: Bearer …``): loopback is open to every user of a machine.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from .effects import wait_reached
from .ledger import bare
from .messages import Answer, Call, json_answer
from .teaching import NEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from .app import Demo

_HIDDEN = ("gateway_token", "replicate_token", "management_token", "management_read_token")


class Control:
    """Answers requests to the control port. Wrong requests get 400 and a sentence.

    Args:
        demo: What is controlled.
        token: The word that opens it.
    """

    def __init__(self, demo: Demo, token: str) -> None:
        self.demo, self._token = demo, token
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "health"): lambda _: self._health(),
            ("GET", "ledger"): lambda _: demo.ledger.show(list(demo.store), demo.clock.now()),
            ("GET", "settings"): lambda _: demo.settings(hidden=_HIDDEN),
            ("POST", "settings"): self._change,
            ("GET", "faults"): lambda _: [
                {"rule": rule.number, "match": rule.match, "do": rule.do, "seen": rule.seen} for rule in demo.faults.rules
            ],
            ("POST", "faults"): self._lay,
            ("DELETE", "faults"): lambda _: demo.faults.clear(),
            ("GET", "next"): lambda _: {"known": sorted(NEXT)},
            ("POST", "next"): self._next,
            ("POST", "models"): demo.models.add,
            ("POST", "reset"): lambda _: demo.reset(),
        }

    async def handle(self, call: Call) -> Answer:
        """Return the answer to `call`."""
        # A page in the user's browser must not be able to change the demo or read its prompts.
        if "origin" in call.headers:
            return json_answer(403, {"error": "Only local programs may use the control port."})
        if not secrets.compare_digest(bare(call.headers.get("authorization", "")).encode(), self._token.encode()):
            return json_answer(401, {"error": "The control port wants the word that the demo's starter wrote down or printed."})
        try:
            return json_answer(200, await self._do(call))
        except LookupError:
            return json_answer(404, {"error": f"There is no {call.method} {call.path} here."})
        except (ValueError, TypeError) as error:
            return json_answer(400, {"error": str(error)})

    async def _do(self, call: Call) -> Any:
        name, _, number = call.path.removeprefix("/_emu").strip("/").partition("/")
        if (call.method, name) == ("GET", "reached"):
            return {"reached": await wait_reached(self._rule(number), float(call.parameters.get("seconds", "10")))}
        if (call.method, name) == ("POST", "release"):
            self._rule(number).released.set()
            return {"ok": True}
        serve = self._routes[call.method, call.path.removeprefix("/_emu").strip("/")]
        result = serve(json.loads(call.body or b"{}"))
        return {"ok": True} if result is None else result

    def _health(self) -> dict[str, Any]:
        demo = self.demo
        return {"ok": True, "unfinished": demo.store.unfinished(), "idle": demo.clock.now() - demo.last_request}

    def _change(self, changes: dict[str, Any]) -> dict[str, Any]:
        self.demo.config.change(changes)
        return self.demo.settings(hidden=_HIDDEN)

    def _lay(self, rules: Any) -> dict[str, Any]:
        """Lay down all rules, or none if one of them is not understood."""
        faults, before = self.demo.faults, list(self.demo.faults.rules)
        try:
            return {"rules": [faults.add(rule).number for rule in (rules if isinstance(rules, list) else [rules])]}
        except (ValueError, TypeError, AttributeError) as error:
            faults.rules[:] = before
            raise ValueError(str(error)) from error

    def _next(self, body: dict[str, Any]) -> dict[str, Any]:
        asked = body.get("what", [])
        names = [asked] if isinstance(asked, str) else list(asked)
        if unknown := [name for name in names if name not in NEXT]:
            raise ValueError(f"The demo does not know {', '.join(map(repr, unknown))}; it knows {', '.join(sorted(NEXT))}.")
        return {"rules": [self.demo.faults.add(rule).number for name in names for rule in NEXT[name]]}

    def _rule(self, number: str) -> Any:
        rule = self.demo.faults.find(int(number))
        if rule is None:
            raise LookupError(number)
        return rule
