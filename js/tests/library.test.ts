import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import widget from "../src/library";
import { marked, type Row } from "../src/library/row";
import { endAll, fakeModel, freeze, settle, view, DONE, type FakeModel } from "./helpers";

const row = (number: number, changes: Partial<Row> = {}): Row => ({
  id: `job${number}`, name: `v${number}`, status: "succeeded", done: true, phase: "", prompt: `A cat number ${number}`, stars: 0, note: "", made: "Nov 20, 10:02", facts: "draft 5 s",
  money: "$0.025", seed: "183", missing: false, changed: false, file: "a.mp4", running: "", thumb: "", ...changes,
});
const FOUND = { count: 45, total: "45 videos · 1.1 GB · $18.40", stamp: 1, nonce: "n1" };

let end = new AbortController();
let el = document.createElement("div");

function show(traits: Record<string, unknown> = {}): FakeModel {
  const model = fakeModel({ kind: "library", query: { text: "", starred: false, here: false }, found: FOUND, views: [], token: "t", saved: "", ...traits });
  end = new AbortController();
  el = document.createElement("div");
  document.body.replaceChildren(el);
  widget.render({ model, el, signal: end.signal });
  return model;
}

/** Answers what was asked for, as Python does. */
function answer(model: FakeModel, changes: (number: number) => Partial<Row> = () => ({})): void {
  const asked = model.of("rows").at(-1) as { start: number; stop: number };
  const rows = Array.from({ length: asked.stop - asked.start }, (_, index) => row(asked.start + index, changes(asked.start + index)));
  model.emit("msg:custom", { kind: "rows", start: asked.start, rows });
}

const rows = (): HTMLElement[] => [...el.querySelectorAll<HTMLElement>(".pvideo-row")];
const key = (name: string, init: KeyboardEventInit = {}): boolean => document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, composed: true, ...init })) ?? false;
const $ = <T extends HTMLElement>(selector: string): T => el.querySelector<T>(selector) as T;

