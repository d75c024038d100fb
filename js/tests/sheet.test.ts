import { beforeEach, describe, expect, it, vi } from "vitest";
import { leftWords } from "../src/sheet/sheet";
import type { Host } from "../src/model";
import type { SheetView, Tile } from "../src/view";
import { NOW, fakeModel, freeze, render, settle, type FakeModel } from "./helpers";

beforeEach(freeze);

const CLIP = { url: "", file: "videos/a.mp4", type: "video/mp4", bytes: 5, seconds: 5 };
const tile = (index: number, changes: Partial<Tile> = {}): Tile => ({
  id: `job${index}`, places: [index], title: `seed ${index + 1}`, status: "processing", phase: "", done: false, money: "$0.10", note: "", reason: "", sent: NOW - 4000, stars: 0, video: null, ...changes,
});
const done = (index: number, changes: Partial<Tile> = {}): Tile => tile(index, { status: "succeeded", done: true, note: "11 s", video: CLIP, ...changes });

function sheet(tiles: Tile[], changes: Partial<SheetView> = {}): SheetView {
  const finished = tiles.filter((one) => one.status === "succeeded").length;
  return {
    id: "s1", nonce: "nonce1", name: "board", title: `${tiles.length} videos: seed 1–${tiles.length}`, total: "total $0.40", state: finished === tiles.length ? "over" : "runs",
    count: tiles.length, done: finished, left: tiles.length - finished, said: finished === tiles.length ? `All ${finished} are done` : `${finished} of ${tiles.length} done`,
    parts: [`${finished} of ${tiles.length} done`, "$0.10"], ends: null, now: NOW, notice: "", message: null, actions: [],
    axes: [{ name: "seed", title: `seed 1–${tiles.length}`, labels: tiles.map((one) => one.title) }], tiles, shape: { width: 1280, height: 720 },
    demo: false, rates: true, ...changes,
  };
}

const open = (shown: SheetView, traits: Record<string, unknown> = {}, host?: Host) => {
  const model = fakeModel({ kind: "sheet", sheet: shown, posters: {}, opened: "", below: [], saved: "", ...traits });
  return { model, ...render(model, host) };
};
const press = (el: HTMLElement, key: string): boolean => el.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true }));
const tiles = (el: HTMLElement): HTMLElement[] => [...el.querySelectorAll<HTMLElement>(".pvideo-tile")];

