import { describe, expect, it } from "vitest";
import { share } from "../src/bar";
import { noteFor } from "../src/note";
import type { View } from "../src/view";
import { NOW, view } from "./helpers";

const say = (changes: Partial<View>, after = 0): string => noteFor(view({ sent: NOW, ...changes }), NOW + after * 1000, { left: Infinity });

describe("the note", () => {
  it.each<[string, Partial<View>, number, string]>([
    ["a waiting job", { status: "sending", phase: "waiting", sent: null, values: { ahead: 3 } }, 0, "waiting its turn, 3 ahead"],
    ["the next in line", { status: "sending", phase: "waiting", sent: null, values: { ahead: 0 } }, 0, "waiting its turn"],
    ["a request under way", { status: "sending", phase: "sending" }, 1, "to gateway my-gateway"],
    ["a slow request", { status: "sending", phase: "sending" }, 2.1, "still waiting for the answer; it is sent only once"],
    ["a synchronous request", { status: "sending", phase: "sending", values: { gateway: "g", prefer_wait: 1 } }, 1, "to gateway g · Cancel comes with the answer"],
    ["a countdown", { status: "sending", phase: "countdown", next: NOW + 12_400, values: { reason: "Replicate asks us to wait" } }, 0, "Replicate asks us to wait; tries again in 13 s"],
    ["an accepted job", { status: "starting" }, 4.9, "Replicate has it"],
    ["a demo job", { status: "starting", demo: true }, 1, "the demo has it"],
    ["a cold model", { status: "starting" }, 12, "starting the model, can take a minute · 0:12"],
    ["much time left", {}, 0, "about 10 s left"],
    ["fives above ten", { estimate: { p50: 33, p90: 40, history: true } }, 0, "about 35 s left"],
    ["seconds below ten", {}, 4.2, "about 8 s left"],
    ["hardly any time left", {}, 10.6, "any moment now"],
    ["between usual and slow", {}, 17, "any moment now"],
    ["a slow one", {}, 41, "longer than usual: 0:41, usual 0:12"],
    ["a first run", { estimate: { p50: 10, p90: 20, history: false } }, 1, "about 10 s, first run"],
    ["no estimate", { estimate: null }, 12, "running for 0:12"],
    ["a lost connection", { phase: "lost", next: NOW + 4000 }, 0, "connection lost, still running at Replicate; next look in 4 s"],
    ["a cancel under way", { phase: "canceling" }, 3, "canceling…"],
    ["a video being saved", { status: "succeeded", done: true, phase: "saving", received: 2_100_000, total: 4_800_000 }, 0, "it plays already; saving 2.1 of 4.8 MB"],
    ["a finished video", { status: "succeeded", done: true, took: 11.2 }, 0, "took 11 s"],
    ["a long one", { status: "succeeded", done: true, took: 72 }, 0, "took 1:12"],
    ["one from the library", { status: "succeeded", done: true, phase: "library", values: { made: "Nov 20, 10:02" } }, 0, "from your library, made Nov 20, 10:02; nothing was sent"],
    ["a failed one", { status: "failed", done: true }, 0, "Replicate could not make it"],
    ["a refused one", { status: "rejected", done: true }, 0, "refused before it began, nothing paid"],
    ["one over the budget", { status: "rejected", done: true, phase: "budget" }, 0, "by your budget; nothing was sent"],
    ["a lost answer", { status: "unconfirmed", next: NOW + 15_000, values: { looked: "10:03:10" } }, 0, "the answer was lost; last looked 10:03:10, next in 15 s"],
    ["a lost answer being looked for", { status: "unconfirmed", phase: "looking" }, 0, "the answer was lost; looking in your Replicate list"],
    ["a canceled one", { status: "canceled", done: true, took: 4, values: { by: "you" } }, 0, "by you after 4 s"],
    ["one at its limit", { status: "canceled", done: true, values: { limit: "15 min", by: "" } }, 0, "at its limit of 15 min"],
    ["one that was never sent", { status: "canceled", done: true, phase: "unsent" }, 0, "before it was sent"],
    ["an aborted one", { status: "aborted", done: true }, 0, "it ended before it started"],
    ["an expired one", { status: "expired", done: true }, 0, "made and paid, but deleted by Replicate before it could be saved"],
    ["a word of tomorrow", { status: "queued" as View["status"] }, 0, "Replicate says: queued"],
  ])("speaks of %s", (_, changes, after, words) => {
    expect(say(changes, after)).toBe(words);
  });

  it("never lets the estimate grow", () => {
    const memory = { left: Infinity };
    const running = view({ sent: NOW });

    const before = noteFor(running, NOW + 6000, memory);
    const after = noteFor({ ...running, estimate: { p50: 30, p90: 40, history: true } }, NOW + 7000, memory);

    expect([before, after]).toEqual(["about 6 s left", "about 6 s left"]);
  });
});

describe("the bar", () => {
  it.each([[0, 0], [6, 0.45], [12, 0.9], [18, 0.95], [500, 0.95]])("stands after %d s at %d", (passed, part) => {
    expect(share(view(), passed)).toBeCloseTo(part);
  });

  it("says nothing where nothing is known", () => {
    expect(share(view({ estimate: null }), 10)).toBeNull();
  });
});
