/** Found by trying: boxes with a video in them, moved notebooks, and addresses of this very server. */
import { describe, expect, it, vi } from "vitest";
import { cleanFile, renew, reviveBoxes } from "../src/clean";
import { imageUrl, mediaUrl } from "../src/dom";
import { initialize } from "../src/initialize";
import { resolveFile } from "../src/model";
import { DONE, fakeModel, render, view } from "./helpers";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const HTML = '<figure><video src="videos/cat.mp4"></video></figure>';
const output = (id: string, more: object = {}) => ({ output_type: "display_data", metadata: {}, data: { [WIDGET]: { model_id: id }, "text/plain": "VBox()" }, ...more });

type Traits = Record<string, unknown>;
const widget = (traits: Traits) => ({ attributes: traits, get: (name: string) => traits[name] });
const cardOf = (job: string) => widget({ view: { id: job } });

/** A notebook as JupyterLab has it, with widgets of any kind. */
function notebook(cells: unknown[][], widgets: Record<string, ReturnType<typeof widget>>, metadata: object = {}) {
  const shared = cells.map((outputs) => ({ toJSON: () => ({ cell_type: "code", outputs: structuredClone(outputs) }) }));
  const set = vi.fn((cell: number, index: number, other: unknown) => cells[cell]?.splice(index, 1, other));
  const models = cells.map((outputs, cell) => ({ sharedModel: shared[cell], outputs: { toJSON: () => outputs, set: (index: number, other: unknown) => set(cell, index, other) } }));
  const model = { dirty: false, cells: { length: cells.length, get: (index: number) => models[index] }, toJSON: () => ({ cells: shared.map((one) => one.toJSON()), metadata }) };
  const get_model = async (id: string) => widgets[id] ?? Promise.reject(new Error("widget model not found"));
  const outputs = (cell = 0) => (model.toJSON().cells[cell] as { outputs: { data: Record<string, unknown>; metadata: object }[] }).outputs;
  return { model, set, outputs, manager: { context: { model, localPath: "a/one.ipynb" }, get_model } };
}

