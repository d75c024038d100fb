import type { Host } from "../src/model";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { PIECE } from "../src/studio/upload";
import { CANCEL, DONE, FORM, NOW, fakeModel, freeze, render, settle, view } from "./helpers";

beforeEach(freeze);

const PRICE = { text: "$0.025", label: "Generate draft · $0.025", disabled: false, reason: "" };
const studio = (traits: Record<string, unknown> = {}, host?: Host) => {
  const model = fakeModel({
    kind: "studio", state: { phase: "ready", message: null }, form: FORM, inputs: { prompt: "A cat", draft: true }, problems: [], price: PRICE,
    money: { session: "$0.15", today: "$0.43", budget: "$5.00", text: "" }, views: [], strip: { links: {}, stars: {}, can: [] }, notice: "", ...traits,
  });
  const shown = render(model, host);
  const control = <T extends HTMLElement = HTMLInputElement>(name: string, selector = "input, textarea, select"): T => shown.$<T>(`[data-field="${name}"] :is(${selector})`);
  return { model, ...shown, control };
};
const type = (target: HTMLInputElement | HTMLTextAreaElement, text: string): void => {
  target.value = text;
  target.dispatchEvent(new Event("input", { bubbles: true }));
};
const choose = (target: HTMLInputElement | HTMLSelectElement, change: () => void): void => {
  change();
  target.dispatchEvent(new Event("change", { bubbles: true }));
};
const give = async (input: HTMLInputElement, file: File): Promise<void> => {
  Object.defineProperty(input, "files", { value: [file], configurable: true });
  input.dispatchEvent(new Event("change"));
  await vi.advanceTimersByTimeAsync(50);
};
const pause = () => vi.advanceTimersByTimeAsync(200);
const last = (model: ReturnType<typeof fakeModel>) => model.of("inputs").at(-1);
/** Python has heard all that was typed. */
const hear = (model: ReturnType<typeof fakeModel>): void => model.emit("msg:custom", { kind: "heard", stamp: last(model)?.["stamp"] }, []);

