/** An array: one control per item, of the kind that the items are, + and ✕. */
import { h, setAttribute } from "../dom";
import { labels } from "../texts";
import type { Field } from "../view";
import type { Control, MakeControl } from "./control";

interface Row {
  el: HTMLElement;
  control: Control;
  value: unknown;
  end: AbortController;
}

const isGiven = (value: unknown): boolean => value !== null && value !== undefined && value !== "";

export const list: MakeControl = (tools) => {
  const { field, id, change, signal } = tools;
  let rows: Row[] = [];
  let off = false;
  let made = 0;
  const place = h("div", { class: "pvideo-list" });
  const add = h("button", { class: "pvideo-button", id }, `+ ${labels.add}`);
  const el = h("div", { role: "group", class: "pvideo-list-box" }, place, add);
  signal.addEventListener("abort", () => rows.forEach((row) => row.end.abort()), { once: true });

  // A new, still empty line is no value yet.
  const given = (): unknown[] => rows.map((row) => row.value).filter(isGiven);
  const tell = (): void => change(given());
  const name = (): void =>
    rows.forEach((row, index) => {
      setAttribute(row.control.target, "aria-label", `${field.label} ${index + 1}`);
      setAttribute(row.el.lastElementChild as Element, "aria-label", `${labels.remove} ${field.label} ${index + 1}`);
    });
  const drop = (row: Row): void => {
    row.end.abort();
    row.el.remove();
    rows = rows.filter((one) => one !== row);
    name();
    tell();
    add.focus();
  };
  const push = (value: unknown): Row => {
    made += 1;
    const item: Field = { ...(field.item ?? field), ...(field.item ? {} : { control: "line" as const, kind: "string" }), name: field.name, label: field.label, default: null, required: false };
    const end = new AbortController();
    const control = tools.make({
      ...tools,
      field: item,
      id: `${id}-${made}`,
      slot: String(made),
      signal: end.signal,
      change: (next) => ((row.value = next), tell()),
    });
    const remove = h("button", { class: "pvideo-button pvideo-plain" }, "✕");
    const row: Row = { el: h("div", { class: "pvideo-inline pvideo-item", data: { control: item.control } }, control.el, remove), control, value, end };
    remove.addEventListener("click", () => drop(row), { signal: end.signal });
    rows.push(row);
    place.append(row.el);
    control.set(value);
    control.disable(off);
    name();
    return row;
  };
  const fresh = (): Row => push(field.item?.control === "switch" ? false : null);
  add.addEventListener("click", () => {
    const row = fresh();
    if (isGiven(row.value)) tell();
    (row.control.group ? (row.el.querySelector<HTMLElement>("input, button") ?? row.el) : row.control.target).focus();
  }, { signal });
  el.addEventListener("pvideo-paste", (event) => {
    if (event.target === el) fresh().control.el.dispatchEvent(new CustomEvent("pvideo-paste", { detail: (event as CustomEvent<File>).detail }));
  }, { signal });

  return {
    el,
    target: el,
    group: true,
    set(value) {
      const shown = value ?? field.default;
      const next = Array.isArray(shown) ? (shown as unknown[]) : [];
      if (JSON.stringify(next) === JSON.stringify(given())) return;
      rows.forEach((row) => row.end.abort());
      rows = [];
      place.replaceChildren();
      next.forEach(push);
    },
    disable(on) {
      off = on;
      add.disabled = on;
      rows.forEach((row) => (row.control.disable(on), row.el.lastElementChild?.toggleAttribute("disabled", on)));
    },
  };
};
