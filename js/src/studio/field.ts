/** One field of the form: its label, its control, what is wrong with it, why it is off, and the way back to the default. */
import { h, ownId, setAttribute, setText } from "../dom";
import type { Keys } from "../keys";
import type { Model } from "../model";
import { labels } from "../texts";
import type { Field } from "../view";
import type { Arrivals } from "./arrivals";
import { makeControl } from "./controls";
import type { Store } from "./inputs";

export interface FieldPart {
  el: HTMLElement;
  field: Field;
  /** Shows the store's value; for changes that did not come from the control itself. */
  show(): void;
  /** Dot, reset and the void, after any change. */
  refresh(): void;
  problem(message: string): void;
  /** What the page itself finds wrong ("" if nothing). */
  complaint(): string;
  focus(): void;
  isUntouched(): boolean;
  touch(): void;
  isChanged(): boolean;
}

export interface FormTools {
  model: Model;
  store: Store;
  keys: Keys;
  arrivals: Arrivals;
  signal: AbortSignal;
}

/** More of a description than this nobody wants to hear at each visit; all of it is in the label's title. */
const LONG = 400;
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
const isSet = (value: unknown): boolean => value !== null && value !== undefined && value !== "" && value !== false;

export function fieldPart(field: Field, { model, store, keys, arrivals, signal }: FormTools): FieldPart {
  // Two Studios on a page have the same fields.
  const id = ownId();
  let own = "";
  let told = "";
  let touched = false;
  const error = h("p", { class: "pvideo-problem", id: `${id}-problem`, hidden: true });
  const reason = h("p", { class: "pvideo-hint pvideo-reason", id: `${id}-reason`, hidden: true });
  const range = h("p", { class: "pvideo-hint pvideo-range-hint", id: `${id}-range`, hidden: !field.hint }, [field.hint, field.unit].filter(Boolean).join(" "));
  const about = h("span", { class: "pvideo-aloud", id: `${id}-about` }, field.description.length > LONG ? `${field.description.slice(0, LONG)}…` : field.description);
  const paintError = (): void => {
    setText(error, own || told);
    error.hidden = !(own || told);
    setAttribute(control.target, "aria-invalid", error.hidden ? null : "true");
    setAttribute(control.target, "aria-describedby", [error, reason, range, about].filter((one) => !one.hidden && one.textContent).map((one) => one.id).join(" ") || null);
  };
  const control = makeControl({
    field,
    id,
    model,
    keys,
    arrivals,
    signal,
    make: makeControl,
    change: (value) => ((touched = true), store.set(field.name, value)),
    complain: (text) => ((own = text), paintError()),
  });
  const label = control.group ? h("span", { class: "pvideo-label", id: `${id}-label` }, field.label) : h("label", { class: "pvideo-label", for: id }, field.label);
  if (control.group) setAttribute(control.el, "aria-labelledby", `${id}-label`);
  const reset = h("button", { class: "pvideo-link pvideo-reset", hidden: true, "aria-label": `${labels.reset}: ${field.label}` }, labels.reset);
  const head = h("div", { class: "pvideo-field-head", title: field.description || null }, label, reset);
  const el = h("div", { class: "pvideo-field", data: { field: field.name, control: field.control } }, head, control.el, range, reason, error, about);

  const show = (): void => control.set(store.get(field.name) ?? null);
  reset.addEventListener("click", () => {
    store.set(field.name, field.default ?? null);
    own = "";
    show();
    part.focus();
  }, { signal });
  const part: FieldPart = {
    el,
    field,
    show,
    refresh() {
      const changed = part.isChanged();
      el.toggleAttribute("data-changed", changed);
      reset.hidden = !changed;
      const isVoid = field.voided_by !== null && isSet(store.get(field.voided_by.field));
      el.toggleAttribute("data-void", isVoid);
      control.disable(isVoid);
      setText(reason, isVoid ? (field.voided_by?.reason ?? "") : "");
      reason.hidden = !isVoid;
      paintError();
    },
    problem: (message) => ((told = message), paintError()),
    // What nobody has come to yet is not wrong yet.
    isUntouched: () => !touched && field.required && !isSet(store.get(field.name)),
    touch: () => void (touched = true),
    complaint: () => own,
    focus: () => (control.group ? (control.el.querySelector<HTMLElement>("input:checked, input, button") ?? control.el) : control.target).focus(),
    isChanged: () => field.place !== "beside" && !field.required && store.get(field.name) !== undefined && !same(store.get(field.name), field.default),
  };
  show();
  part.refresh();
  return part;
}