describe("the form", () => {
  it("gives every control a real label", () => {
    const { el } = studio();
    for (const { name, label } of FORM.fields) {
      const field = el.querySelector(`[data-field="${name}"]`);
      const named = field?.querySelector<HTMLLabelElement>("label.pvideo-label");
      if (named) expect(el.querySelector(`#${named.htmlFor}`), name).toBeTruthy();
      else expect(field?.querySelector("[aria-labelledby]"), name).toBeTruthy();
      expect(field?.querySelector(".pvideo-label")?.textContent).toBe(label);
    }
  });

  it("shows values, and defaults where there are none", () => {
    const { control } = studio({ inputs: { prompt: "A cat", seed: 7 } });
    expect(control("prompt").value).toBe("A cat");
    expect(control("duration", ".pvideo-number").value).toBe("5");
    expect(control("aspect_ratio", "input:checked").value).toBe("16:9");
    expect(control("seed").value).toBe("7");
    expect(control("draft").checked).toBe(false);
    expect(control("disable_safety_filter").checked).toBe(false);
  });

  it("sends what was typed after a pause, all of it in one message", async () => {
    const { model, control } = studio();

    type(control("prompt"), "A");
    type(control("prompt"), "A dog");
    choose(control("resolution", "input[value='1080p']"), () => (control("resolution", "input[value='1080p']").checked = true));
    expect(model.of("inputs")).toEqual([]);
    await pause();

    expect(model.of("inputs")).toEqual([{ kind: "inputs", inputs: { prompt: "A dog", draft: true, resolution: "1080p" }, changed: ["prompt", "resolution"], stamp: [expect.any(Number), 1] }]);
  });

  it.each<[string, string, (control: HTMLInputElement) => void, unknown]>([
    ["duration", ".pvideo-number", (one) => type(one, "8"), 8],
    ["duration", ".pvideo-range", (one) => type(one, "12"), 12],
    ["duration", ".pvideo-number", (one) => type(one, "eight"), "eight"],
    ["seed", "input", (one) => type(one, "183"), 183],
    ["draft", "input", (one) => choose(one, () => (one.checked = false)), false],
    ["disable_safety_filter", "input", (one) => choose(one, () => (one.checked = true)), false],
    ["fps", "select", (one) => choose(one, () => (one.value = "1")), 48],
    ["extra", "textarea", (one) => type(one, '{"a": [1]}'), { a: [1] }],
    ["key", "input", (one) => type(one, "secret"), "secret"],
    ["cfg", "input", (one) => type(one, "3.5"), 3.5],
    ["negative", "textarea", (one) => type(one, "blur"), "blur"],
    ["image", ".pvideo-address", (one) => type(one, "https://x.example/a.png"), "https://x.example/a.png"],
  ])("sends %s as its own kind", async (name, selector, act, value) => {
    const { model, control } = studio();

    act(control(name, selector));
    await pause();

    expect(last(model)).toMatchObject({ inputs: { [name]: value } });
  });

  it.each(["/etc/passwd", "a.png", "http://x.example/a.png", "file:///a.png", "data:image/png;base64,AA=="])("sends no %s that was typed for a file (D1)", async (text) => {
    const { model, control, $ } = studio();

    type(control("image", ".pvideo-address"), text);
    await pause();
    expect(JSON.stringify(model.of("inputs"))).not.toContain(text);
    expect($('[data-field="image"] .pvideo-problem').textContent).toContain("https://");

    type(control("image", ".pvideo-address"), "https://x.example/a.png");
    await pause();
    expect(last(model)).toMatchObject({ inputs: { image: "https://x.example/a.png" } });
    expect($('[data-field="image"] .pvideo-problem').textContent).toBe("");
  });

  it("keeps a list's items apart", async () => {
    const { model, $, control } = studio();

    $('[data-field="refs"] .pvideo-list-box > button').click();
    type(control("refs"), "one");
    $('[data-field="refs"] .pvideo-list-box > button').click();
    await pause();
    expect(last(model)).toMatchObject({ inputs: { refs: ["one"] } });

    $('[data-field="refs"] .pvideo-list button').click();
    await pause();
    expect(last(model)).toMatchObject({ inputs: { refs: [] } });
  });

  it("says what is not JSON yet, and sends nothing of it", async () => {
    const { model, control, $ } = studio();

    type(control("extra"), "{oh");
    await pause();
    expect($('[data-field="extra"] .pvideo-problem').textContent).toBe("This is not JSON yet.");
    expect(model.of("inputs")).toEqual([]);

    $('[data-action="generate"]').click();
    expect(model.of("generate")).toEqual([]);
    expect(document.activeElement).toBe(control("extra"));
  });

  it("marks what is changed, counts it under More, and leads back", async () => {
    const { model, $, control } = studio();
    choose(control("fps", "select"), () => (control("fps", "select").value = "1"));
    expect($('[data-field="fps"]').hasAttribute("data-changed")).toBe(true);
    expect($(".pvideo-more-toggle").textContent).toBe("More (1)");

    $('[data-field="fps"] .pvideo-reset').click();
    await pause();

    expect($(".pvideo-more-toggle").textContent).toBe("More");
    expect(last(model)).toMatchObject({ inputs: { fps: 24 } });
  });

  it("switches a voided field off, with its reason", () => {
    const { $, control } = studio({ inputs: { image: "cat.png" } });
    expect($('[data-field="aspect_ratio"] .pvideo-reason').textContent).toBe("Set by the first frame.");
    expect(control("aspect_ratio").disabled).toBe(true);
  });

  it("rolls a seed, and keeps the one that was used", async () => {
    const { model, $, control } = studio({ views: [view({ ...DONE, facts: ["5 s", "seed 183"] })] });

    expect($('[data-seed="keep"]').textContent).toBe("Keep 183");
    $('[data-seed="keep"]').click();
    await pause();
    expect(last(model)).toMatchObject({ inputs: { seed: 183 } });

    expect($('[data-seed="keep"]').textContent).toBe("New each time");
    $('[data-seed="keep"]').click();
    await pause();
    expect(last(model)).toMatchObject({ inputs: { seed: null } });
    expect(control("seed").placeholder).toBe("new each time");

    $('[data-seed="new"]').click();
    expect(Number(control("seed").value)).not.toBe(183);
  });

  it("says the settings in a line for where they are folded", () => {
    expect(studio().$(".pvideo-settings-toggle").textContent).toBe("Settings: draft · 5 s · 16:9 · 720p");
  });
});