describe("the sheet", () => {
  it("says the sum first, then how it stands", () => {
    const { $ } = open(sheet([done(0), tile(1)], { ends: NOW + 38_000 }));

    expect($(".pvideo-sheet-head").textContent).toContain("board: 2 videos: seed 1–2");
    expect($(".pvideo-sheet-total").textContent).toBe("total $0.40");
    expect($(".pvideo-sheet-stands").textContent).toBe("1 of 2 done · $0.10 · about 40 s left");
  });

  it("wraps one axis with each tile's own title", () => {
    const { el, $ } = open(sheet([done(0), tile(1)]));

    expect($(".pvideo-grid").dataset["axes"]).toBe("1");
    expect([...el.querySelectorAll(".pvideo-tile-title")].map((one) => one.textContent)).toEqual(["seed 1", "seed 2"]);
    expect(el.querySelectorAll("[role=columnheader]").length).toBe(0);
  });

  it("makes a table of two axes and repeats it for a third", () => {
    const axes = [
      { name: "seed", title: "seed 1–2", labels: ["seed 1", "seed 2"] },
      { name: "resolution", title: "720p, 1080p", labels: ["720p", "1080p"] },
      { name: "draft", title: "draft on, off", labels: ["draft on", "draft off"] },
    ];
    const all = [0, 1].flatMap((a) => [0, 1].flatMap((b) => [0, 1].map((c) => tile(a * 4 + b * 2 + c, { places: [a, b, c] }))));
    const { el } = open(sheet(all, { axes }));

    expect([...el.querySelectorAll("[role=columnheader]")].map((one) => one.textContent)).toEqual(["seed 1", "seed 2", "seed 1", "seed 2"]);
    expect([...el.querySelectorAll("[role=rowheader]")].map((one) => one.textContent)).toEqual(["720p", "1080p", "720p", "1080p"]);
    expect([...el.querySelectorAll(".pvideo-grid-title")].map((one) => one.textContent)).toEqual(["draft on", "draft off"]);
    expect(tiles(el).map((one) => one.dataset["id"])).toEqual(["job0", "job4", "job2", "job6", "job1", "job5", "job3", "job7"]);
  });

  it("shows what was not sent, and starts only by its button, whose price goes back with it", () => {
    const start = { name: "start", label: "Generate 2 · $1.20", primary: true, costs: true };
    const unsent = [0, 1].map((index) => tile(index, { id: "", status: "", note: "not sent", money: "", sent: null }));
    const { model, el, $ } = open(sheet(unsent, { state: "asks", parts: [], actions: [start] }));
    expect(el.querySelector(".pvideo-tile .pvideo-badge:not([hidden])")).toBeNull();
    expect($(".pvideo-tile").textContent).toContain("not sent");
    expect(model.of("sheet")).toEqual([]);

    $('[data-action="start"]').click();
    $('[data-action="start"]').click();

    expect(model.of("sheet")).toEqual([{ kind: "sheet", name: "start", label: "Generate 2 · $1.20", nonce: "nonce1" }]);
    expect($('[data-action="start"]').getAttribute("aria-disabled")).toBe("true");
  });

  it("keeps a button that changed its price ready for a new press", () => {
    const retry = (count: number) => ({ name: "retry", label: `Try the ${count} failed ones again · $0.${count}0`, primary: true, costs: true });
    const { model, $ } = open(sheet([tile(0)], { actions: [retry(2)] }));
    $('[data-action="retry"]').click();
    model.set("sheet", sheet([tile(0)], { actions: [retry(3)] }));

    $('[data-action="retry"]').click();

    expect(model.of("sheet").map((one) => one["label"])).toEqual([retry(2).label, retry(3).label]);
  });

  it("hands focus on when its focused button goes", () => {
    const cancel = { name: "cancel", label: "Cancel the last one", primary: false, costs: false };
    const { model, $ } = open(sheet([tile(0)], { actions: [cancel] }));
    $('[data-action="cancel"]').focus();
    model.set("sheet", sheet([done(0)]));

    expect(document.activeElement).toBe($(".pvideo-sheet"));
  });

  it("draws small pictures and no markup", () => {
    const { el } = open(sheet([done(0, { title: "<b>x</b>" })]), { posters: { job0: "data:image/jpeg;base64,AAAA" } });

    expect(el.querySelector<HTMLImageElement>(".pvideo-tile img")?.src).toBe("data:image/jpeg;base64,AAAA");
    expect(el.querySelector(".pvideo-tile b")).toBeNull();
  });

  it("says the small account's pace, and what stopped a button", () => {
    const message = { key: "budget_reached", title: "Your budget stopped it", sentence: "x", next: "y", tone: "warn" as const };
    const { $ } = open(sheet([tile(0)], { notice: "Replicate takes 6 a minute on this account; the last one starts in about 40 s.", message }));

    expect($(".pvideo-sheet-notice").textContent).toContain("6 a minute");
    expect($(".pvideo-message-title").textContent).toBe("Your budget stopped it");
  });

  it("counts the seconds of what runs and rests when all is over", () => {
    const { model, $ } = open(sheet([tile(0)]));
    expect($(".pvideo-tile-time").textContent).toBe("4 s");
    vi.advanceTimersByTime(2000);
    expect($(".pvideo-tile-time").textContent).toBe("6 s");

    model.set("sheet", sheet([done(0)]));
    expect($(".pvideo-sheet").hasAttribute("data-still")).toBe(true);
    expect($(".pvideo-tile-time").textContent).toBe("");
  });

  it("lets no time that is left grow", () => {
    expect(leftWords(NOW + 7400, NOW, Infinity)).toEqual({ text: "about 7 s left", left: 7.4 });
    expect(leftWords(NOW + 9000, NOW, 5).text).toBe("about 5 s left");
    expect(leftWords(NOW + 1000, NOW, Infinity).text).toBe("any moment now");
    expect(leftWords(null, NOW, 3)).toEqual({ text: "", left: 3 });
  });
});

