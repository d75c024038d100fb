/**
 * Live card, clean file: the page keeps the live card while file, pasted copy and reload get plain html. JupyterLab writes a notebook by its shared cells'
 * `toJSON`; ours is wrapped there. None of this is documented, so each step is checked, and any doubt answers false: then Python swaps the output.
 */
import { ask, contextOf, loose, observe, send, type Loose, type Model } from "./model";

const WIDGET = "application/vnd.jupyter.widget-view+json";
/** Every widget's script is a module of its own: what one of them has done stands where the others see it. */
const REVIVED = Symbol.for("pvideo.revived");

type ToJson = (this: unknown) => unknown;
/** What stands for a widget in the file: the html of all that is in it and ours, in this order. */
interface Found {
  order: string[];
  /** Its text would be that of all it holds, html too. */
  isBox?: boolean;
  metadata: object;
  /** What must not be in the file any more. */
  gone: string[];
}
interface Plain extends Found {
  /** What has come of it; only the whole takes the widget's place. */
  html: Map<string, string>;
}
interface Wrapped extends ToJson {
  pvideo?: Map<string, Plain>;
}
type Inside = (manager: NonNullable<Loose>, id: string) => Promise<Found>;

function items(value: unknown): Loose[] {
  return Array.isArray(value) ? value.map(loose) : [];
}

/** JupyterLab's lists have `length` and `get(i)`. */
function list(value: unknown): Loose[] {
  return Array.from({ length: Number(loose(value)?.["length"]) || 0 }, (_, index) => loose(ask(value, "get", index)));
}

function modelId(output: Loose): string {
  const id = loose(loose(output?.["data"])?.[WIDGET])?.["model_id"];
  return typeof id === "string" ? id : "";
}

async function find(manager: NonNullable<Loose>, id: string): Promise<Loose> {
  if (!id) return null;
  // Outputs of other kernels have models that are not there: that is no doubt about ours.
  return loose(await Promise.resolve()
    .then(() => ask(manager, "get_model", id))
    .catch(() => undefined));
}

/** By what a card, a sheet or a comparison knows what it shows. */
const shows = (model: NonNullable<Loose>): string | undefined => ["view", "sheet"].map((trait) => loose(ask(model, "get", trait))?.["id"]).find((one) => typeof one === "string");

/** The widgets in a widget, as ipywidgets' boxes, tabs and outputs have them. */
function children(model: NonNullable<Loose>): string[] {
  const values = Object.values(loose(model["attributes"]) ?? {});
  return values.flat().map((value) => {
    const id = loose(value)?.["model_id"];
    return typeof id === "string" ? id : modelId(loose(value));
  });
}

/** What is shown in a widget, which may be a box of others. */
async function shown(manager: NonNullable<Loose>, id: string, met = new Set<string>()): Promise<string[]> {
  if (!id || met.has(id)) return [];
  met.add(id);
  const model = await find(manager, id);
  if (!model) return [];
  const own = shows(model);
  if (own) return [own];
  const found: string[] = [];
  for (const child of children(model)) found.push(...(await shown(manager, child, met)));
  return found;
}

/** A box has more in it than ours, and comes back with its kernel. Where its state is saved, that is better than our html. */
async function inside(manager: NonNullable<Loose>, id: string): Promise<Found> {
  const order = await shown(manager, id);
  const isBox = shows((await find(manager, id)) ?? {}) === undefined;
  return { order, isBox, metadata: isBox ? { pvideo: { widget: id } } : {}, gone: isBox ? [`"model_id":"${id}"`, `"${id}":`] : [id] };
}

function replaced(cell: unknown, plains: Map<string, Plain>): unknown {
  const found = loose(cell);
  if (!found || !Array.isArray(found["outputs"])) return cell;
  const outputs = items(found["outputs"]).map((output) => {
    const found = plains.get(modelId(output));
    if (!found?.order.every((id) => found.html.has(id))) return output;
    const plain = found.isBox ? undefined : loose(output?.["data"])?.["text/plain"];
    const html = found.order.map((id) => found.html.get(id)).join("");
    return { ...output, data: { "text/html": html, ...(plain === undefined ? {} : { "text/plain": plain }) }, metadata: found.metadata };
  });
  return { ...found, outputs };
}

function wrap(shared: NonNullable<Loose>): Map<string, Plain> | null {
  const now = shared["toJSON"] as Wrapped | undefined;
  if (typeof now !== "function") return null;
  if (now.pvideo) return now.pvideo;
  const plains = new Map<string, Plain>();
  const wrapped: Wrapped = function (this: unknown) {
    return replaced(now.call(this), plains);
  };
  wrapped.pvideo = plains;
  shared["toJSON"] = wrapped;
  return plains;
}

function outputsOf(cell: Loose): Loose[] {
  return items(ask(cell?.["outputs"], "toJSON"));
}