describe("typing", () => {
  it("is never lost to an echo of what was typed before", async () => {
    const { model, control } = studio();
    type(control("prompt"), "A d");
    await pause();
    type(control("prompt"), "A dog");

    model.set("inputs", { prompt: "A d", draft: true });
    expect(control("prompt").value).toBe("A dog");
    await pause();
    type(control("prompt"), "A dog r");
    await pause();
    model.set("inputs", { prompt: "A dog", draft: true });

    expect(control("prompt").value).toBe("A dog r");
  });

  it("gives way to what Python sets by itself", async () => {
    const { model, control } = studio();
    type(control("prompt"), "A dog");
    await pause();
    model.set("inputs", { prompt: "A dog", draft: true });
    hear(model);

    model.set("inputs", { prompt: "A bird", draft: false, duration: 3 });

    expect(control("prompt").value).toBe("A bird");
    expect(control("draft").checked).toBe(false);
    expect(control("duration", ".pvideo-number").value).toBe("3");
  });

  it("stays until Python has heard it, however long that takes, also against another view's word", async () => {
    const { model, control } = studio();
    type(control("prompt"), "A dog");
    await pause();
    await vi.advanceTimersByTimeAsync(60_000);
    model.set("inputs", { prompt: "A cat", draft: true, image: "cat.png" });
    model.emit("msg:custom", { kind: "heard", stamp: [0.5, 9] }, []);
    model.emit("msg:custom", { kind: "heard", stamp: null }, []);
    expect(control("prompt").value).toBe("A dog");

    // What Python made of it counts, once it has heard it.
    model.set("inputs", { prompt: "A good dog", draft: true });
    expect(control("prompt").value).toBe("A dog");
    hear(model);
    expect(control("prompt").value).toBe("A good dog");
  });

  it("of a secret stays here, though Python does not send it back", async () => {
    const { model, control } = studio();
    type(control("key"), "secret");
    await pause();
    await vi.advanceTimersByTimeAsync(10_000);

    model.set("inputs", { prompt: "A cat", draft: true });

    expect(control("key").value).toBe("secret");
    expect(control("key").type).toBe("password");
  });
});

describe("the priced button", () => {
  it("says the price, and sends one press with what is typed now", async () => {
    const { model, $, control } = studio();
    expect($('[data-action="generate"]').textContent).toBe("Generate draft · $0.025");
    type(control("prompt"), "A dog");

    $('[data-action="generate"]').click();
    $('[data-action="generate"]').click();

    expect(model.of("generate")).toHaveLength(1);
    expect(model.of("generate")[0]).toMatchObject({ inputs: { prompt: "A dog", draft: true } });
    expect(String(model.of("generate")[0]?.["nonce"]).length).toBeGreaterThanOrEqual(8);
  });

  it("takes a press at once after a change of the form, and a double click of it for one", async () => {
    const { model, $, control } = studio();
    const press = (): void => $('[data-action="generate"]').click();
    press();
    // What Python says of the press is no change by a person.
    model.set("inputs", { prompt: "A cat", draft: true, seed: 7 });
    press();
    expect(model.of("generate")).toHaveLength(1);

    type(control("prompt"), "A dog");
    press();
    press();
    expect(model.of("generate").map((one) => one["inputs"])).toEqual([{ prompt: "A cat", draft: true }, { prompt: "A dog", draft: true, seed: 7 }]);

    await give(control("image", "input[type=file]"), new File(["x"], "cat.png", { type: "image/png" }));
    press();
    press();
    model.emit("msg:custom", { kind: "file_ok", field: "image", name: "cat.png", size: 1, thumb: "" }, []);
    expect(model.of("generate")).toHaveLength(3);
  });

  it("shows what was spent of the budget, and of none", () => {
    expect(studio().$(".pvideo-today").textContent).toBe("today $0.43 of $5.00");
    expect(studio({ money: { session: "", today: "$0.43", budget: "", text: "" } }).$(".pvideo-today").textContent).toBe("today $0.43");
  });

  it("goes to the first problem, which stands under its field, and sends nothing", () => {
    const { model, $, control } = studio({ problems: [{ field: "duration", message: "Duration is 1 to 20 s; 25 was given." }, { field: "ghost", message: "No such thing." }] });
    const box = control("duration", ".pvideo-number");
    const problem = $('[data-field="duration"] .pvideo-problem');
    expect(problem.textContent).toBe("Duration is 1 to 20 s; 25 was given.");
    expect(box.getAttribute("aria-describedby")).toContain(problem.id);
    expect(box.getAttribute("aria-invalid")).toBe("true");
    expect($(".pvideo-fix").textContent).toBe("2 things to fix");
    expect($(".pvideo-generate-box > .pvideo-problem").textContent).toBe("ghost: No such thing.");

    $('[data-action="generate"]').click();

    expect(model.of("generate")).toEqual([]);
    expect(document.activeElement).toBe(box);
  });

  it("takes the next press at once after one that was refused", () => {
    const { model, $, control } = studio();
    type(control("prompt"), "");
    $('[data-action="generate"]').click();
    model.emit("msg:custom", { kind: "focus_problem", field: "prompt" }, []);

    type(control("prompt"), "A dog");
    $('[data-action="generate"]').click();

    expect(model.of("generate").map((one) => (one["inputs"] as { prompt: string }).prompt)).toEqual(["", "A dog"]);
  });

  it("opens More for a problem in it", () => {
    const { model, $, control } = studio();
    model.emit("msg:custom", { kind: "focus_problem", field: "cfg" }, []);
    expect($(".pvideo-more-fields").hasAttribute("data-open")).toBe(true);
    expect(document.activeElement).toBe(control("cfg"));
  });

  it("is off with a reason", () => {
    const { model, $ } = studio({ price: { ...PRICE, disabled: true, reason: "No account is set up." } });
    $('[data-action="generate"]').click();
    expect($('[data-action="generate"]').getAttribute("aria-disabled")).toBe("true");
    expect($(".pvideo-under").textContent).toContain("No account is set up.");
    expect(model.of("generate")).toEqual([]);
  });

  it("asks for another one only when it says so", () => {
    const { model, $ } = studio({ price: { ...PRICE, label: "Make another · $0.025", reason: "This video is being made now." } });
    expect($(".pvideo-notice").textContent).toContain("This video is being made now.");
    $('[data-action="generate"]').click();
    expect(model.of("generate")[0]).toMatchObject({ again: true });
  });
});

