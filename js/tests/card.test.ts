import { beforeEach, describe, expect, it, vi } from "vitest";
import { ticking } from "../src/clock";
import type { Status } from "../src/view";
import { AGAIN, CANCEL, CLIP, DONE, NOW, fakeModel, freeze, render, settle, view } from "./helpers";

beforeEach(freeze);

const card = (changes = {}, manager?: unknown) => {
  const model = fakeModel({ kind: "card", view: view(changes), saved: "" }, manager);
  return { model, ...render(model) };
};

describe("the card", () => {
  it.each<[Status, string, string]>([
    ["sending", "ring", "run"],
    ["starting", "ring", "run"],
    ["processing", "ring", "run"],
    ["succeeded", "check", "good"],
    ["failed", "cross", "bad"],
    ["rejected", "cross", "bad"],
    ["unconfirmed", "triangle", "warn"],
    ["expired", "triangle", "warn"],
    ["canceled", "dash", "quiet"],
    ["aborted", "dash", "quiet"],
  ])("says %s in words, and repeats it in shape and color", (status, shape, tone) => {
    const { $ } = card({ status, done: !["sending", "starting", "processing", "unconfirmed"].includes(status) });

    expect($(".pvideo-badge").textContent).toBe(status);
    expect($(".pvideo-badge").dataset).toMatchObject({ shape, tone });
    expect($("section.pvideo.pvideo-card").dataset).toMatchObject({ status, id: "job1" });
  });

  it("shows a word it has never heard", () => {
    expect(card({ status: "queued" }).$(".pvideo-badge").textContent).toBe("queued");
  });

  it("keeps the parts that the markup contract names", () => {
    const { $ } = card({ ...DONE, message: { key: "x", title: "T", sentence: "S", next: "N", tone: "warn" } });

    for (const part of ["badge", "note", "money", "stage", "message", "prompt", "facts"]) expect($(`.pvideo-${part}`)).toBeTruthy();
    expect($(".pvideo-stage video").getAttribute("aria-label")).toBe("A cat");
    expect($("section").getAttribute("aria-label")).toBe("Video cat");
    expect($(".pvideo-facts").textContent).toContain("cat");
  });

  it("ticks by itself, and not after the end", async () => {
    const { model, $ } = card();
    expect($(".pvideo-note").textContent).toBe("about 8 s left");

    await vi.advanceTimersByTimeAsync(3000);
    expect($(".pvideo-note").textContent).toBe("about 5 s left");
    expect($(".pvideo-elapsed").textContent).toBe("0:07");
    expect($(".pvideo-bar").getAttribute("aria-valuetext")).toBe("about 5 s left");

    model.set("view", view({ ...DONE, now: Date.now() }));
    expect(ticking()).toBe(0);
    expect($(".pvideo-bar").hidden).toBe(true);
  });

  it("uses the kernel's clock, not the page's", async () => {
    const { model, $ } = card();

    model.set("view", view({ now: NOW + 100_000, sent: NOW + 98_000, pressed: NOW + 98_000 }));

    expect($(".pvideo-elapsed").textContent).toBe("0:02");
  });

  it("does not tear the video down when a view comes", async () => {
    const { model, $ } = card(DONE);
    const video = $("video");

    model.set("view", view({ ...DONE, money: "$0.08" }));

    expect($("video")).toBe(video);
    expect($(".pvideo-money").textContent).toBe("$0.08");
  });

  it("begins anew when it follows another video", async () => {
    const { model, $, el } = card(DONE);

    model.set("view", view({ id: "job2", now: Date.now(), pressed: Date.now(), sent: Date.now() }));

    expect(el.querySelector("video")).toBeNull();
    expect($("section").dataset["id"]).toBe("job2");
    expect($(".pvideo-stage").hidden).toBe(false);
  });

  it("collapses the stage of a job that ended before this page saw it, and keeps one that stood", () => {
    const ended = card({ status: "failed", done: true });
    expect(ended.$(".pvideo-stage").hidden).toBe(true);

    const seen = card();
    seen.model.set("view", view({ status: "failed", done: true, took: 9 }));
    expect(seen.$(".pvideo-stage").hidden).toBe(false);
  });
});