async function attempt(model: Model, key: string, inside: Inside, html: string): Promise<boolean> {
  const manager = loose(model.widget_manager);
  const notebook = loose(contextOf(model)?.["model"]);
  // With real-time collaboration the server writes the file, not this page.
  if (!manager || !notebook || notebook["collaborative"] === true) return false;
  const gone: string[] = [];
  for (const cell of list(notebook["cells"])) {
    const shared = loose(cell?.["sharedModel"]);
    for (const id of new Set(outputsOf(cell).map(modelId))) {
      const found = await inside(manager, id);
      if (!shared || !found.order.includes(key)) continue;
      const plains = wrap(shared);
      if (!plains) return false;
      plains.set(id, { ...found, html: new Map(plains.get(id)?.html).set(key, html) });
      gone.push(...found.gone);
    }
  }
  const file = JSON.stringify(ask(notebook, "toJSON")) ?? "";
  if (!gone.length || gone.some((text) => file.includes(text)) || !file.includes(JSON.stringify(html).slice(1, -1))) return false;
  notebook["dirty"] = true;
  return true;
}

/** True if the notebook's file will hold `html` in place of the live card of `job`. Never throws. */
export async function cleanFile(model: Model, job: string, html: string): Promise<boolean> {
  try {
    return html !== "" && (await attempt(model, job, inside, html));
  } catch {
    return false;
  }
}

/** A box that it stands in may fill a little later than it is drawn there. */
const AGAIN = [1000, 5000];

/** Offers the file each html of a widget, and tells Python whether it took it. */
export function offerFile(model: Model, job: () => string | undefined, signal: AbortSignal): void {
  let run = 0;
  const offer = async (): Promise<void> => {
    const mine = (run += 1);
    const html = model.get("saved");
    for (const pause of [...AGAIN, 0]) {
      const id = job();
      if (typeof html !== "string" || !html || !id) return;
      const ok = await cleanFile(model, id, html);
      if (signal.aborted || mine !== run) return;
      send(model, { kind: "clean", id, ok });
      if (ok || !pause || !contextOf(model)) return;
      await new Promise((done) => setTimeout(done, pause));
      if (signal.aborted || mine !== run) return;
    }
  };
  observe(model, "change:saved", () => void offer(), signal);
  void offer();
}

/** The same for a Studio, by its model's id. Its place in the file is marked with `key`, for when the page is loaded again. */
export async function cleanStudio(model: Model, mine: string, html: string, key: string): Promise<boolean> {
  try {
    return await attempt(model, mine, async (_, id) => ({ order: [id], metadata: { pvideo: { studio: key } }, gone: [mine] }), html);
  } catch {
    return false;
  }
}

type Change = (output: NonNullable<Loose>) => object | null | Promise<object | null>;

/** Puts another output in the place of each that `change` has one for. */
async function exchange(model: Model, change: Change): Promise<void> {
  try {
    const context = contextOf(model);
    await context?.["ready"];
    for (const cell of list(loose(context?.["model"])?.["cells"])) {
      for (const [index, output] of outputsOf(cell).entries()) {
        const other = output && (await change(output));
        if (other) ask(cell?.["outputs"], "set", index, other);
      }
    }
  } catch {
    // It stays as it is: the cell can be run again.
  }
}

const mark = (output: NonNullable<Loose>, name: string): unknown => loose(loose(output["metadata"])?.["pvideo"])?.[name];
const live = (output: NonNullable<Loose>, id: unknown): object => ({
  ...output, metadata: {}, data: { ...loose(output["data"]), [WIDGET]: { version_major: 2, version_minor: 1, model_id: id } },
});

/** After a reload the page has the file's html, and the kernel still has the Studio: it comes back into its place, live. */
export async function revive(model: Model): Promise<void> {
  const { key, model: id } = { ...loose(model.get("saved")) };
  if (key && id) await exchange(model, (output) => (mark(output, "studio") === key && !modelId(output) ? live(output, id) : null));
}

/** The same for a box of widgets that our html stands for. Each of them asks, one does it. */
export async function reviveBoxes(model: Model): Promise<void> {
  const manager = loose(model.widget_manager);
  const notebook = loose(contextOf(model)?.["model"]) as Record<symbol, unknown> | null | undefined;
  if (!manager || !notebook || notebook[REVIVED]) return;
  notebook[REVIVED] = true;
  await exchange(model, async (output) => {
    const id = mark(output, "widget");
    return typeof id === "string" && !modelId(output) && (await find(manager, id)) ? live(output, id) : null;
  });
}

/** The html takes the widget's place on the page: what stands as a cell's value has no display id by which Python could do it. */
export async function giveWay(model: Model, id: unknown, html: unknown): Promise<void> {
  await exchange(model, (output) => {
    const plain = loose(output["data"])?.["text/plain"];
    return modelId(output) === id ? { ...output, metadata: {}, data: { "text/html": html, ...(plain === undefined ? {} : { "text/plain": plain }) } } : null;
  });
}

/** What stands as html on this page says what the file is to say now: an address is another when the notebook was moved. */
export async function renew(model: Model, before: string, html: string): Promise<void> {
  if (!before || !html) return;
  await exchange(model, (output) => {
    const data = loose(output["data"]);
    const stands = data?.["text/html"];
    const is = (Array.isArray(stands) ? stands.join("") : stands) === before && !modelId(output);
    return is ? { ...output, data: { ...data, "text/html": html } } : null;
  });
}