describe("files", () => {
  it("go in pieces of at most 4 MiB, and show name and size", async () => {
    const { model, $, control } = studio();
    const file = new File([new Uint8Array(PIECE + 10)], "cat.png", { type: "image/png" });

    await give(control("image", "input[type=file]"), file);
    await vi.waitFor(() => expect(model.of("file")).toHaveLength(2));

    expect(model.of("file")[1]).toEqual({ kind: "file", field: "image", name: "cat.png", type: "image/png", size: PIECE + 10, index: 1, count: 2 });
    expect(model.buffers.map((one) => one.byteLength)).toEqual([PIECE, 10]);
    expect($(".pvideo-file-name").textContent).toBe("cat.png · 4.2 MB");
  });

  it("go away again", async () => {
    const { model, $, control } = studio();
    await give(control("image", "input[type=file]"), new File(["x"], "cat.png", { type: "image/png" }));
    model.set("inputs", { prompt: "A cat", draft: true, image: "cat.png" });

    $('[data-field="image"] .pvideo-drop button').click();
    await pause();

    expect(model.of("file_clear")).toEqual([{ kind: "file_clear", field: "image" }]);
    expect($(".pvideo-drop").hasAttribute("data-full")).toBe(false);
  });

  it("are taken from a drop", async () => {
    const { model, $ } = studio();
    const drop = new Event("drop", { bubbles: true, cancelable: true });
    Object.assign(drop, { dataTransfer: { files: [new File(["x"], "a.png", { type: "image/png" })] } });

    $('[data-field="image"] .pvideo-file').dispatchEvent(drop);

    await vi.waitFor(() => expect(model.of("file")).toHaveLength(1));
    expect(drop.defaultPrevented).toBe(true);
  });

  it("are taken from a paste into the prompt", async () => {
    const { model, control } = studio();
    const paste = new Event("paste", { bubbles: true, cancelable: true });
    Object.assign(paste, { clipboardData: { files: [new File(["x"], "a.png", { type: "image/png" })] } });

    control("prompt").dispatchEvent(paste);

    await vi.waitFor(() => expect(model.of("file")[0]).toMatchObject({ field: "image" }));
  });

  describe("on their way", () => {
    const pressed = async () => {
      const shown = studio();
      await give(shown.control("image", "input[type=file]"), new File(["x"], "cat.png", { type: "image/png" }));
      shown.$('[data-action="generate"]').click();
      expect(shown.model.of("generate")).toEqual([]);
      expect(shown.$(".pvideo-notice-text").textContent).toBe("It goes as soon as the kernel has answered.");
      const say = (kind: string, more: object = {}): void => shown.model.emit("msg:custom", { kind, field: "image", ...more }, []);
      return { ...shown, ok: () => say("file_ok", { name: "cat.png", size: 1, thumb: "" }), lost: () => say("file_lost") };
    };

    it("are waited for by a press, which goes once", async () => {
      const { model, $, ok } = await pressed();
      $('[data-action="generate"]').click();
      ok();
      ok();

      expect(model.of("generate")).toHaveLength(1);
      expect($(".pvideo-notice").hidden).toBe(true);
    });

    it("are all waited for", async () => {
      const { model, $, control, ok } = await pressed();
      $('[data-field="pictures"] .pvideo-list-box > button').click();
      await give(control("pictures", "input[type=file]"), new File(["y"], "end.png", { type: "image/png" }));
      ok();
      expect(model.of("generate")).toEqual([]);

      model.emit("msg:custom", { kind: "file_ok", field: "pictures", slot: "1", name: "end.png", size: 1, thumb: "" }, []);
      expect(model.of("generate")).toEqual([expect.objectContaining({ inputs: expect.objectContaining({ pictures: ["end.png"] }) })]);
    });

    it("let no press go at another price than its button said", async () => {
      const { model, $, ok } = await pressed();
      model.set("price", { ...PRICE, text: "$0.10", label: "Generate · $0.10" });
      ok();
      expect(model.of("generate")).toEqual([]);
      expect($(".pvideo-notice-text").textContent).toBe("Not sent: the form is another now.");

      $('[data-action="generate"]').click();
      expect(model.of("generate")).toHaveLength(1);
      expect($(".pvideo-notice").hidden).toBe(true);
    });

    it("let no press go without one that was lost, or taken away", async () => {
      const { model, $, lost } = await pressed();
      lost();
      expect([model.of("generate"), $(".pvideo-drop").hasAttribute("data-full")]).toEqual([[], false]);

      const other = await pressed();
      other.$('[data-field="image"] .pvideo-drop button').click();
      other.ok();
      expect(other.model.of("generate")).toEqual([]);
    });

    it("leave what was there before in use when they are lost", async () => {
      const { model, $, control } = studio({ inputs: { prompt: "A cat", image: "before.png" } });
      await give(control("image", "input[type=file]"), new File(["x"], "cat.png", { type: "image/png" }));
      model.emit("msg:custom", { kind: "file_lost", field: "image" }, []);

      expect($(".pvideo-file-name").textContent).toBe("before.png");
    });
  });
});