describe("C1: a box of widgets with a video in it", () => {
  const ref = (id: string) => ({ model_id: id });

  it.each<[string, Record<string, ReturnType<typeof widget>>]>([
    ["an Output", { box: widget({ outputs: [{ output_type: "stream", text: "hello" }, output("m1")] }), m1: cardOf("job1") }],
    ["a VBox", { box: widget({ children: [ref("text"), ref("m1")] }), text: widget({ value: "hello" }), m1: cardOf("job1") }],
    ["a Tab of boxes", { box: widget({ children: [ref("inner")], titles: ["one"] }), inner: widget({ children: [ref("out")] }), out: widget({ outputs: [output("m1")] }), m1: cardOf("job1") }],
    ["a box in itself", { box: widget({ children: [ref("box"), ref("m1")] }), m1: cardOf("job1") }],
  ])("is html in the file: %s", async (_, widgets) => {
    const book = notebook([[output("box")]], widgets);

    expect(await cleanFile(fakeModel({}, book.manager), "job1", HTML)).toBe(true);

    expect(book.outputs()[0]).toEqual({ output_type: "display_data", metadata: { pvideo: { widget: "box" } }, data: { "text/html": HTML } });
    expect(book.model.dirty).toBe(true);
  });

  it("waits for all that is in it, and keeps their order", async () => {
    const widgets = { box: widget({ children: [ref("m2"), ref("m1")] }), m1: cardOf("job1"), m2: cardOf("job2") };
    const book = notebook([[output("box")]], widgets);

    expect(await cleanFile(fakeModel({}, book.manager), "job1", "<p>one</p>")).toBe(false);
    expect(book.outputs()[0]?.data[WIDGET]).toBeDefined();
    expect(await cleanFile(fakeModel({}, book.manager), "job2", "<p>two</p>")).toBe(true);

    expect(book.outputs()[0]?.data["text/html"]).toBe("<p>two</p><p>one</p>");
  });

  it("leaves a box without one, and one whose state is saved", async () => {
    const other = notebook([[output("box")]], { box: widget({ children: [ref("text")] }), text: widget({ value: "hello" }) });
    expect(await cleanFile(fakeModel({}, other.manager), "job1", HTML)).toBe(false);
    expect(other.outputs()[0]?.data[WIDGET]).toBeDefined();

    const saved = notebook([[output("box")]], { box: widget({ children: [ref("m1")] }), m1: cardOf("job1") }, { widgets: { state: { box: {} } } });
    expect(await cleanFile(fakeModel({}, saved.manager), "job1", HTML)).toBe(false);
  });

  it("comes back with its kernel after a reload, once", async () => {
    const plain = (id: string) => ({ output_type: "display_data", metadata: { pvideo: { widget: id } }, data: { "text/html": HTML } });
    const book = notebook([[plain("box"), plain("dead")]], { box: widget({ children: [ref("m1")] }), m1: cardOf("job1") });
    const model = fakeModel({}, book.manager);

    await reviveBoxes(model);
    await reviveBoxes(model);

    expect(book.set.mock.calls.map(([cell, index]) => [cell, index])).toEqual([[0, 0]]);
    expect(book.outputs()[0]?.data[WIDGET]).toEqual({ version_major: 2, version_minor: 1, model_id: "box" });
  });

  it("is offered again, as it may fill later than it is drawn", async () => {
    vi.useFakeTimers();
    const box: Traits = { outputs: [] };
    const book = notebook([[output("box")]], { box: widget(box), m1: cardOf("job1") });
    const model = fakeModel({ kind: "card", view: view(DONE), saved: HTML }, book.manager);
    render(model);
    await vi.advanceTimersByTimeAsync(500);
    expect(model.of("clean")).toEqual([{ kind: "clean", id: "job1", ok: false }]);

    box["outputs"] = [output("m1")];
    await vi.advanceTimersByTimeAsync(20_000);

    expect(model.of("clean").at(-1)).toEqual({ kind: "clean", id: "job1", ok: true });
    expect(model.of("clean")).toHaveLength(2);
    vi.useRealTimers();
  });
});

describe("C4: a notebook that is moved", () => {
  const still = (html: unknown) => ({ output_type: "display_data", metadata: {}, data: { "text/html": html } });

  it("is told to Python, at first and with each move", () => {
    const slots: (() => void)[] = [];
    const context = { localPath: "a/one.ipynb", pathChanged: { connect: (slot: () => void) => slots.push(slot), disconnect: () => slots.pop() } };
    const model = fakeModel({ saved: "" }, { context });
    const end = new AbortController();
    initialize({ model, signal: end.signal });
    context.localPath = "b/two.ipynb";
    slots.forEach((slot) => slot());

    expect(model.of("notebook")).toEqual([{ kind: "notebook", path: "a/one.ipynb" }, { kind: "notebook", path: "b/two.ipynb" }]);
    end.abort();
    expect(slots).toEqual([]);
  });

  it("has its new addresses in what stands as html", async () => {
    const book = notebook([[still([HTML]), still("<p>another</p>")], [output("m1", { data: { [WIDGET]: { model_id: "m1" }, "text/html": HTML } })]], { m1: cardOf("job1") });
    const model = fakeModel({ saved: HTML }, book.manager);
    initialize({ model, signal: new AbortController().signal });

    model.set("saved", HTML.replace("videos/", "../a/videos/"));

    await vi.waitFor(() => expect(book.set.mock.calls).toHaveLength(1));
    expect(book.outputs()[0]?.data["text/html"]).toContain("../a/videos/cat.mp4");
    expect(book.outputs(1)[0]?.data["text/html"]).toBe(HTML);
  });

  it("gives way to its html where it is a cell's value and the page can't keep it over the file", async () => {
    const book = notebook([[output("m1"), output("m2")]], { m1: cardOf("job1"), m2: cardOf("job2") });
    Object.assign(book.model, { collaborative: true });
    const model = fakeModel({ saved: HTML }, book.manager);
    initialize({ model, signal: new AbortController().signal });

    model.emit("msg:custom", { kind: "alive" });
    model.emit("msg:custom", { kind: "give_way", model: "m1", html: HTML });

    await vi.waitFor(() => expect(book.set.mock.calls).toHaveLength(1));
    expect(book.outputs()[0]?.data["text/html"]).toBe(HTML);
    expect(book.outputs()[0]?.data[WIDGET]).toBeUndefined();
    expect(book.outputs()[1]?.data[WIDGET]).toBeDefined();
  });

  it("does nothing where there is no notebook", async () => {
    await expect(renew(fakeModel({}), HTML, "<p>new</p>")).resolves.toBeUndefined();
    const model = fakeModel({});
    initialize({ model, signal: new AbortController().signal });
    expect(model.sent).toEqual([]);
  });
});

