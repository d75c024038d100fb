import { beforeEach, describe, expect, it, vi } from "vitest";
import { momentOf } from "../src/picture";
import type { Action } from "../src/view";
import { AGAIN, CLIP, DONE, fakeModel, freeze, render, settle, view } from "./helpers";

beforeEach(freeze);

const CONTINUE: Action = { name: "continue_shot", label: "Continue this shot", primary: false, costs: false, ask: "Continue · $0.10" };
const CHAIN: Action = { name: "play_chain", label: "Play the chain · 2 shots", primary: false, costs: false };
const SHOTS = [1, 2].map((number) => ({ id: `shot${number}`, name: `cat_${number}`, video: { ...CLIP, file: `videos/${number}.mp4` } }));

const card = (changes = {}) => {
  const model = fakeModel({ kind: "card", view: view({ ...DONE, actions: [AGAIN, CONTINUE, CHAIN], chain: SHOTS, ...changes }), saved: "" });
  const shown = render(model);
  const key = (name: string, on: Element, more = {}): void => void on.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, composed: true, cancelable: true, ...more }));
  return { model, key, ...shown };
};

describe("the next shot", () => {
  it("opens a box with its price on the button, and sends by Ctrl+Enter", async () => {
    const { model, $, key } = card();
    const box = $<HTMLTextAreaElement>(".pvideo-next textarea");

    $('[data-action="continue_shot"]').click();
    expect($(".pvideo-next").hidden).toBe(false);
    expect(document.activeElement).toBe(box);
    expect($('[data-action="continue_send"]').textContent).toBe("Continue · $0.10");
    expect($(".pvideo-next-place").textContent).toBe("from its last picture");
    box.value = " it looks up ";
    key("Enter", box, { ctrlKey: true });
    await settle();

    expect(model.of("action")).toEqual([{ kind: "action", id: "job1", nonce: "nonce1", name: "continue_shot", prompt: "it looks up", at: null }]);
    expect($(".pvideo-next").hidden).toBe(true);
    expect(document.activeElement).toBe($('[data-action="continue_shot"]'));
  });

  it("sends nothing without words, and closes by Escape", async () => {
    const { model, $, key } = card();
    const box = $<HTMLTextAreaElement>(".pvideo-next textarea");
    $('[data-action="continue_shot"]').click();

    key("Enter", box, { ctrlKey: true });
    $('[data-action="continue_send"]').click();
    await settle();
    expect(model.of("action")).toEqual([]);
    key("Escape", box);

    expect($(".pvideo-next").hidden).toBe(true);
  });

  it("a held key is one press", async () => {
    const { model, $, key } = card();
    const box = $<HTMLTextAreaElement>(".pvideo-next textarea");
    $('[data-action="continue_shot"]').click();
    box.value = "it looks up";

    for (const repeat of [false, true, true]) key("Enter", box, { ctrlKey: true, repeat });
    await settle();

    expect(model.of("action")).toHaveLength(1);
  });

  it("goes on from where the player stands paused", () => {
    const at = (currentTime: number, more = {}): number | null => momentOf({ paused: true, ended: false, currentTime, duration: 5, ...more } as HTMLVideoElement, 24);

    expect([at(2.04), at(0), at(4.98), at(2, { paused: false }), at(5, { ended: true })]).toEqual([2.04, null, null, null, null]);
    expect(momentOf(null, 24)).toBe(null);
  });
});

describe("a chain", () => {
  it("plays one shot after another in one place", () => {
    const { $, el } = card();
    $('[data-action="play_chain"]').click();
    const [first, second] = [...el.querySelectorAll<HTMLVideoElement>(".pvideo-chain video")] as [HTMLVideoElement, HTMLVideoElement];
    const play = vi.spyOn(second, "play").mockResolvedValue();
    expect($(".pvideo-chain-name").textContent).toBe("shot 1 of 2 · cat_1");
    expect([first.hidden, second.hidden, first.autoplay]).toEqual([false, true, true]);

    first.dispatchEvent(new Event("ended"));

    expect($(".pvideo-chain-name").textContent).toBe("shot 2 of 2 · cat_2");
    expect([first.hidden, second.hidden]).toEqual([true, false]);
    expect(play).toHaveBeenCalled();
  });

  it("goes by its button, and when the card shows another video", () => {
    const { model, $, el } = card();
    $('[data-action="play_chain"]').click();
    $(".pvideo-chain-back").click();
    expect(el.querySelector(".pvideo-chain")).toBe(null);

    $('[data-action="play_chain"]').click();
    model.set("view", view({ id: "job2" }));

    expect(el.querySelector(".pvideo-chain")).toBe(null);
  });
});

describe("what stands below", () => {
  const below = async (references: string[], getWidget = vi.fn(async () => ({ render: vi.fn(async () => undefined) }))) => {
    const model = fakeModel({ kind: "card", view: view(DONE), saved: "", below: references });
    const { default: widget } = await import("../src/widget");
    const el = document.createElement("div");
    document.body.replaceChildren(el);
    const end = new AbortController();
    widget.render({ model, el, signal: end.signal, host: { getWidget } });
    await settle();
    return { model, el, end, getWidget };
  };

  it("is drawn by the host, each once, and goes with its name", async () => {
    const { model, el, getWidget } = await below(["anywidget:m1"]);
    model.set("below", ["anywidget:m1", "anywidget:m2"]);
    await settle();
    expect(getWidget.mock.calls).toEqual([["anywidget:m1"], ["anywidget:m2"]]);
    expect(el.querySelectorAll(".pvideo-below")).toHaveLength(2);

    model.set("below", ["anywidget:m2"]);

    expect(el.querySelectorAll(".pvideo-below")).toHaveLength(1);
  });

  it("is told to Python where the host draws none", () => {
    const model = fakeModel({ kind: "card", view: view(DONE), saved: "", below: [] });
    render(model);
    expect(model.of("no_below")).toEqual([]);

    model.set("below", ["anywidget:m1"]);

    expect(model.of("no_below")).toHaveLength(1);
  });

  it("leaves no gap for one whose kernel is gone", async () => {
    const { el } = await below(["anywidget:gone"], vi.fn(async () => Promise.reject(new Error("not found"))));

    expect(el.querySelectorAll(".pvideo-below")).toHaveLength(0);
  });

  it("promises what a seed promises below the buttons", () => {
    const { $ } = card({ hint: "Same prompt and seed; the picture can still differ." });

    expect($(".pvideo-promise").textContent).toBe("Same prompt and seed; the picture can still differ.");
  });
});
