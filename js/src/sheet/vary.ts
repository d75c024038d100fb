/** In a Studio, before anything was started: what varies, over what. Python works each line out and prices it; until then nothing starts. */
import { h, ownId, setAttribute } from "../dom";
import type { Keys } from "../keys";
import { message as messageBox } from "../message";
import { loose } from "../model";
import { fill, sheet as words } from "../texts";
import type { Message } from "../view";

export interface Choice {
  name: string;
  label: string;
  /** The values to begin with. */
  text: string;
}

interface Line {
  name: string;
  text: string;
}

/** Mirrors src/pvideo/notebook/vary_sheet.py. */
export interface VaryView {
  fields: Choice[];
  lines: Line[];
  message: Message | null;
  /** It was given in code, and no line can say it. */
  fixed: boolean;
}

export interface VaryTools {
  keys: Keys;
  send(lines: Line[]): boolean;
  say(text: string): void;
  /** The lines went away while one had the focus. */
  handOn(): void;
  changed(): void;
  signal: AbortSignal;
}

export interface VaryPart {
  el: HTMLElement;
  /** Whether what a start would make is not what the lines say. */
  stops(): boolean;
  update(value: unknown, gone: boolean): void;
}

const MOST = 2;
const DELAY = 350;
/** What Python does not answer in this time is as it says. */
const FORGET = 6000;

function varyFrom(value: unknown): VaryView | null {
  const found = loose(value);
  return found && Array.isArray(found["fields"]) && Array.isArray(found["lines"]) && !found["fixed"] ? (found as unknown as VaryView) : null;
}

export function varyPart({ keys, send, say, handOn, changed, signal }: VaryTools): VaryPart {
  let view: VaryView | null = null;
  let waits = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let forget: ReturnType<typeof setTimeout> | undefined;
  let told = "";
  const problem = messageBox();
  problem.el.id = ownId();

  const parts = Array.from({ length: MOST }, (_, index) => {
    const menu = h("select", { class: "pvideo-input", "aria-label": index ? words.vary_and : words.vary });
    const box = h("input", { class: "pvideo-input", type: "text", maxlength: 300, autocomplete: "off", autocapitalize: "off", spellcheck: "false", title: words.vary_hint });
    const over = h("span", { "aria-hidden": "true" }, words.vary_over);
    const el = h("div", { class: "pvideo-vary-line" }, h("span", { class: "pvideo-vary-word", "aria-hidden": "true" }, index ? words.vary_and : words.vary), menu, over, box);
    return { menu, box, over, el };
  });
  const el = h("div", { class: "pvideo-vary", role: "group", "aria-label": words.vary_named, hidden: true }, h("div", { class: "pvideo-vary-lines" }, ...parts.map((part) => part.el)), problem.el);

  const lines = (): Line[] => parts.flatMap(({ menu, box }) => (menu.value ? { name: menu.value, text: box.value } : []));
  const settle = (): void => {
    clearTimeout(forget);
    waits = "";
  };
  const flush = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    const now = lines();
    clearTimeout(forget);
    forget = setTimeout(() => (settle(), adopt(), changed()), FORGET);
    if (!send(now)) settle();
  };
  const edited = (later: boolean): void => {
    waits = JSON.stringify(lines());
    clearTimeout(timer);
    timer = setTimeout(flush, DELAY);
    if (!later) flush();
    shape();
    changed();
  };
  /** An input stands in one line only, and a line without one has no values. */
  const shape = (): void => {
    const chosen = parts.map((part) => part.menu.value);
    parts.forEach(({ menu, box, over }, index) => {
      for (const option of menu.options) option.disabled = option.value !== "" && chosen.some((name, other) => other !== index && name === option.value);
      box.hidden = over.hidden = !menu.value;
      setAttribute(box, "aria-label", fill(words.vary_values, { label: menu.selectedOptions[0]?.textContent ?? "" }));
    });
  };
  const adopt = (): void => {
    if (!view) return;
    parts.forEach(({ menu, box }, index) => {
      const line = view?.lines[index];
      const options = [...(index ? [{ name: "", label: words.vary_none }] : []), ...(view?.fields ?? [])];
      const now = [...menu.options].map((option) => option.value).join();
      if (now !== options.map((one) => one.name).join()) menu.replaceChildren(...options.map((one) => h("option", { value: one.name }, one.label)));
      if (menu.value !== (line?.name ?? "")) menu.value = line?.name ?? "";
      if (box.value !== (line?.text ?? "")) box.value = line?.text ?? "";
    });
    const second = parts[1];
    if (second) second.el.hidden = view.fields.length < MOST;
    shape();
  };

  parts.forEach(({ menu, box }) => {
    menu.addEventListener("change", () => {
      box.value = view?.fields.find((one) => one.name === menu.value)?.text ?? "";
      edited(false);
    }, { signal });
    box.addEventListener("input", () => edited(true), { signal });
    box.addEventListener("change", flush, { signal });
    keys.on(box, (event) => event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.altKey && (flush(), true));
  });
  signal.addEventListener("abort", () => [timer, forget].forEach(clearTimeout), { once: true });

  return {
    el,
    stops: () => view !== null && (waits !== "" || view.message !== null),
    update(value, gone) {
      view = varyFrom(value);
      if (!view) {
        const had = el.contains(document.activeElement);
        el.hidden = true;
        settle();
        if (had) handOn();
        return;
      }
      el.hidden = false;
      if (JSON.stringify(view.lines) === waits) settle();
      if (!waits) adopt();
      // What is typed now has an answer of its own, soon.
      const shown = waits ? null : view.message;
      problem.update(shown);
      for (const { menu, box } of parts) {
        menu.disabled = box.disabled = gone;
        setAttribute(box, "aria-invalid", shown ? "true" : null);
        setAttribute(box, "aria-describedby", shown ? problem.el.id : null);
      }
      const text = shown ? `${shown.title}. ${shown.sentence}` : "";
      if (text !== told && text) say(text);
      told = text;
    },
  };
}
