/**
 * Live card, clean file: the page keeps the live card while file, pasted copy and reload get plain html. JupyterLab writes a notebook by its shared cells'
 * `toJSON`; ours is wrapped there. None of this is documented, so each step is checked, and any doubt answers false: then Python swaps the output.
 */
import { loose, type Loose, type Model } from "./model";

const WIDGET = "application/vnd.jupyter.widget-view+json";

type ToJson = (this: unknown) => unknown;
interface Wrapped extends ToJson {
  pvideo?: Map<string, string>;
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

/** Is this output's widget a card of this very job, or the history with this token? */
async function isOurs(manager: NonNullable<Loose>, id: string, job: string): Promise<boolean> {
  const find = manager["get_model"];
  if (!id || typeof find !== "function") return false;
  // Outputs of other kernels have models that are not there: that is no doubt about ours.
  const model = loose(await Promise.resolve()
    .then(() => find.call(manager, id) as unknown)
    .catch(() => undefined));
  const get = model?.["get"];
  if (typeof get !== "function") return false;
  return (get.call(model, "kind") === "card" && loose(get.call(model, "view"))?.["id"] === job) || get.call(model, "token") === job;
}

function replaced(cell: unknown, htmls: Map<string, string>): unknown {
  const found = loose(cell);
  if (!found || !Array.isArray(found["outputs"])) return cell;
  const outputs = items(found["outputs"]).map((output) => {
    const html = htmls.get(modelId(output));
    if (html === undefined) return output;
    const plain = loose(output?.["data"])?.["text/plain"];
    return { ...output, data: { "text/html": html, ...(plain === undefined ? {} : { "text/plain": plain }) }, metadata: {} };
  });
  return { ...found, outputs };
}

function wrap(shared: NonNullable<Loose>, id: string, html: string): boolean {
  const now = shared["toJSON"] as Wrapped | undefined;
  if (typeof now !== "function") return false;
  if (now.pvideo) now.pvideo.set(id, html);
  else {
    const htmls = new Map([[id, html]]);
    const wrapped: Wrapped = function (this: unknown) {
      return replaced(now.call(this), htmls);
    };
    wrapped.pvideo = htmls;
    shared["toJSON"] = wrapped;
  }
  return true;
}

function outputsOf(cell: Loose): Loose[] {
  const outputs = loose(cell?.["outputs"]);
  const toJson = outputs?.["toJSON"];
  return typeof toJson === "function" ? items(toJson.call(outputs)) : [];
}

async function attempt(model: Model, job: string, html: string): Promise<boolean> {
  const manager = loose(model.widget_manager);
  const notebook = loose(loose(manager?.["context"])?.["model"]);
  const toJson = notebook?.["toJSON"];
  // With real-time collaboration the server writes the file, not this page.
  if (!manager || !notebook || typeof toJson !== "function" || notebook["collaborative"] === true) return false;
  const ids: string[] = [];
  for (const cell of list(notebook["cells"])) {
    const shared = loose(cell?.["sharedModel"]);
    for (const id of new Set(outputsOf(cell).map(modelId))) {
      if (!shared || !(await isOurs(manager, id, job))) continue;
      if (!wrap(shared, id, html)) return false;
      ids.push(id);
    }
  }
  const file = JSON.stringify(toJson.call(notebook));
  if (!ids.length || ids.some((id) => file.includes(id)) || !file.includes(JSON.stringify(html).slice(1, -1))) return false;
  notebook["dirty"] = true;
  return true;
}

/** True if the notebook's file will hold `html` in place of the live card of `job`. Never throws. */
export async function cleanFile(model: Model, job: string, html: string): Promise<boolean> {
  try {
    return html !== "" && (await attempt(model, job, html));
  } catch {
    return false;
  }
}