describe("the videos", () => {
  const two = [view({ id: "b", name: "cat_2", actions: [CANCEL] }), view({ ...DONE, id: "a", name: "cat", money: "$0.025", took: 3 })];

  it("begin with an empty stage: what a press costs, and three ways to start", async () => {
    const { model, $, control } = studio();
    expect($(".pvideo-empty").textContent).toContain("Press Generate. A 5 s draft costs $0.025 and takes about 3 s.");
    expect($(".pvideo-chips").children).toHaveLength(3);

    $<HTMLElement>(".pvideo-chip").click();
    await pause();

    expect(control("prompt").value).toBe("A paper boat in the rain");
    expect(last(model)).toMatchObject({ inputs: { prompt: "A paper boat in the rain" } });
  });

  it("show the newest in full, and another at a click, without tearing it down", () => {
    const { model, $, el } = studio({ views: two });
    expect($("section").dataset["id"]).toBe("b");
    expect(el.querySelectorAll("section")).toHaveLength(1);

    $('.pvideo-tile[data-id="a"]').click();
    const video = $("video");
    expect($("section").dataset["id"]).toBe("a");
    $('.pvideo-tile[data-id="b"]').click();
    $('.pvideo-tile[data-id="a"]').click();
    model.set("views", two.map((one) => ({ ...one, now: NOW })));

    expect($("video")).toBe(video);
  });

  it("bring a new one to the front", () => {
    const { model, $ } = studio({ views: two });
    $('.pvideo-tile[data-id="a"]').click();

    model.set("views", [view({ id: "c" }), ...two]);

    expect($("section").dataset["id"]).toBe("c");
    expect($(".pvideo-session").textContent).toBe("3 videos · $0.15 this session");
  });

  it("stand in one Tab stop, with arrows", () => {
    const { el, $ } = studio({ views: two });
    const stops = (): string[] => [...el.querySelectorAll<HTMLElement>(".pvideo-tile")].filter((one) => one.tabIndex === 0).map((one) => one.dataset["id"] ?? "");
    expect(stops()).toEqual(["b"]);

    $('.pvideo-tile[data-id="b"]').focus();
    $('.pvideo-tile[data-id="b"]').dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true, composed: true }));

    expect(document.activeElement).toBe($('.pvideo-tile[data-id="a"]'));
    expect(stops()).toEqual(["a"]);
  });

  it("carry their own id and nonce in a press", () => {
    const { model, $ } = studio({ views: two });
    $('[data-action="cancel"]').click();
    expect(model.of("action")).toEqual([{ kind: "action", id: "b", nonce: "nonce1", name: "cancel" }]);
  });

  it("fill the form with exactly what made them at a click, and undo it", async () => {
    const { model, $, control } = studio({ views: two });
    type(control("prompt"), "A half-typed thought");
    $('.pvideo-tile[data-id="a"]').click();
    expect(model.of("load")).toEqual([expect.objectContaining({ id: "a" })]);
    await pause();
    model.set("inputs", { prompt: "A half-typed thought", draft: true });
    model.set("inputs", { prompt: "An old cat", seed: 7 });
    expect(control("prompt").value).toBe("An old cat");
    expect($(".pvideo-notice").textContent).toContain("Loaded from cat");

    $('.pvideo-tile[data-id="b"]').click();
    $(".pvideo-notice button").click();
    await settle();

    expect(control("prompt").value).toBe("A half-typed thought");
    expect(last(model)).toMatchObject({ inputs: { prompt: "A half-typed thought", draft: true } });
  });

  it("are waited for by a press: it is of what they loaded", async () => {
    const { model, $ } = studio({ views: two });
    $('.pvideo-tile[data-id="a"]').click();
    $('[data-action="generate"]').click();
    await pause();
    expect(model.of("generate")).toEqual([]);
    expect($(".pvideo-notice-text").textContent).toBe("It goes as soon as the kernel has answered.");

    model.set("inputs", { prompt: "An old cat", seed: 7 });
    model.emit("msg:custom", { kind: "loaded", stamp: "another view's" }, []);
    expect(model.of("generate")).toEqual([]);
    model.emit("msg:custom", { kind: "loaded", stamp: model.of("load")[0]!["stamp"] }, []);
    expect(model.of("generate")).toEqual([expect.objectContaining({ inputs: { prompt: "An old cat", seed: 7 } })]);
  });

  const key = (target: HTMLElement, name: string): void => void target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, composed: true }));
  const facts = { links: { b: { from: "a", as: "final" } }, stars: { a: 5 }, can: ["compare", "star"] };

  it("are loaded with Enter, selected with Space, starred with S", () => {
    const { model, $ } = studio({ views: two, strip: facts });
    const [b, a] = [$('.pvideo-tile[data-id="b"]'), $('.pvideo-tile[data-id="a"]')];

    key(b, "s");
    $('.pvideo-tile[data-id="a"] .pvideo-tile-star').click();
    expect(model.of("star")).toEqual([{ kind: "star", id: "b", stars: 1 }, { kind: "star", id: "a", stars: 0 }]);
    key(a, "Enter");
    expect(model.of("load")).toEqual([expect.objectContaining({ id: "a" })]);
    key(b, " ");
    expect(b.getAttribute("aria-selected")).toBe("true");
    expect($('[data-action="compare"]').hidden).toBe(true);
    key(a, " ");
    expect($('[data-action="compare"]').textContent).toBe("Compare 2");

    $('[data-action="compare"]').click();

    expect(model.of("compare")).toEqual([{ kind: "compare", ids: ["a", "b"] }]);
  });

  it("offer no key that nothing answers", () => {
    const { model, $ } = studio({ views: two });
    for (const name of [" ", "s", "d", "x"]) key($('.pvideo-tile[data-id="a"]'), name);
    expect(model.of("star")).toEqual([]);
    expect($('.pvideo-tile[data-id="a"]').getAttribute("aria-selected")).toBe("false");
  });

  it("show a final beside its draft, joined and in words", () => {
    const { $ } = studio({ views: two, strip: facts });
    expect($('.pvideo-tile[data-id="b"]').hasAttribute("data-joined")).toBe(true);
    expect($('.pvideo-tile[data-id="b"]').getAttribute("aria-label")).toContain("final of cat");
    expect($('.pvideo-tile[data-id="a"]').hasAttribute("data-joined")).toBe(false);
  });

  it("are compared in the place of the card, and give it back", async () => {
    const shownIn: HTMLElement[] = [];
    const host = { getWidget: async () => ({ render: async ({ el }: { el: HTMLElement }) => void shownIn.push(el) }) };
    const { model, $ } = studio({ views: two, strip: facts }, host);

    model.set("beside", "anywidget:abc");
    await settle();
    expect(shownIn).toHaveLength(1);
    expect($(".pvideo-place").hidden).toBe(true);

    const back = $('[data-action="back"]');
    expect(back.textContent).toBe("Back to the video");
    back.focus();
    back.click();
    expect($(".pvideo-place").hidden).toBe(false);
    expect($(".pvideo-beside").hidden).toBe(true);
    expect(document.activeElement).toBe($(".pvideo-place section"));
    expect(model.of("shut")).toEqual([{ kind: "shut", beside: "anywidget:abc" }]);
    expect(back.hidden).toBe(true);

    // It can come back, as often as one likes.
    model.set("beside", "");
    model.set("behind", "Back to the comparison");
    expect([back.hidden, back.textContent]).toEqual([false, "Back to the comparison"]);
    back.click();
    expect(model.of("reopen")).toHaveLength(1);
    model.set("behind", "");
    model.set("beside", "anywidget:abc");
    await settle();
    expect(shownIn).toHaveLength(2);
    expect(back.textContent).toBe("Back to the video");

    // Another view went back; and a page that is loaded again finds what stands there.
    model.set("beside", "anywidget:abd");
    await settle();
    model.set("beside", "");
    expect($(".pvideo-beside").hidden).toBe(true);
    expect(model.of("shut")).toHaveLength(1);
    const again = studio({ views: two, beside: "anywidget:abe" }, host);
    await settle();
    expect(again.$(".pvideo-place").hidden).toBe(true);

    // Nothing was made yet, or something else than a video.
    for (const [views, words] of [[[], "Back"], [[view({ ...DONE, kind: "image" })], "Back to the image"]] as const) {
      const other = studio({ views, beside: "anywidget:abf" }, host);
      await settle();
      expect(other.$('[data-action="back"]').textContent).toBe(words);
    }
  });

  it("begin a sweep of the form as it is, once nothing is wrong, and go to its line", async () => {
    const host = { getWidget: async () => ({ render: async ({ el }: { el: HTMLElement }) => el.append(document.createElement("select")) }) };
    const { model, $, control } = studio({ views: [] }, host);
    const sweep = $('[data-action="sweep"]');
    control("prompt").value = "";
    control("prompt").dispatchEvent(new Event("input", { bubbles: true }));
    model.set("problems", [{ field: "prompt", message: "A prompt is needed." }]);
    await pause();
    sweep.click();
    expect(model.of("sweep")).toEqual([]);

    type(control("prompt"), "A boat");
    model.set("problems", []);
    sweep.focus();
    sweep.click();
    expect(model.of("sweep")).toEqual([{ kind: "sweep", inputs: expect.objectContaining({ prompt: "A boat" }), nonce: expect.any(String) }]);
    model.set("beside", "anywidget:abc");
    await settle();

    expect(document.activeElement).toBe($(".pvideo-beside select"));
  });
});

