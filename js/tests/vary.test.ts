/** In a Studio, the line that says what a sweep varies: typed, worked out by Python, and nothing starts in between. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SheetView } from "../src/view";
import { NOW, fakeModel, freeze, render } from "./helpers";

beforeEach(freeze);

const FIELDS = [{ name: "seed", label: "Seed", text: "1..4" }, { name: "resolution", label: "Resolution", text: "720p,1080p" }, { name: "draft", label: "Draft", text: "on,off" }];
const START = { name: "start", label: "Generate 4 · $0.10", primary: true, costs: true };
const sheet = (id: string, changes: Partial<SheetView> = {}): SheetView => ({
  id, nonce: "nonce1", name: "", title: "4 videos: seed 1–4", total: "total $0.10", state: "asks", count: 4, done: 0, left: 0, said: "", parts: [], ends: null, now: NOW, notice: "",
  message: null, actions: [START], axes: [], tiles: [], shape: { width: 16, height: 9 }, demo: false, rates: false, ...changes,
});
const vary = (lines: object[], message: object | null = null) => ({ fields: FIELDS, lines, message, fixed: false });
const SEED = { name: "seed", text: "1..4" };

const open = () => {
  const model = fakeModel({ kind: "sheet", sheet: sheet("s1"), vary: vary([SEED]), posters: {}, opened: "", below: [], saved: "" });
  const shown = render(model);
  const [menus, boxes] = [[...shown.el.querySelectorAll("select")], [...shown.el.querySelectorAll<HTMLInputElement>(".pvideo-vary input")]];
  const type = (box: HTMLInputElement, text: string): void => {
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const choose = (menu: HTMLSelectElement, name: string): void => {
    menu.value = name;
    menu.dispatchEvent(new Event("change", { bubbles: true }));
  };
  return { model, menus: menus as [HTMLSelectElement, HTMLSelectElement], boxes: boxes as [HTMLInputElement, HTMLInputElement], start: () => shown.$('[data-action="start"]'), type, choose, ...shown };
};

describe("the line of a sweep", () => {
  it("shows what varies, by the form's labels, and a second one that varies nothing yet", () => {
    const { menus, boxes } = open();

    expect([...menus[0].options].map((one) => one.textContent)).toEqual(["Seed", "Resolution", "Draft"]);
    expect([menus[0].value, boxes[0].value, menus[1].value, boxes[1].hidden]).toEqual(["seed", "1..4", "", true]);
    expect([menus[0].getAttribute("aria-label"), boxes[0].getAttribute("aria-label")]).toEqual(["Vary", "Values of Seed"]);
    // What one line varies the other cannot.
    expect([...menus[1].options].filter((one) => one.disabled).map((one) => one.value)).toEqual(["seed"]);
  });

  it("is sent when the typing rests, and starts nothing before Python has priced it", async () => {
    const { model, boxes, start, type } = open();
    type(boxes[0], "1..");
    type(boxes[0], "1..8");
    expect(start().getAttribute("aria-disabled")).toBe("true");
    start().click();
    await vi.advanceTimersByTimeAsync(400);
    start().click();
    expect(model.of("vary")).toEqual([{ kind: "vary", lines: [{ name: "seed", text: "1..8" }] }]);
    expect(model.of("sheet")).toEqual([]);

    model.set("sheet", sheet("s2", { actions: [{ ...START, label: "Generate 8 · $0.20" }] }));
    expect(start().getAttribute("aria-disabled")).toBe("true");
    model.set("vary", vary([{ name: "seed", text: "1..8" }]));
    start().click();

    expect(model.of("sheet")).toEqual([{ kind: "sheet", name: "start", label: "Generate 8 · $0.20", nonce: "nonce1" }]);
  });

  it("is sent at once by Enter or by the menu, with values to begin with", () => {
    const { model, menus, boxes, type, choose, el } = open();
    type(boxes[0], "7,9");
    boxes[0].dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, composed: true }));
    choose(menus[1], "resolution");

    expect(model.of("vary").map((one) => one["lines"])).toEqual([[{ name: "seed", text: "7,9" }], [{ name: "seed", text: "7,9" }, { name: "resolution", text: "720p,1080p" }]]);
    expect(boxes[1].hidden).toBe(false);
    choose(menus[1], "");
    expect(model.of("vary").at(-1)).toEqual({ kind: "vary", lines: [{ name: "seed", text: "7,9" }] });
    expect(el.querySelectorAll(".pvideo-message:not([hidden])")).toHaveLength(0);
  });

  it("keeps what is being typed over an answer to what was typed before", async () => {
    const { model, boxes, type } = open();
    type(boxes[0], "1..2");
    await vi.advanceTimersByTimeAsync(400);
    type(boxes[0], "1..23");
    model.set("vary", vary([{ name: "seed", text: "1..2" }]));
    expect(boxes[0].value).toBe("1..23");

    // An answer that never comes is not waited for.
    await vi.advanceTimersByTimeAsync(7000);
    expect(boxes[0].value).toBe("1..2");
  });

  it("says a problem beneath, tied to the box, and stops the start", () => {
    const { model, boxes, start, $ } = open();
    const message = { key: "value_wrong", title: "That value does not fit", sentence: "seed is a whole number; 'x' was given. Nothing was sent.", next: "Choose one that fits.", tone: "warn" };
    model.set("vary", vary([{ name: "seed", text: "x" }], message));
    const beneath = $(".pvideo-vary .pvideo-message");

    expect([beneath.hidden, beneath.textContent?.includes("'x' was given")]).toEqual([false, true]);
    expect([boxes[0].getAttribute("aria-invalid"), boxes[0].getAttribute("aria-describedby")]).toEqual(["true", beneath.id]);
    start().click();
    expect(model.of("sheet")).toEqual([]);
    model.set("vary", vary([SEED]));
    expect([beneath.hidden, boxes[0].getAttribute("aria-invalid")]).toEqual([true, null]);
  });

  it("goes when the sweep starts and hands its focus on", () => {
    const { model, boxes, $ } = open();
    boxes[0].focus();
    model.set("vary", {});

    expect($(".pvideo-vary").hidden).toBe(true);
    expect(document.activeElement).toBe($(".pvideo-sheet"));
  });
});