describe("the buttons", () => {
  it("answer Cancel at once, send it once, and say that the kernel is busy after 2 s", async () => {
    const { model, $ } = card({ actions: [CANCEL] });
    model.emit("msg:custom", { kind: "alive" }, []);
    await vi.advanceTimersByTimeAsync(10);

    $('[data-action="cancel"]').click();
    $('[data-action="cancel"]').click();
    expect($('[data-action="cancel"]').textContent).toBe("canceling…");
    expect(model.of("action")).toEqual([{ kind: "action", id: "job1", nonce: "nonce1", name: "cancel" }]);

    await vi.advanceTimersByTimeAsync(2100);
    expect($(".pvideo-message").textContent).toContain("The kernel is busy");

    model.set("view", view({ status: "canceled", done: true, took: 4, values: { by: "you" } }));
    expect($(".pvideo-message").hidden).toBe(true);
    expect($(".pvideo-note").textContent).toBe("by you after 4 s");
  });

  it("do not call a kernel busy that is idle and only overlooked them", async () => {
    const { $ } = card({ actions: [CANCEL] }, { kernel: { status: "idle" } });
    await vi.advanceTimersByTimeAsync(10);

    $('[data-action="cancel"]').click();
    await vi.advanceTimersByTimeAsync(3000);
    expect($(".pvideo-message").hidden).toBe(true);
  });

  it("stay quiet about the kernel when it answers", async () => {
    const { model, $ } = card({ actions: [CANCEL] });
    await vi.advanceTimersByTimeAsync(10);

    $('[data-action="cancel"]').click();
    await vi.advanceTimersByTimeAsync(500);
    model.set("view", view({ phase: "canceling", actions: [] }));
    await vi.advanceTimersByTimeAsync(3000);

    expect($(".pvideo-message").hidden).toBe(true);
    expect($(".pvideo-note").textContent).toBe("canceling…");
  });

  it("hand the focus to the stage when the focused one goes away", () => {
    const { model, $ } = card({ actions: [CANCEL] });
    $('[data-action="cancel"]').focus();

    model.set("view", view(DONE));

    expect(document.activeElement).toBe($(".pvideo-stage"));
  });

  it("keep the focus when they stay", () => {
    const { model, $ } = card(DONE);
    $('[data-action="again"]').focus();

    model.set("view", view({ ...DONE, money: "$0.08" }));

    expect(document.activeElement).toBe($('[data-action="again"]'));
  });

  it("say their price, and pay once for a double click", () => {
    const { model, $ } = card(DONE);

    $('[data-action="again"]').click();
    $('[data-action="again"]').click();

    expect($('[data-action="again"]').textContent).toBe("Another take · $0.10");
    expect(model.of("action")).toHaveLength(1);
  });

  it("wait each for itself: one that was pressed takes no press from another", async () => {
    const { model, $ } = card({ ...DONE, actions: [AGAIN, { ...AGAIN, name: "final", label: "Make final · $0.10" }] });

    for (const name of ["again", "final", "again", "final"]) $(`[data-action="${name}"]`).click();
    expect(model.of("action").map((one) => one["name"])).toEqual(["again", "final"]);
    expect($('[data-action="again"]').getAttribute("aria-disabled")).toBe("true");

    await vi.advanceTimersByTimeAsync(7000);
    $('[data-action="again"]').click();
    expect(model.of("action")).toHaveLength(3);
  });

  it("appear when they are due", async () => {
    const again = { ...AGAIN, name: "generate_again", primary: false, after: 60 };
    const { el } = card({ status: "unconfirmed", actions: [{ ...CANCEL, name: "look_again", label: "Look again" }, again], sent: NOW - 58_000 });
    expect(el.querySelector('[data-action="generate_again"]')).toBeNull();

    await vi.advanceTimersByTimeAsync(2500);

    expect(el.querySelector('.pvideo-actions [data-action="generate_again"]')).toBeTruthy();
  });

  it("copy to the clipboard from More, which is closed at first", async () => {
    const writeText = vi.fn(async () => undefined);
    vi.stubGlobal("navigator", { clipboard: { writeText }, platform: "" });
    const { $ } = card({ ...DONE, more: [{ name: "copy_cell", label: "Copy as cell", text: "%%pvideo cat\nA cat" }, { name: "explain", label: "Explain" }] });
    expect($(".pvideo-more").hidden).toBe(true);

    $('[data-action="more"]').click();
    $('[data-more="copy_cell"]').click();
    await settle();

    expect(writeText).toHaveBeenCalledWith("%%pvideo cat\nA cat");
    expect($('[data-more="copy_cell"]').textContent).toBe("Copied");
  });
});