describe("the lists", () => {
  it("keep numbers numbers, and take a file for each item", async () => {
    const { model, $, control } = studio();
    $('[data-field="sizes"] .pvideo-list-box > button').click();
    type(control("sizes"), "12");
    $('[data-field="sizes"] .pvideo-list-box > button').click();
    await pause();
    expect(last(model)).toMatchObject({ inputs: { sizes: [12] } });

    $('[data-field="pictures"] .pvideo-list-box > button').click();
    const drop = Object.assign(new Event("drop", { bubbles: true, cancelable: true }), { dataTransfer: { files: [new File(["x"], "a.png", { type: "image/png" })] } });
    $('[data-field="pictures"] .pvideo-file').dispatchEvent(drop);
    await vi.waitFor(() => expect(model.of("file")[0]).toMatchObject({ field: "pictures", slot: "1" }));
    model.emit("msg:custom", { kind: "file_ok", field: "pictures", slot: "1", name: "a (2).png", size: 1, thumb: "" }, []);
    await pause();

    expect(last(model)).toMatchObject({ inputs: { pictures: ["a (2).png"] } });
    expect($('[data-field="pictures"] .pvideo-file-name').textContent).toContain("a (2).png");
  });
});

describe("a box without a slider", () => {
  it("tells its range", () => {
    const { $, control } = studio();
    expect($('[data-field="width"] .pvideo-hint').textContent).toBe("0 to 2048 px");
    expect(control("width").getAttribute("aria-describedby")).toContain($('[data-field="width"] .pvideo-hint').id);
  });
});

