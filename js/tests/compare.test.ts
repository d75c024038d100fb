import { beforeEach, describe, expect, it, vi } from "vitest";
import widget from "../src/compare";
import type { Comparison, Item } from "../src/compare/view";
import { fakeModel, freeze, settle } from "./helpers";

beforeEach(freeze);

const CLIP = { url: "", file: "videos/cat.mp4", type: "video/mp4", bytes: 5, seconds: 5 };
const item = (letter: string, changes: Partial<Item> = {}): Item => ({
  id: `job${letter}`, letter, name: `cat${letter}`, status: "succeeded", done: true, draft: letter === "A" ? "draft" : "", money: "$0.10", prompt: "A field of flowers",
  video: CLIP, shape: { width: 1280, height: 720 }, poster: "", fps: 24, cell: `%%pvideo cat${letter}`, ...changes,
});
const VIEW: Comparison = {
  id: "compare-1",
  nonce: "nonce1",
  items: [item("A"), item("B", { prompt: "A field of poppies" })],
  prompts: [{ letter: "B", pieces: [["same", "A field of "], ["removed", "flowers"], ["added", "poppies"]], said: "removed: flowers; added: poppies" }],
  inputs: [{ name: "draft", values: ["on", "off"] }],
  notice: "",
  actions: ["copy", "load", "page"],
};

function show(changes: Partial<Comparison> = {}) {
  const model = fakeModel({ kind: "compare", view: { ...VIEW, ...changes }, saved: "", below: [] });
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const end = new AbortController();
  widget.render({ model, el, signal: end.signal });
  const $ = <T extends Element = HTMLElement>(selector: string): T => {
    const found = el.querySelector<T>(selector);
    if (!found) throw new Error(`nothing matches ${selector}`);
    return found;
  };
  for (const video of el.querySelectorAll("video")) {
    let at = 0;
    Object.defineProperties(video, {
      duration: { value: 5 },
      readyState: { value: 4 },
      seeking: { value: false },
      currentTime: { get: () => at, set: (value: number) => {
        at = value;
      } },
    });
    video.dispatchEvent(new Event("loadedmetadata"));
  }
  const press = (key: string, on: Element = $(".pvideo-grid"), more = {}): void => void on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true, ...more }));
  return { model, el, end, $, press };
}