beforeEach(freeze);
afterEach(() => {
  end.abort();
  endAll();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the history's rows", () => {
  it("are asked for a page at a time, as they come into sight", () => {
    const model = show();

    expect(model.of("rows")).toEqual([{ kind: "rows", start: 0, stop: 20, stamp: 1, nonce: "n1" }]);
    answer(model);
    expect(rows()).toHaveLength(20);
    // Without a layout everything is in sight.
    expect(model.of("rows").at(-1)).toMatchObject({ start: 20, stop: 40 });
    expect($(".pvideo-history-total").textContent).toBe(FOUND.total);
  });

  it("say that there is nothing, and how to begin", () => {
    show({ found: { ...FOUND, count: 0, total: "" } });

    expect($(".pvideo-history-empty").textContent).toContain("Run a %%pvideo cell");
    expect($(".pvideo-rows").hidden).toBe(true);
  });

  it("are one Tab stop, and arrows move in it", () => {
    const model = show();
    answer(model);
    expect(rows().filter((one) => one.tabIndex === 0)).toEqual([rows()[0]]);

    rows()[0]?.focus();
    key("ArrowDown");
    expect(document.activeElement).toBe(rows()[1]);
    key("End");
    expect(document.activeElement).toBe(rows().at(-1));
    key("Home");
    expect(rows().filter((one) => one.tabIndex === 0)).toEqual([rows()[0]]);
    key("ArrowRight");
    expect(document.activeElement?.tagName).toBe("BUTTON");
    key("ArrowLeft");
    expect(document.activeElement).toBe(rows()[0]);
  });

  it("are opened by Enter, selected by Space, starred by S", () => {
    const model = show();
    answer(model, (number) => ({ stars: number === 1 ? 5 : 0 }));
    rows()[0]?.focus();

    key("Enter");
    key(" ");
    key("s");
    key("3");
    key("ArrowDown");
    key("S");

    expect(model.of("open")).toEqual([{ kind: "open", id: "job0", nonce: "n1" }]);
    expect(model.of("select").at(-1)).toMatchObject({ ids: ["job0"] });
    expect(rows()[0]?.getAttribute("aria-selected")).toBe("true");
    expect($(".pvideo-history-count").textContent).toBe("1 selected");
    expect(model.of("star").map((one) => [one["id"], one["stars"]])).toEqual([["job0", 1], ["job0", 3], ["job1", 0]]);
  });

  it("keep focus and place when something changes", () => {
    const model = show();
    answer(model);
    rows()[2]?.focus();

    model.set("found", { ...FOUND, stamp: 2 });
    answer(model, (number) => ({ stars: number === 2 ? 4 : 0 }));

    expect(document.activeElement).toBe(rows()[2]);
    expect(rows()[2]?.querySelectorAll("[data-on]")).toHaveLength(4);
  });

  it("mark what was looked for, in any case and without markup", () => {
    expect(marked("A CAT <b> cat", ["cat", "<b>"]).map((node) => [node.nodeName, node.textContent])).toEqual([
      ["#text", "A "], ["MARK", "CAT"], ["#text", " "], ["MARK", "<b>"], ["#text", " "], ["MARK", "cat"],
    ]);
    expect(marked("a.b", ["."])).toHaveLength(3);
    expect(marked("plain", [])).toHaveLength(1);
  });

  it("say where a video has gone, and ask for it", () => {
    const model = show();
    answer(model, (number) => ({ missing: number === 0 }));
    const first = rows()[0] as HTMLElement;
    expect(first.textContent).toContain("missing: moved or deleted");

    first.querySelector<HTMLElement>('[data-row="find"]')?.click();
    model.emit("msg:custom", { kind: "told", text: "Not found below /a.", ask: "job0" });
    const where = first.querySelector<HTMLInputElement>(".pvideo-row-where") as HTMLInputElement;
    where.value = "/b";
    first.querySelector<HTMLElement>('[data-row="look"]')?.click();
    first.querySelector<HTMLElement>('[data-row="forget"]')?.click();

    expect(model.of("find").map((one) => one["where"])).toEqual([undefined, "/b"]);
    expect(model.of("forget")).toHaveLength(1);
  });
});

describe("the search box", () => {
  it("asks when the typing pauses, once", async () => {
    const model = show();
    const box = $<HTMLInputElement>(".pvideo-search");
    for (const text of ["p", "po", "pop"]) {
      box.value = text;
      box.dispatchEvent(new Event("input"));
    }
    expect(model.of("query")).toEqual([]);

    await vi.advanceTimersByTimeAsync(200);

    expect(model.of("query")).toEqual([{ kind: "query", query: { text: "pop", starred: false, here: false } }]);
  });

  it("begins the rows anew when the words change", () => {
    const model = show();
    answer(model);

    model.set("query", { text: "cat", starred: false, here: false });
    model.set("found", { ...FOUND, count: 1, stamp: 2 });
    expect(rows()).toHaveLength(0);
    answer(model);

    expect(rows()).toHaveLength(1);
    expect(el.querySelector("mark")?.textContent).toBe("cat");
  });

  it("has its choices as pressed buttons", () => {
    const model = show();

    $('[data-filter="starred"]').click();
    $('[data-filter="here"]').click();

    expect(model.of("query").at(-1)).toMatchObject({ query: { starred: true, here: true } });
    expect($('[data-filter="all"]').getAttribute("aria-pressed")).toBe("false");
  });
});

