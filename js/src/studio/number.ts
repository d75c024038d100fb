/** Numbers: a box with its unit, with a slider where both bounds are known, and the seed. */
import { drawing, h, setAttribute, setText } from "../dom";
import { fill, labels } from "../texts";
import { asText, type Control, type ControlTools, type MakeControl } from "./control";

const LOCK = "M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5";
const OPEN = "M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 4.8-1";
const DICE = "M2.5 2.5h11v11h-11zM5.6 5.6v.1M10.4 5.6v.1M8 8v.1M5.6 10.4v.1M10.4 10.4v.1";

function read(text: string): number | string | null {
  const trimmed = text.trim();
  if (!trimmed) return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : trimmed;
}

/** Not `type=number`: the wheel changes those, and they hide what is not a number instead of saying so. */
function numberBox(tools: ControlTools): HTMLInputElement {
  const { field, id, keys, signal } = tools;
  const box = h("input", { id, type: "text", inputmode: field.kind === "integer" ? "numeric" : "decimal", class: "pvideo-input pvideo-number", autocomplete: "off" });
  const step = field.step ?? (field.kind === "integer" ? 1 : 0.1);
  box.placeholder = asText(field.default);
  box.addEventListener("input", () => tools.change(read(box.value)), { signal });
  keys.on(box, (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
    if (by === undefined) return false;
    const next = Number((Number(read(box.value) ?? field.default ?? 0) + by * step).toFixed(6));
    if (!Number.isFinite(next)) return true;
    box.value = String(Math.min(field.maximum ?? Infinity, Math.max(field.minimum ?? -Infinity, next)));
    box.dispatchEvent(new Event("input"));
    return true;
  });
  return box;
}

/** An empty value shows the default, which is what will be used; the box stays empty only while it is typed in. */
function single(el: HTMLElement, box: HTMLInputElement, field: ControlTools["field"], more: Partial<Control> = {}): Control {
  const set = (value: unknown): void => {
    const text = asText(value ?? (document.activeElement === box ? "" : field.default));
    if (String(read(box.value) ?? "") !== text) box.value = text;
  };
  return { el, target: box, group: false, set, disable: (on) => void (box.disabled = on), ...more };
}

const unitOf = ({ field }: ControlTools): HTMLElement | string => (field.unit ? h("span", { class: "pvideo-unit" }, field.unit) : "");

export const number: MakeControl = (tools) => {
  const box = numberBox(tools);
  return single(h("div", { class: "pvideo-inline" }, box, unitOf(tools)), box, tools.field);
};

export const slider: MakeControl = (tools) => {
  const { field } = tools;
  const box = numberBox(tools);
  // The box is the control that has a name; the slider is a second way to it for the pointer.
  const range = h("input", { type: "range", class: "pvideo-range", min: field.minimum ?? 0, max: field.maximum ?? 100, step: field.step ?? (field.kind === "integer" ? 1 : "any"), tabindex: -1, "aria-hidden": "true" });
  const draw = (value: unknown): void => {
    range.value = asText(value ?? field.default);
    const low = Number(range.min);
    range.style.setProperty("--pvideo-part", `${(100 * (Number(range.value) - low)) / (Number(range.max) - low || 1)}%`);
  };
  range.addEventListener("input", () => ((box.value = range.value), draw(Number(range.value)), tools.change(Number(range.value))), { signal: tools.signal });
  box.addEventListener("input", () => draw(read(box.value)), { signal: tools.signal });
  const control = single(h("div", { class: "pvideo-inline" }, range, box, unitOf(tools)), box, field, { disable: (on) => void (box.disabled = range.disabled = on) });
  const plain = control.set;
  control.set = (value) => (plain(value), draw(value));
  return control;
};

/** Empty means a new seed each time; the one that was used last can be kept, and let go again. */
export const seed: MakeControl = (tools) => {
  const box = numberBox(tools);
  box.placeholder = labels.new_each_time;
  const dice = h("button", { class: "pvideo-button", data: { seed: "new" } }, drawing(DICE, "dice"), labels.dice);
  const word = h("span");
  const lock = h("button", { class: "pvideo-button pvideo-plain", hidden: true, data: { seed: "keep" } }, word);
  let used = "";
  const use = (value: number | null): void => {
    box.value = asText(value);
    tools.change(value);
    paint();
  };
  const paint = (): void => {
    const isKept = box.value !== "";
    lock.hidden = !isKept && !used;
    setText(word, isKept ? labels.let_go : fill(labels.keep, { seed: used }));
    if (lock.dataset["kept"] !== String(isKept)) {
      lock.dataset["kept"] = String(isKept);
      lock.querySelector("svg")?.remove();
      lock.prepend(drawing(isKept ? OPEN : LOCK, "lock"));
    }
  };
  box.addEventListener("input", paint, { signal: tools.signal });
  dice.addEventListener("click", () => use(Math.floor(Math.random() * 2_147_483_647)), { signal: tools.signal });
  lock.addEventListener("click", () => {
    use(box.value === "" ? Number(used) : null);
    // Letting go hides the button when there is nothing to keep.
    if (lock.hidden) box.focus();
  }, { signal: tools.signal });
  const el = h("div", { class: "pvideo-inline" }, box, dice, lock);
  el.addEventListener("pvideo-used", (event) => {
    used = String((event as CustomEvent<string>).detail);
    paint();
  }, { signal: tools.signal });
  const control = single(el, box, tools.field, { disable: (on) => [box, dice, lock].forEach((one) => setAttribute(one, "disabled", on)) });
  const plain = control.set;
  control.set = (value) => (plain(value), paint());
  return control;
};