describe("keys and clicks", () => {
  it("has one Tab stop that the arrows move", () => {
    const { el } = open(sheet([done(0), done(1), tile(2)]));
    const all = tiles(el);
    expect(all.map((one) => one.tabIndex)).toEqual([0, -1, -1]);
    all[0]?.focus();

    press(all[0] as HTMLElement, "ArrowRight");
    expect(document.activeElement).toBe(all[1]);
    press(all[1] as HTMLElement, "End");
    expect(document.activeElement).toBe(all[2]);
    press(all[2] as HTMLElement, "ArrowRight");
    expect(document.activeElement).toBe(all[2]);
    expect(all.map((one) => one.tabIndex)).toEqual([-1, -1, 0]);
  });

  it.each(["x", "d", "ArrowLeft", "Enter"])("keeps %s from the notebook", (key) => {
    const heard = vi.fn();
    const { el } = open(sheet([done(0)]));
    document.body.addEventListener("keydown", heard);
    tiles(el)[0]?.focus();

    press(tiles(el)[0] as HTMLElement, key);

    expect(heard).not.toHaveBeenCalled();
  });

  it("opens a card below by Enter or click and closes it by Escape or its button, with the focus back on its tile", () => {
    const { model, el, $ } = open(sheet([done(0), done(1), tile(2, { id: "", status: "" })]));
    expect($<HTMLElement>('[data-action="close"]').hidden).toBe(true);
    tiles(el)[1]?.focus();
    press(tiles(el)[1] as HTMLElement, "Enter");
    expect(model.of("open")).toEqual([{ kind: "open", id: "job1" }]);
    model.set("opened", "job1");
    expect(tiles(el).map((one) => one.getAttribute("aria-expanded"))).toEqual(["false", "true", "false"]);

    tiles(el)[0]?.focus();
    press(tiles(el)[0] as HTMLElement, "Escape");
    expect(model.of("open").at(-1)).toEqual({ kind: "open", id: "" });
    expect(document.activeElement).toBe(tiles(el)[1]);
    $('[data-action="close"]').click();
    tiles(el)[1]?.click();
    expect(model.of("open").slice(-2)).toEqual([{ kind: "open", id: "" }, { kind: "open", id: "" }]);
    tiles(el)[0]?.click();
    tiles(el)[2]?.click();
    expect(model.of("open").at(-1)).toEqual({ kind: "open", id: "job0" });
  });

  it("draws what Python puts below with a keyboard of its own", async () => {
    const drawn = vi.fn(async () => undefined);
    const { el } = open(sheet([done(0)]), { below: ["anywidget:m1"] }, { getWidget: async () => ({ render: drawn }) });
    await settle();

    expect(drawn).toHaveBeenCalledOnce();
    expect(el.querySelector(".pvideo-sheet .pvideo-below")).toBeNull();
  });

  it("selects with Space or the box and compares two", () => {
    const { model, el, $ } = open(sheet([done(0), done(1), tile(2)]));
    expect($('[data-action="compare"]').getAttribute("aria-disabled")).toBe("true");
    tiles(el)[0]?.focus();
    press(tiles(el)[0] as HTMLElement, " ");
    tiles(el)[1]?.querySelector<HTMLElement>(".pvideo-tile-box")?.click();
    tiles(el)[2]?.focus();
    press(tiles(el)[2] as HTMLElement, " ");

    expect(tiles(el).map((one) => one.getAttribute("aria-selected"))).toEqual(["true", "true", "false"]);
    expect($('[data-action="compare"]').textContent).toBe("Compare 2");
    $('[data-action="compare"]').click();
    expect(model.of("compare")).toEqual([{ kind: "compare", ids: ["job0", "job1"] }]);
    expect(model.of("open")).toEqual([]);
  });

  it("stars with S or the star, and takes it away again", () => {
    const { model, el } = open(sheet([done(0), done(1, { stars: 3 })]));
    tiles(el)[0]?.focus();
    press(tiles(el)[0] as HTMLElement, "s");
    tiles(el)[1]?.querySelector<HTMLElement>(".pvideo-tile-star")?.click();

    expect(model.of("rate")).toEqual([{ kind: "rate", id: "job0", stars: 1 }, { kind: "rate", id: "job1", stars: 0 }]);
  });

  it("hides what cannot be done", () => {
    const { el, $ } = open(sheet([done(0), tile(1)], { rates: false }));

    expect($<HTMLElement>('[data-action="compare"]').hidden).toBe(true);
    expect([...el.querySelectorAll<HTMLElement>(".pvideo-tile-star")].every((one) => one.hidden)).toBe(true);
    expect([...el.querySelectorAll<HTMLElement>(".pvideo-tile-box")].map((one) => one.hidden)).toEqual([false, true]);
  });

  it("plays all, muted, and pauses", async () => {
    const started = vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
    const paused = vi.spyOn(HTMLMediaElement.prototype, "pause").mockReturnValue();
    const { model, el, $ } = open(sheet([done(0), done(1), tile(2)]));

    $('[data-action="play"]').click();
    await vi.advanceTimersByTimeAsync(4000);
    const players = [...el.querySelectorAll<HTMLVideoElement>(".pvideo-tile video")];
    expect(players.length).toBe(2);
    expect(players.every((one) => one.muted)).toBe(true);
    expect(started).toHaveBeenCalledTimes(2);
    expect($('[data-action="play"]').textContent).toBe("Pause all");
    expect(model.of("playing").at(-1)).toEqual({ kind: "playing", playing: true });

    $('[data-action="play"]').click();
    expect(paused).toHaveBeenCalledTimes(2);
    expect($('[data-action="play"]').textContent).toBe("Play all");
    vi.restoreAllMocks();
  });
});