describe("reading aloud", () => {
  const aloud = (el: HTMLElement): string => el.querySelector('[role="status"]')?.textContent ?? "";

  it("starts empty, and says what happened once, never seconds", async () => {
    const { model, el } = card({ status: "sending", phase: "sending", sent: null });
    expect(aloud(el)).toBe("");

    model.set("view", view());
    expect(aloud(el)).toBe("Video cat: sent, about 12 seconds, $0.10");
    await vi.advanceTimersByTimeAsync(9000);
    expect(aloud(el)).toBe("Video cat: sent, about 12 seconds, $0.10");

    await vi.advanceTimersByTimeAsync(8000);
    expect(aloud(el)).toBe("longer than usual");

    model.set("view", view({ ...DONE, now: Date.now() }));
    await vi.advanceTimersByTimeAsync(2000);
    expect(aloud(el)).toBe("Video cat is ready, 5 seconds, $0.10");
  });

  it("says what was made, and no seconds of what has none", () => {
    const { el, model } = card({ kind: "image", name: "fox", status: "sending" });
    expect(el.querySelector("section")?.getAttribute("aria-label")).toBe("Image fox");
    model.set("view", view({ ...DONE, kind: "image", name: "fox", video: { ...CLIP, type: "image/png", seconds: 0 } }));

    expect(aloud(el)).toBe("Image fox is ready, $0.10");
  });

  it("leaves 1.5 s between two lines", async () => {
    const { model, el } = card({ status: "sending" });

    model.set("view", view());
    model.set("view", view({ phase: "lost", next: NOW + 4000 }));
    expect(aloud(el)).toContain("sent");
    await vi.advanceTimersByTimeAsync(1400);
    expect(aloud(el)).toContain("sent");
    await vi.advanceTimersByTimeAsync(200);

    expect(aloud(el)).toBe("connection lost, still running");
  });

  it("alerts for a failure, with title and next step, and not for one that is old", () => {
    const failed = { status: "failed" as const, done: true, message: { key: "x", title: "Replicate could not make it", sentence: "Oops.", next: "Try again · $0.10.", tone: "bad" as const } };
    const { model, el } = card();
    model.set("view", view(failed));
    expect(el.querySelector('[role="alert"]')?.textContent).toBe("Replicate could not make it. Try again · $0.10.");

    const old = card({ ...failed, pressed: NOW - 60_000 });
    expect(old.el.querySelector('[role="alert"]')?.textContent).toBe("");
  });
});

describe("playing", () => {
  const visible = (): void => {
    vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue({ top: 10, bottom: 370, height: 360 } as DOMRect);
  };

  it("begins muted, once, with [Sound on], when the video arrives while it is watched", () => {
    visible();
    const { model, $ } = card();

    model.set("view", view(DONE));

    const video = $<HTMLVideoElement>("video");
    expect([video.muted, video.autoplay, video.loop, video.controls]).toEqual([true, true, false, true]);
    expect($(".pvideo-sound").textContent).toBe("Sound on");
  });

  it.each([
    ["motion is reduced", () => vi.stubGlobal("matchMedia", () => ({ matches: true }))],
    ["the tab is hidden", () => vi.spyOn(document, "hidden", "get").mockReturnValue(true)],
    ["it is off the screen", () => vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue({ top: 2000, bottom: 2360, height: 360 } as DOMRect)],
  ])("does not begin by itself when %s", (_, set) => {
    visible();
    set();
    const { model, $, el } = card();

    model.set("view", view(DONE));

    expect($<HTMLVideoElement>("video").autoplay).toBe(false);
    expect(el.querySelector(".pvideo-sound")).toBeNull();
  });

  it("does not begin by itself when it was there before the page", () => {
    visible();
    expect(card(DONE).$<HTMLVideoElement>("video").autoplay).toBe(false);
  });

  it("tells Python, which then leaves the output alone", () => {
    const { model, $ } = card(DONE);

    $("video").dispatchEvent(new Event("playing"));
    $("video").dispatchEvent(new Event("pause"));

    expect(model.of("playing")).toEqual([{ kind: "playing", id: "job1", playing: true }, { kind: "playing", id: "job1", playing: false }]);
  });
});

describe("cleanup", () => {
  it("leaves no listener and no timer when the view goes", async () => {
    const added = vi.spyOn(window, "addEventListener");
    const { model, end } = card({ actions: [CANCEL] });
    expect(model.listeners()).toBeGreaterThan(3);
    expect(vi.getTimerCount()).toBeGreaterThan(0);

    end.abort();
    await settle();

    expect(model.listeners()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(ticking()).toBe(0);
    for (const [, , options] of added.mock.calls) expect((options as AddEventListenerOptions).signal?.aborted).toBe(true);
  });

  it("stops ticking while the tab is hidden", () => {
    card();
    expect(ticking()).toBe(1);

    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));

    expect(ticking()).toBe(0);
  });
});

it("renders nothing wrong from an empty view", () => {
  const { el } = render(fakeModel({ kind: "card", view: {}, saved: "" }));
  expect(el.querySelector("section")).toBeTruthy();
  expect(CLIP.file).toBe("videos/cat.mp4");
});
