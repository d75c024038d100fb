/** A model without a kernel, and the smallest true view and form. */
import { vi } from "vitest";
import studio from "../src/studio";
import sheet from "../src/sheet";
import widget from "../src/widget";
import type { Host, Model } from "../src/model";
import type { Field, Form, View } from "../src/view";

export const NOW = 1_800_000_000_000;

export interface FakeModel extends Model {
  sent: Record<string, unknown>[];
  buffers: ArrayBuffer[];
  /** How many listeners it has. */
  listeners(): number;
  set(name: string, value: unknown): void;
  emit(event: string, ...values: unknown[]): void;
  /** The messages of one kind. */
  of(kind: string): Record<string, unknown>[];
}

export function fakeModel(traits: Record<string, unknown>, manager?: unknown): FakeModel {
  const events = new Map<string, Set<(...values: unknown[]) => void>>();
  const model: FakeModel = {
    sent: [],
    buffers: [],
    get: (name) => traits[name],
    on: (event, callback) => void (events.get(event) ?? events.set(event, new Set()).get(event))?.add(callback),
    off: (event, callback) => void events.get(event ?? "")?.delete(callback as () => void),
    send(content, _, buffers) {
      model.sent.push(content as Record<string, unknown>);
      model.buffers.push(...(buffers ?? []));
    },
    listeners: () => [...events.values()].reduce((sum, one) => sum + one.size, 0),
    emit: (event, ...values) => [...(events.get(event) ?? [])].forEach((one) => one(...values)),
    set(name, value) {
      traits[name] = value;
      model.emit(`change:${name}`);
    },
    of: (kind) => model.sent.filter((one) => one["kind"] === kind),
    widget_manager: manager,
  };
  return model;
}

export function view(changes: Partial<View> = {}): View {
  return {
    id: "job1", nonce: "nonce1", name: "cat", status: "processing", done: false, demo: false, phase: "", values: { gateway: "my-gateway" },
    now: NOW, pressed: NOW - 4500, sent: NOW - 4000, created: NOW - 3800, next: null, estimate: { p50: 12, p90: 18, history: true }, progress: null, took: null,
    money: "$0.10", prompt: "A cat", facts: ["5 s", "720p", "24 fps", "seed 183"], notes: [], message: null, actions: [], more: [], video: null,
    received: 0, total: 0, shape: { width: 1280, height: 720 }, poster: "", autoplay: true, log: null, kind: "video", text: "", files: [], hint: "", chain: [], stars: 0, remark: "", ...changes,
  };
}

export const CANCEL = { name: "cancel", label: "Cancel (Replicate may still charge)", primary: false, costs: false };
export const AGAIN = { name: "again", label: "Another take · $0.10", primary: true, costs: true };
export const CLIP = { url: "", file: "videos/cat.mp4", type: "video/mp4", bytes: 5, seconds: 5 };
export const DONE: Partial<View> = { status: "succeeded", done: true, took: 11, actions: [AGAIN], video: CLIP };

export function field(changes: Partial<Field> & Pick<Field, "name" | "control">): Field {
  return {
    label: changes.name, kind: "string", unit: "", description: "", default: null, choices: [], minimum: null, maximum: null, step: null, media: null, place: "form",
    inverted: false, required: false, voided_by: null, accept: "", hint: "", item: null, ...changes,
  };
}

const choices = (...values: unknown[]): Field["choices"] => values.map((value) => ({ value, label: String(value) }));

export const FORM: Form = {
  model: "prunaai/p-video",
  title: "P-Video",
  price_hint: "",
  first: "Press Generate. A 5 s draft costs $0.025 and takes about 3 s.",
  prompt: "prompt",
  draft: "draft",
  seed_loose: "upsampling",
  first_frame: "image",
  fields: [
    field({ name: "prompt", label: "Prompt", control: "text", required: true }),
    field({ name: "image", label: "First frame", control: "file", media: "image", accept: "image/png" }),
    field({ name: "duration", label: "Duration", control: "slider", kind: "integer", unit: "s", default: 5, minimum: 1, maximum: 20, step: 1 }),
    field({ name: "aspect_ratio", label: "Aspect", control: "ratio", default: "16:9", choices: choices("16:9", "9:16"), voided_by: { field: "image", reason: "Set by the first frame." } }),
    field({ name: "resolution", label: "Resolution", control: "segments", default: "720p", choices: choices("720p", "1080p") }),
    field({ name: "draft", label: "Draft", control: "switch", kind: "boolean", default: false, place: "beside" }),
    field({ name: "seed", label: "Seed", control: "seed", kind: "integer" }),
    field({ name: "fps", label: "Frame rate", control: "menu", kind: "integer", default: 24, choices: choices(24, 48), place: "more" }),
    field({ name: "disable_safety_filter", label: "Safety filter", control: "switch", kind: "boolean", default: true, inverted: true, place: "more" }),
    field({ name: "refs", label: "References", control: "list", kind: "array", place: "more" }),
    field({ name: "extra", label: "Extra", control: "json", kind: "json", place: "more" }),
    field({ name: "key", label: "Key", control: "password", place: "more" }),
    field({ name: "cfg", label: "Guidance", control: "number", kind: "number", default: 7.5, place: "more" }),
    field({ name: "negative", label: "Negative prompt", control: "line", place: "more" }),
    field({ name: "sizes", label: "Sizes", control: "list", kind: "array", place: "more", item: field({ name: "sizes", control: "number", kind: "integer", step: 1 }) }),
    field({ name: "pictures", label: "Pictures", control: "list", kind: "array", media: "image", place: "more", item: field({ name: "pictures", control: "file", media: "image" }) }),
    field({ name: "width", label: "Width", control: "number", kind: "integer", unit: "px", hint: "0 to 2048", minimum: 0, maximum: 2048, place: "more" }),
    field({ name: "upsampling", label: "Prompt upsampling", control: "switch", kind: "boolean", default: true, place: "more" }),
  ],
};

export interface Rendered {
  el: HTMLElement;
  end: AbortController;
  $<T extends Element = HTMLElement>(selector: string): T;
}

const open: AbortController[] = [];

/** Every view ends with its test: Blobs are shared by all views of a page. */
export const endAll = (): void => open.splice(0).forEach((one) => one.abort());

export function render(model: Model, host?: Host): Rendered {
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const end = new AbortController();
  open.push(end);
  const bundle = { studio, sheet }[String(model.get("kind"))] ?? widget;
  bundle.render({ model, el, signal: end.signal, ...(host ? { host } : {}) });
  return {
    el,
    end,
    $: <T extends Element>(selector: string): T => {
      const found = el.querySelector<T>(selector);
      if (!found) throw new Error(`nothing matches ${selector}`);
      return found;
    },
  };
}

/** Time stands still at NOW, and moves when the test says so. */
export function freeze(): void {
  vi.useFakeTimers({ now: NOW });
  vi.stubGlobal("IntersectionObserver", undefined);
  vi.stubGlobal("ResizeObserver", undefined);
}

/** Lets promises that are ready go on. */
export const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);