describe("read aloud", () => {
  const listen = (el: HTMLElement): string[] => {
    const heard: string[] = [];
    const observer = new MutationObserver(() => {
      for (const one of el.querySelectorAll("[role=status], [role=alert]")) if (one.textContent && heard.at(-1) !== one.textContent) heard.push(one.textContent);
    });
    observer.observe(el, { subtree: true, childList: true, characterData: true });
    return heard;
  };
  const go = async (model: FakeModel, count: number, apart: number): Promise<void> => {
    for (let finished = 1; finished <= count; finished += 1) {
      model.set("sheet", sheet(Array.from({ length: count }, (_, index) => (index < finished ? done(index) : tile(index)))));
      await vi.advanceTimersByTimeAsync(apart);
    }
    await vi.advanceTimersByTimeAsync(5000);
  };
  const twelve = (): SheetView => sheet(Array.from({ length: 12 }, (_, index) => tile(index)));

  it("speaks at most 14 times for 12 videos, and tiles are silent", async () => {
    const { model, el } = open(twelve());
    const heard = listen(el);

    await go(model, 12, 4000);

    expect(heard.length).toBeLessThanOrEqual(14);
    expect(heard[2]).toBe("3 of 12 done");
    expect(heard.at(-1)).toBe("All 12 are done");
    expect(el.querySelectorAll(".pvideo-tile [role=status], .pvideo-tile [aria-live]").length).toBe(0);
  });

  it("says several that come together as one", async () => {
    const { model, el } = open(twelve());
    const heard = listen(el);

    await go(model, 12, 200);

    expect(heard.length).toBeLessThanOrEqual(3);
    expect(heard.at(-1)).toBe("All 12 are done");
  });

  it("stays silent when it comes from the library", async () => {
    const { model, el } = open(sheet([done(0)]));
    const heard = listen(el);
    model.set("sheet", sheet([done(0)]));
    await vi.advanceTimersByTimeAsync(5000);

    expect(heard).toEqual([]);
  });
});

it("offers its file a clean table", async () => {
  const { model } = open(sheet([done(0)]), { saved: "<table></table>" });
  await settle();

  expect(model.of("clean")).toEqual([{ kind: "clean", id: "s1", ok: false }]);
});

it("says that the kernel is gone and presses nothing then", () => {
  const cancel = { name: "cancel", label: "Cancel the last one", primary: false, costs: false };
  const { model, el, $ } = open(sheet([tile(0)], { actions: [cancel] }));
  vi.advanceTimersByTime(16_000);
  expect($(".pvideo-banner").textContent).toContain("The kernel is gone");
  $('[data-action="cancel"]').click();
  tiles(el)[0]?.click();
  expect([...model.of("sheet"), ...model.of("open")]).toEqual([]);

  model.set("sheet", sheet([tile(0)], { actions: [cancel] }));
  expect($<HTMLElement>(".pvideo-banner").hidden).toBe(true);
});