describe("D8: this server's own addresses", () => {
  it.each(["https://hub.example/hub/logout", "http://hub.example/hub/logout", "/hub/logout", "//hub.example/x.mp4"])("are not asked for because an answer names them: %s", (url) => {
    for (const here of ["https://hub.example/user/x/lab", "http://hub.example/lab"]) {
      location.href = here;
      expect(mediaUrl(url, false)).toBeNull();
      expect(imageUrl(url)).toBeNull();
    }
  });

  it("are not asked for on loopback either", () => {
    location.href = "http://127.0.0.1:8888/lab";
    expect(mediaUrl("http://127.0.0.1:8888/api/shutdown", false)).toBeNull();
    expect(mediaUrl("http://127.0.0.1:9001/a.mp4", false)).toBe("http://127.0.0.1:9001/a.mp4");
  });

  it("are a file's where the host found it there", () => {
    location.href = "https://hub.example/user/x/lab";
    expect(mediaUrl("https://hub.example/user/x/files/videos/a.mp4?_xsrf=1")).toBe("https://hub.example/user/x/files/videos/a.mp4?_xsrf=1");
    expect(mediaUrl("blob:https://hub.example/1-2", false)).toBe("blob:https://hub.example/1-2");
  });

  it.each(["https://hub.example/hub/logout", "/hub/logout", "//hub.example/hub/logout", "\\hub\\logout", "javascript:alert(1)", "RTC:a.mp4"])("no host is asked where %j lies", async (path) => {
    const resolveUrl = vi.fn(async (one: string) => one);
    expect(await resolveFile(fakeModel({}, { resolveUrl }), path)).toBeNull();
    expect(resolveUrl).not.toHaveBeenCalled();
  });

  it("no player gets one", async () => {
    location.href = "https://hub.example/user/x/lab";
    const model = fakeModel({ kind: "card", view: view({ ...DONE, video: { url: "https://hub.example/hub/logout", file: "", type: "video/mp4", bytes: 1, seconds: 5 } }), saved: "" });
    render(model);
    await vi.waitFor(() => expect(document.querySelector("video")).not.toBeNull());

    for (const video of document.querySelectorAll("video")) expect(video.getAttribute("src")).toBeNull();
  });

  it.each([
    ["https://ai-gateway-outputs.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/a.mp4?X-Amz-Signature=1", true],
    ["https://ai-gateway-outputs.0123456789abcdef.r2.cloudflarestorage.com/a.mp4", false],
    ["https://evil.r2.cloudflarestorage.com/a.mp4", false],
    ["https://ai-gateway-outputs.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com.evil.example/a.mp4", false],
  ])("A15: the gateway's own store is a delivery host: %s", (url, may) => {
    expect(mediaUrl(url, false)).toBe(may ? url : null);
  });
});