describe("compare", () => {
  it("shows letters, names and prices, and is named by them", () => {
    const { $, el } = show();

    expect([...el.querySelectorAll(".pvideo-cell-head")].map((one) => one.textContent)).toEqual(["AcatA (draft · $0.10)", "BcatB ($0.10)"]);
    expect($("section").getAttribute("aria-label")).toBe("Compare A catA, B catB");
    expect($("video").getAttribute("aria-label")).toBe("A catA: A field of flowers");
  });

  it("strikes what went and underlines what came, and says it in words", () => {
    const { $, el } = show();

    expect($("del").textContent).toBe("flowers");
    expect($("ins").textContent).toBe("poppies");
    expect($("del").parentElement?.getAttribute("aria-hidden")).toBe("true");
    expect($(".pvideo-differences .pvideo-aloud").textContent).toBe("A field of poppies (removed: flowers; added: poppies)");
    expect([...el.querySelectorAll("tr")].map((row) => row.lastElementChild?.textContent)).toContain("on → off");
    expect($(".pvideo-rest").textContent).toBe("everything else is the same");
  });

  it("says what the file holds, and when it plays", async () => {
    const { model, el, end, $ } = show();

    model.set("saved", "<table></table>");
    await settle();
    expect(model.of("clean")).toEqual([{ kind: "clean", id: "compare-1", ok: false }]);
    for (const video of el.querySelectorAll("video")) Object.assign(video, { play: () => Promise.resolve() });
    $('[data-action="play"]').click();
    end.abort();
    expect(model.of("playing").map((one) => one["playing"])).toEqual([true, false]);
  });

  it("has a column for each of three", () => {
    const { el, $ } = show({
      items: [item("A"), item("B"), item("C")],
      prompts: ["B", "C"].map((letter) => ({ letter, pieces: [["same", "A field of flowers"]], said: "" })),
      inputs: [{ name: "seed", values: ["1", "2", "3"] }],
    });

    expect([...el.querySelectorAll("th[scope=col]")].map((one) => one.textContent)).toEqual(["A catA", "B catB", "C catC"]);
    expect([...el.querySelectorAll("tr:last-child td")].map((one) => one.textContent)).toEqual(["1", "2", "3"]);
    expect($('[data-action="play"]').textContent).toBe("Play all 3");
  });

  it("says when nothing differs", () => {
    const { $ } = show({ prompts: [{ letter: "B", pieces: [["same", "A"]], said: "" }], inputs: [] });

    expect($(".pvideo-rest").textContent).toBe("everything is the same");
  });

  it("shows the state of one that is not there yet, then its video", () => {
    const { model, el, $ } = show({ items: [item("A"), item("B", { status: "processing", done: false, video: null })] });
    expect([...el.querySelectorAll("video")]).toHaveLength(1);
    expect($('[data-letter="B"] .pvideo-badge').textContent).toBe("processing");

    model.set("view", VIEW);

    expect([...el.querySelectorAll("video")]).toHaveLength(2);
    expect($<HTMLElement>('[data-letter="B"] .pvideo-badge').hidden).toBe(true);
  });

  it("moves all by one frame, by seconds, to both ends", () => {
    const { el, $, press } = show();
    const at = (): number[] => [...el.querySelectorAll("video")].map((one) => Math.floor(one.currentTime * 24 + 0.02));

    press("ArrowRight");
    press("ArrowRight");
    expect(at()).toEqual([2, 2]);
    expect($(".pvideo-frame-number").textContent).toBe("frame 2");
    expect($(".pvideo-time").textContent).toBe("0:00.08 / 0:05");
    press("ArrowRight", $(".pvideo-grid"), { shiftKey: true });
    expect(at()).toEqual([26, 26]);
    press("ArrowLeft");
    expect(at()).toEqual([25, 25]);
    press("End");
    expect(at()[0]).toBeGreaterThanOrEqual(119);
    press("Home");
    expect(at()).toEqual([0, 0]);
  });

  it("shows one alone, flips to the other in its place, and shows all again", () => {
    const { el, $, press } = show();
    const away = (): string[] => [...el.querySelectorAll<HTMLElement>(".pvideo-cell[data-away]")].map((one) => one.dataset["letter"] ?? "");

    press("2");
    expect(away()).toEqual(["A"]);
    expect($('[data-action="copy"]').textContent).toBe("Copy B as cell");
    $<HTMLElement>('[data-action="flip"]').click();
    expect(away()).toEqual(["B"]);
    expect($('[data-action="load"]').textContent).toBe("Load A in Studio");
    press("0");
    expect(away()).toEqual([]);
    press("7");
    expect(away()).toEqual([]);
  });

  it("lets one be heard, or none", () => {
    const { el, $, press } = show();
    const muted = (): boolean[] => [...el.querySelectorAll("video")].map((one) => one.muted);
    expect(muted()).toEqual([false, true]);

    const choice = $<HTMLSelectElement>("select");
    choice.value = "1";
    choice.dispatchEvent(new Event("change"));
    expect(muted()).toEqual([true, false]);
    press("m");
    expect(muted()).toEqual([true, true]);
    press("m");
    expect(muted()).toEqual([false, true]);
  });

  it("loops by its key and says so", () => {
    const { $, press } = show();

    press("l");

    expect($('[data-action="loop"]').getAttribute("aria-pressed")).toBe("true");
  });

  it("leaves Space on a button to the button, and takes it on the stage", () => {
    const { $, press } = show();
    const play = vi.spyOn($<HTMLVideoElement>("video"), "play").mockResolvedValue();

    press(" ", $('[data-action="loop"]'));
    expect(play).not.toHaveBeenCalled();
    press(" ");

    expect(play).toHaveBeenCalled();
    expect($('[data-action="play"]').textContent).toBe("Pause");
  });

  it("keeps the notebook's keys away", () => {
    const { press } = show();
    const seen = vi.fn();
    document.body.addEventListener("keydown", seen);

    for (const key of ["d", "x", "ArrowUp"]) press(key);

    expect(seen).not.toHaveBeenCalled();
    document.body.removeEventListener("keydown", seen);
  });

  it("asks Python to load, and to save a page", () => {
    const { model, $ } = show();

    $<HTMLElement>('[data-action="load"]').click();
    $<HTMLElement>('[data-action="page"]').click();

    expect(model.of("load")).toEqual([{ kind: "load", id: "jobB", nonce: "nonce1" }]);
    expect(model.of("page")).toHaveLength(1);
    expect(show({ actions: ["copy"] }).$<HTMLElement>('[data-action="page"]').hidden).toBe(true);
  });

  it("copies the newer one as a cell", async () => {
    const write = vi.fn().mockResolvedValue(undefined);
    vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText: write } });
    const { $ } = show();

    $<HTMLElement>('[data-action="copy"]').click();
    await settle();

    expect(write).toHaveBeenCalledWith("%%pvideo catB");
    expect($('[data-action="copy"]').textContent).toBe("Copied");
    vi.unstubAllGlobals();
  });

  it("says what Python tells", () => {
    const { model, $ } = show();

    model.set("view", { ...VIEW, notice: "Loaded catB in the Studio." });

    expect($(".pvideo-notice").textContent).toBe("Loaded catB in the Studio.");
    expect($(".pvideo-notice").hidden).toBe(false);
  });

  it("leaves nothing behind", () => {
    const { model, end } = show();

    end.abort();

    expect(model.listeners()).toBe(0);
  });
});
