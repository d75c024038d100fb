import { describe, expect, it, vi } from "vitest";
import { cleanFile, cleanStudio, revive } from "../src/clean";
import { CANCEL, DONE, fakeModel, render, view } from "./helpers";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const HTML = '<figure><video src="videos/cat.mp4"></video></figure>\n<b>"succeeded"</b>';

const output = (id: string) => ({ output_type: "display_data", metadata: {}, data: { [WIDGET]: { model_id: id }, "text/plain": "cat", "text/html": "old" } });

/** A notebook as JupyterLab has it: shared cells write the file, models are found by their id. */
function notebook(cells: unknown[][], jobs: Record<string, string>) {
  const shared = cells.map((outputs) => ({ toJSON: () => ({ cell_type: "code", outputs: structuredClone(outputs), source: "%%pvideo cat" }) }));
  const models = cells.map((outputs, index) => ({ sharedModel: shared[index], outputs: { toJSON: () => outputs } }));
  const model = {
    dirty: false,
    cells: { length: cells.length, get: (index: number) => models[index] },
    toJSON: () => ({ cells: shared.map((one) => one.toJSON()), metadata: {} }),
  };
  const get_model = async (id: string) => {
    if (!(id in jobs)) throw new Error("widget model not found");
    return { get: (name: string) => (name === "kind" ? "card" : { id: jobs[id] }) };
  };
  return { model, shared, manager: { context: { model }, get_model } };
}

type File = { cells: { outputs: { data: Record<string, unknown> }[]; source: string }[] };
const file = (book: ReturnType<typeof notebook>): File => book.model.toJSON() as unknown as File;

describe("live card, clean file", () => {
  it("writes html in place of the live card, and marks the notebook as changed", async () => {
    const book = notebook([[{ output_type: "stream", name: "stdout", text: "hello" }], [output("m1")]], { m1: "job1" });

    expect(await cleanFile(fakeModel({}, book.manager), "job1", HTML)).toBe(true);

    expect(file(book).cells[1]?.outputs[0]?.data).toEqual({ "text/html": HTML, "text/plain": "cat" });
    expect(file(book).cells[0]?.outputs[0]).toEqual({ output_type: "stream", name: "stdout", text: "hello" });
    expect(book.model.dirty).toBe(true);
  });

  it("leaves other widgets alone, also dead ones", async () => {
    const book = notebook([[output("dead"), output("m1"), output("m2")]], { m1: "job1", m2: "job2" });

    expect(await cleanFile(fakeModel({}, book.manager), "job1", HTML)).toBe(true);

    const text = JSON.stringify(file(book));
    expect(text).not.toContain('"m1"');
    expect(text).toContain('"m2"');
    expect(text).toContain('"dead"');
  });

  it("wraps a cell once for two cards, and takes newer html", async () => {
    const book = notebook([[output("m1"), output("m2")]], { m1: "job1", m2: "job2" });
    await cleanFile(fakeModel({}, book.manager), "job1", HTML);
    const wrapped = book.shared[0]?.toJSON;

    expect(await cleanFile(fakeModel({}, book.manager), "job2", "<p>two</p>")).toBe(true);
    expect(await cleanFile(fakeModel({}, book.manager), "job1", "<p>new</p>")).toBe(true);

    expect(book.shared[0]?.toJSON).toBe(wrapped);
    expect(file(book).cells[0]?.outputs.map((one) => one.data["text/html"])).toEqual(["<p>new</p>", "<p>two</p>"]);
  });

  it("shows the output anew once the cell has run again", async () => {
    const outputs = [output("m1")];
    const book = notebook([outputs], { m1: "job1" });
    await cleanFile(fakeModel({}, book.manager), "job1", HTML);

    outputs.splice(0, 1, output("m9"));

    expect(JSON.stringify(file(book))).toContain('"m9"');
  });

  it.each<[string, unknown]>([
    ["no manager", undefined],
    ["no context", {}],
    ["no notebook", { context: {} }],
    ["a notebook without cells", { context: { model: { toJSON: () => ({}) } }, get_model: async () => undefined }],
    ["a manager without models", { context: notebook([[output("m1")]], {}).manager.context }],
    ["models that are not there", notebook([[output("m1")]], {}).manager],
    ["another job's card", notebook([[output("m1")]], { m1: "job2" }).manager],
    ["an object that throws", { get context() { throw new Error("not here"); } }],
  ])("answers no where there is %s", async (_, manager) => {
    expect(await cleanFile(fakeModel({}, manager), "job1", HTML)).toBe(false);
  });

  it("answers no where the server writes the file", async () => {
    const book = notebook([[output("m1")]], { m1: "job1" });
    Object.assign(book.model, { collaborative: true });
    expect(await cleanFile(fakeModel({}, book.manager), "job1", HTML)).toBe(false);
  });

  it("answers no when the id is still in the file", async () => {
    const book = notebook([[output("m1")]], { m1: "job1" });
    const plain = book.model.toJSON;
    book.model.toJSON = () => ({ ...plain(), metadata: { widgets: { m1: {} } } });
    expect(await cleanFile(fakeModel({}, book.manager), "job1", HTML)).toBe(false);
    expect(book.model.dirty).toBe(false);
  });

  it("is answered to Python when the html comes", async () => {
    const model = fakeModel({ kind: "card", view: view({ actions: [CANCEL] }), saved: "" });
    render(model);
    expect(model.of("clean")).toEqual([]);

    model.set("view", view(DONE));
    model.set("saved", HTML);

    await vi.waitFor(() => expect(model.of("clean")).toEqual([{ kind: "clean", id: "job1", ok: false }]));
  });
});