describe("a seed that may not repeat", () => {
  it("stands at the Draft switch before the first press, and goes with one click", async () => {
    const { model, $, control } = studio();
    expect($(".pvideo-loose").textContent).toBe("The seed may not repeat it: upsampling rewrites the prompt each run. Turn off prompt upsampling");

    $(".pvideo-loose button").click();
    await pause();

    expect(last(model)).toMatchObject({ inputs: { upsampling: false } });
    expect(control("upsampling").checked).toBe(false);
    expect($(".pvideo-loose").hidden).toBe(true);
    expect(document.activeElement).toBe(control("draft"));
    expect($(".pvideo-more-toggle").textContent).toBe("More (1)");
  });

  it("is no matter without a draft", () => {
    expect(studio({ inputs: { prompt: "A cat", draft: false } }).$(".pvideo-loose").hidden).toBe(true);
  });
});

describe("a model that is being asked for", () => {
  it("says so at once, takes no press, and offers to try again", async () => {
    const { model, $ } = studio({ state: { phase: "loading", message: null, model: "a/b" }, form: { ...FORM, fields: [] } });
    expect($(".pvideo-loading-text").textContent).toBe("Loading the form of a/b…");
    $('[data-action="generate"]').click();
    expect(model.of("generate")).toEqual([]);

    model.set("state", { phase: "error", message: { key: "unreachable", title: "The gateway could not be reached", sentence: "No connection.", next: "Check it.", tone: "bad" } });
    expect($(".pvideo-loading").textContent).toContain("The gateway could not be reached");
    $('[data-action="reload"]').click();
    expect(model.of("reload")).toHaveLength(1);

    model.set("state", { phase: "ready", message: null });
    model.set("form", FORM);
    expect($(".pvideo-loading").hidden).toBe(true);
    await vi.advanceTimersByTimeAsync(2000);
    $('[data-action="generate"]').click();
    expect(model.of("generate")).toHaveLength(1);
  });
});