describe("the opened card", () => {
  it("stands below the rows, takes the focus, and gives it back", () => {
    const model = show();
    answer(model);
    rows()[1]?.focus();
    key("Enter");

    model.set("views", [view({ ...DONE, id: "job1", name: "v1" })]);
    expect($(".pvideo-card").dataset["id"]).toBe("job1");
    expect(document.activeElement).toBe($(".pvideo-card"));
    $(".pvideo-history-close").click();

    expect($(".pvideo-history-card").hidden).toBe(true);
    expect(document.activeElement).toBe(rows()[1]);
    expect(model.of("shut")).toHaveLength(1);
    model.set("views", []);
    expect(el.querySelector(".pvideo-card")).toBeNull();
  });

  it("opens its More row where that was pressed", () => {
    const model = show();
    answer(model);
    rows()[0]?.querySelector<HTMLElement>('[data-row="more"]')?.click();

    model.set("views", [view({ ...DONE, id: "job0", more: [{ name: "rate", label: "Stars and note" }] })]);

    expect($(".pvideo-more").hidden).toBe(false);
  });
});

describe("the More row", () => {
  const items = [{ name: "explain", label: "Explain" }, { name: "rate", label: "Stars and note" }, { name: "save_page", label: "Save as page" }];
  const opened = (): FakeModel => {
    const model = show({ views: [view({ ...DONE, id: "job0", nonce: "c1", more: items, stars: 2, remark: "fine" })] });
    $('[data-action="more"]').click();
    return model;
  };

  it("explains: each request in a fold, with its words and two ways to copy it", () => {
    const model = opened();
    $('[data-more="explain"]').click();
    expect(model.of("menu")).toEqual([{ kind: "menu", id: "job0", nonce: "c1", name: "explain" }]);

    const step = { at: "0.0 s", request: "POST …/predictions", answer: "201 starting", word: "Please", more: "", headers: [["prefer: wait", "one long call"]], body: "{}", response: "", hint: "", curl: "curl x", python: "httpx" };
    model.emit("msg:custom", { kind: "menu", id: "job0", name: "explain", head: "cat · 1 request", nothing: "", steps: [step, "strange"] });

    expect(el.querySelectorAll(".pvideo-step")).toHaveLength(1);
    expect($(".pvideo-step").textContent).toContain("prefer: wait one long call");
    expect([...el.querySelectorAll("[data-copy]")].map((one) => one.textContent)).toEqual(["Copy as curl", "Copy as Python (httpx)"]);
    $('[data-more="explain"]').click();
    expect(el.querySelector(".pvideo-step")).toBeNull();
  });

  it("rates at once, and keeps the note when it is left", () => {
    const model = opened();
    $('[data-more="rate"]').click();
    const radios = [...el.querySelectorAll<HTMLInputElement>(".pvideo-stars input")];
    expect(radios.map((one) => [one.getAttribute("aria-label"), one.checked])).toEqual([
      ["1 star", false], ["2 stars", true], ["3 stars", false], ["4 stars", false], ["5 stars", false], ["no stars", false],
    ]);

    radios[4]?.click();
    const note = $<HTMLInputElement>(".pvideo-note-line");
    expect(note.value).toBe("fine");
    note.value = "better";
    note.dispatchEvent(new Event("change"));
    note.dispatchEvent(new Event("change"));

    expect(model.of("menu").map((one) => [one["stars"], one["note"]])).toEqual([[5, "fine"], [5, "better"]]);
  });

  it("says what was written, and what went wrong", async () => {
    const model = opened();
    $('[data-more="save_page"]').click();
    model.emit("msg:custom", { kind: "menu", id: "job0", name: "save_page", text: "Written: cat.html (1 MB)", file: "cat.html" });
    await settle();
    expect($(".pvideo-told").textContent).toBe("Written: cat.html (1 MB)");

    model.emit("msg:custom", { kind: "menu", id: "job0", name: "save_page", error: "That page would be too large." });
    await settle();

    expect($(".pvideo-told").getAttribute("role")).toBe("alert");
    model.emit("msg:custom", { kind: "menu", id: "other", name: "save_page", error: "of another" });
    await settle();
    expect($(".pvideo-told").textContent).toBe("That page would be too large.");
  });
});
