/**
 * Live card, clean file: the page keeps the live card while file, pasted copy and reload get plain html. JupyterLab writes a notebook by its shared cells'
 * `toJSON`; ours is wrapped there. None of this is documented, so each step is checked, and any doubt answers false: then Python swaps the output.
 */
import { loose, type Loose, type Model } from "./model";

const WIDGET = "application/vnd.jupyter.widget-view+json";

type ToJson = (this: unknown) => unknown;
/** What stands in the file for a widget's output. */
interface Plain {
  html: string;
  metadata: object;
}
interface Wrapped extends ToJson {
  pvideo?: Map<string, Plain>;
}

function items(value: unknown): Loose[] {
  return Array.isArray(value) ? value.map(loose) : [];
}

/** JupyterLab's lists have `length` and `get(i)`. */
function list(value: unknown): Loose[] {
  const found = loose(value);
  const get = found?.["get"];
  if (!found || typeof get !== "function") return [];
  return Array.from({ length: Number(found["length"]) || 0 }, (_, index) => loose(get.call(found, index)));
}

function modelId(output: Loose): string {
  const id = loose(loose(output?.["data"])?.[WIDGET])?.["model_id"];
  return typeof id === "string" ? id : "";
}

/** Is this output's widget the one of this very job, or comparison? */
async function isOurs(manager: NonNullable<Loose>, id: string, job: string): Promise<boolean> {
  const find = manager["get_model"];
  if (!id || typeof find !== "function") return false;
  // Outputs of other kernels have models that are not there: that is no doubt about ours.
  const model = loose(await Promise.resolve()
    .then(() => find.call(manager, id) as unknown)
    .catch(() => undefined));
  const get = model?.["get"];
  if (typeof get !== "function") return false;
  return ["view", "sheet"].some((trait) => loose(get.call(model, trait))?.["id"] === job);
}

function replaced(cell: unknown, plains: Map<string, Plain>): unknown {
  const found = loose(cell);
  if (!found || !Array.isArray(found["outputs"])) return cell;
  const outputs = items(found["outputs"]).map((output) => {
    const found = plains.get(modelId(output));
    if (found === undefined) return output;
    const plain = loose(output?.["data"])?.["text/plain"];
    return { ...output, data: { "text/html": found.html, ...(plain === undefined ? {} : { "text/plain": plain }) }, metadata: found.metadata };
  });
  return { ...found, outputs };
}

function wrap(shared: NonNullable<Loose>, id: string, plain: Plain): boolean {
  const now = shared["toJSON"] as Wrapped | undefined;
  if (typeof now !== "function") return false;
  if (now.pvideo) now.pvideo.set(id, plain);
  else {
    const plains = new Map([[id, plain]]);
    const wrapped: Wrapped = function (this: unknown) {
      return replaced(now.call(this), plains);
    };
    wrapped.pvideo = plains;
    shared["toJSON"] = wrapped;
  }
  return true;
}

function outputsOf(cell: Loose): Loose[] {
  const outputs = loose(cell?.["outputs"]);
  const toJson = outputs?.["toJSON"];
  return typeof toJson === "function" ? items(toJson.call(outputs)) : [];
}

type IsOurs = (manager: NonNullable<Loose>, id: string) => boolean | Promise<boolean>;

async function attempt(model: Model, ours: IsOurs, plain: Plain): Promise<boolean> {
  const manager = loose(model.widget_manager);
  const notebook = loose(loose(manager?.["context"])?.["model"]);
  const toJson = notebook?.["toJSON"];
  // With real-time collaboration the server writes the file, not this page.
  if (!manager || !notebook || typeof toJson !== "function" || notebook["collaborative"] === true) return false;
  const ids: string[] = [];
  for (const cell of list(notebook["cells"])) {
    const shared = loose(cell?.["sharedModel"]);
    for (const id of new Set(outputsOf(cell).map(modelId))) {
      if (!shared || !(await ours(manager, id))) continue;
      if (!wrap(shared, id, plain)) return false;
      ids.push(id);
    }
  }
  const file = JSON.stringify(toJson.call(notebook));
  if (!ids.length || ids.some((id) => file.includes(id)) || !file.includes(JSON.stringify(plain.html).slice(1, -1))) return false;
  notebook["dirty"] = true;
  return true;
}

/** True if the notebook's file will hold `html` in place of the live card of `job`. Never throws. */
export async function cleanFile(model: Model, job: string, html: string): Promise<boolean> {
  try {
    return html !== "" && (await attempt(model, (manager, id) => isOurs(manager, id, job), { html, metadata: {} }));
  } catch {
    return false;
  }
}

/** The same for a Studio, by its model's id. Its place in the file is marked with `key`, for when the page is loaded again. */
export async function cleanStudio(model: Model, mine: string, html: string, key: string): Promise<boolean> {
  try {
    return await attempt(model, (_, id) => id === mine, { html, metadata: { pvideo: { studio: key } } });
  } catch {
    return false;
  }
}

/** After a reload the page has the file's html, and the kernel still has the Studio: it comes back into its place, live. */
export async function revive(model: Model): Promise<void> {
  try {
    const { key, model: id } = { ...loose(model.get("saved")) };
    const context = loose(loose(model.widget_manager)?.["context"]);
    if (typeof key !== "string" || !key || typeof id !== "string") return;
    await context?.["ready"];
    for (const cell of list(loose(context?.["model"])?.["cells"])) {
      const outputs = loose(cell?.["outputs"]);
      const set = outputs?.["set"];
      outputsOf(cell).forEach((output, index) => {
        const mark = loose(loose(loose(output?.["metadata"])?.["pvideo"]))?.["studio"];
        if (mark !== key || modelId(output) || typeof set !== "function") return;
        set.call(outputs, index, { ...output, metadata: {}, data: { ...loose(output?.["data"]), [WIDGET]: { version_major: 2, version_minor: 1, model_id: id } } });
      });
    }
  } catch {
    // The html stays: the cell can be run again.
  }
}