describe("a form that is said anew", () => {
  it("keeps its controls while only its sentence changes, and the focus when it is another form", () => {
    const { model, control } = studio();
    const prompt = control("prompt");
    prompt.focus();

    model.set("form", { ...FORM, first: "Press Generate. It is free." });
    expect(control("prompt")).toBe(prompt);

    model.set("form", { ...FORM, fields: FORM.fields.slice(0, 3) });
    expect(control("prompt")).not.toBe(prompt);
    expect(document.activeElement).toBe(control("prompt"));
  });
});

describe("what is needed", () => {
  it("is not called wrong before anybody came to it", () => {
    const { model, $, control } = studio({ inputs: {}, problems: [{ field: "prompt", message: "prompt is needed." }] });
    expect($('[data-field="prompt"] .pvideo-problem').hidden).toBe(true);
    expect($(".pvideo-fix").textContent).toBe("");

    $('[data-action="generate"]').click();

    expect(model.of("generate")).toEqual([]);
    expect($('[data-field="prompt"] .pvideo-problem').textContent).toBe("prompt is needed.");
    expect($(".pvideo-fix").textContent).toBe("1 thing to fix");
    expect(document.activeElement).toBe(control("prompt"));
  });
});

it("leaves no listener and no timer when the view goes", async () => {
  const { model, end } = studio({ views: [view({ actions: [CANCEL] })] });
  expect(model.listeners()).toBeGreaterThan(8);

  end.abort();
  await settle();

  expect(model.listeners()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

it("survives a line that is dead from the start", () => {
  const model = fakeModel({ kind: "studio", form: FORM, inputs: {}, problems: [], price: PRICE, money: {}, views: [], notice: "" });
  model.send = () => {
    throw new Error("disposed");
  };
  expect(render(model).$('[data-action="generate"]').getAttribute("aria-disabled")).toBe("true");
});
