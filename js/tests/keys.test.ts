import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DONE, FORM, fakeModel, freeze, render, view } from "./helpers";

let heard: string[] = [];
const notebook = (event: Event): void => void heard.push((event as KeyboardEvent).key);

beforeEach(() => {
  freeze();
  heard = [];
  // JupyterLab listens in the capture phase on the document, Notebook too.
  document.addEventListener("keydown", notebook, { capture: true });
});
afterEach(() => {
  document.removeEventListener("keydown", notebook, { capture: true });
});

const press = (target: Element, key: string, more: KeyboardEventInit = {}): boolean =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true, ...more }));

const card = () => render(fakeModel({ kind: "card", view: view(DONE), saved: "" }));

describe("keys inside the widget", () => {
  it.each<[string, KeyboardEventInit]>([
    ["d", {}], ["x", {}], ["m", {}], ["a", {}], ["ArrowUp", {}], ["ArrowDown", {}], ["ArrowLeft", {}], ["Escape", {}], [" ", {}], ["Enter", {}],
    ["Enter", { ctrlKey: true }], ["Enter", { shiftKey: true }], ["Enter", { altKey: true }], ["Enter", { metaKey: true }],
  ])("do not reach the notebook: %s %j", (key, more) => {
    const { $ } = card();

    press($('[data-action="again"]'), key, more);

    expect(heard).toEqual([]);
  });

  it.each<[string, KeyboardEventInit]>([["Tab", {}], ["F5", {}], ["s", { ctrlKey: true }], ["c", { metaKey: true }], ["ArrowLeft", { altKey: true }]])("are left to the host: %s %j", (key, more) => {
    const { $ } = card();

    press($('[data-action="again"]'), key, more);

    expect(heard).toEqual([key]);
  });

  it("are ours only inside, and only while the view lives", () => {
    const { $, end } = card();

    press(document.body, "d");
    end.abort();
    press($('[data-action="again"]'), "x");

    expect(heard).toEqual(["d", "x"]);
  });

  it("pay neither with Ctrl, Shift or Alt+Enter on a button, nor by being held", () => {
    const { $ } = card();
    const button = $('[data-action="again"]');

    expect(press(button, "Enter")).toBe(true);
    expect(press(button, " ")).toBe(true);
    for (const more of [{ ctrlKey: true }, { shiftKey: true }, { altKey: true }, { repeat: true }]) expect(press(button, "Enter", more)).toBe(false);
    expect(press(button, " ", { repeat: true })).toBe(false);
  });

  it("give the keyboard back to the cell on Escape", () => {
    const { el, $ } = card();
    const cell = document.createElement("div");
    cell.className = "jp-Cell";
    cell.tabIndex = -1;
    document.body.append(cell);
    cell.append(el);

    press($('[data-action="again"]'), "Escape");

    expect(document.activeElement).toBe(cell);
  });
});

describe("keys on the stage", () => {
  it("step by frame and by second, stay in bounds, and switch the sound", () => {
    const { $ } = card();
    const video = $<HTMLVideoElement>("video");
    vi.spyOn(video, "duration", "get").mockReturnValue(5);
    video.currentTime = 2;

    press(video, "ArrowRight");
    expect(video.currentTime).toBeCloseTo(2 + 1 / 24);
    press(video, "ArrowLeft", { shiftKey: true });
    expect(video.currentTime).toBeCloseTo(1 + 1 / 24);
    press(video, "Home");
    press(video, "ArrowLeft");
    expect(video.currentTime).toBe(0);
    press(video, "End");
    expect(video.currentTime).toBe(5);
    press(video, "m");
    expect(video.muted).toBe(true);
  });

  it("play and pause with Space", () => {
    const { $ } = card();
    const play = vi.spyOn($<HTMLVideoElement>("video"), "play").mockResolvedValue();

    press($(".pvideo-stage"), " ");

    expect(play).toHaveBeenCalledOnce();
  });
});

describe("keys in the Studio", () => {
  const studio = () => {
    const model = fakeModel({ kind: "studio", state: { phase: "ready", message: null }, form: FORM, inputs: { prompt: "A cat" }, problems: [], price: { text: "$0.10", label: "Generate · $0.10", disabled: false, reason: "" }, money: {}, views: [], notice: "" });
    return { model, ...render(model) };
  };

  it.each([{ ctrlKey: true }, { metaKey: true }])("Generate with %j+Enter in the prompt", (more) => {
    const { model, $ } = studio();

    press($("textarea"), "Enter", more);

    expect(model.of("generate")).toHaveLength(1);
    expect(heard).toEqual([]);
  });

  it("write new lines with Enter and Shift+Enter, and generate nothing elsewhere", () => {
    const { model, $ } = studio();

    expect(press($("textarea"), "Enter")).toBe(true);
    expect(press($("textarea"), "Enter", { shiftKey: true })).toBe(true);
    press($('[data-field="duration"] .pvideo-number'), "Enter", { ctrlKey: true });

    expect(model.of("generate")).toEqual([]);
  });

  it("step a number with the arrows, within its bounds", async () => {
    const { model, $ } = studio();
    const box = $<HTMLInputElement>('[data-field="duration"] .pvideo-number');

    press(box, "ArrowUp");
    expect(box.value).toBe("6");
    for (let times = 0; times < 9; times += 1) press(box, "PageUp");
    expect(box.value).toBe("20");
    await vi.advanceTimersByTimeAsync(200);

    expect(model.of("inputs").at(-1)).toMatchObject({ inputs: { duration: 20 }, changed: ["duration"] });
  });
});