describe("a Studio", () => {
  const SAVED = { html: HTML, model: "m1", key: "k1" };

  it("is html in the file, marked for when the page is loaded again", async () => {
    const book = notebook([[output("m1"), output("m2")]], {});

    expect(await cleanStudio(fakeModel({}, book.manager), "m1", HTML, "k1")).toBe(true);

    expect(file(book).cells[0]?.outputs[0]).toEqual({ output_type: "display_data", metadata: { pvideo: { studio: "k1" } }, data: { "text/html": HTML, "text/plain": "cat" } });
    expect(JSON.stringify(file(book))).not.toContain('"m1"');
    expect(JSON.stringify(file(book))).toContain('"m2"');
  });

  it("answers no where it is not shown", async () => {
    expect(await cleanStudio(fakeModel({}, notebook([[output("m2")]], {}).manager), "m1", HTML, "k1")).toBe(false);
    expect(await cleanStudio(fakeModel({}), "m1", HTML, "k1")).toBe(false);
  });

  it("comes back into its place after a reload, and into no other", async () => {
    const plain = (key: string) => ({ output_type: "display_data", metadata: { pvideo: { studio: key } }, data: { "text/html": HTML } });
    const book = notebook([[plain("k1"), plain("k2"), output("m7")], [plain("k1")]], {});
    const set = [vi.fn(), vi.fn()];
    set.forEach((one, index) => Object.assign(book.model.cells.get(index)?.outputs ?? {}, { set: one }));

    await revive(fakeModel({ kind: "studio", saved: SAVED }, { context: { ...book.manager.context, ready: Promise.resolve() } }));

    const live = { output_type: "display_data", metadata: {}, data: { "text/html": HTML, [WIDGET]: { version_major: 2, version_minor: 1, model_id: "m1" } } };
    expect(set[0]?.mock.calls).toEqual([[0, live]]);
    expect(set[1]?.mock.calls).toEqual([[0, live]]);
  });

  it.each([undefined, {}, { context: { get model() { throw new Error("not here"); } } }])("stays html where the host is another one", async (manager) => {
    await expect(revive(fakeModel({ kind: "studio", saved: SAVED }, manager))).resolves.toBeUndefined();
  });
});
