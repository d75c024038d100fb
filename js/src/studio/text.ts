/** Text: the prompt's area, a line that grows, a password, JSON that is checked while it is typed. */
import { h, setAttribute } from "../dom";
import { labels } from "../texts";
import { asText, type Control, type ControlTools, type MakeControl } from "./control";

const GROWS = typeof CSS !== "undefined" && CSS.supports?.("field-sizing", "content");

function area(tools: ControlTools, rows: number, read: (text: string) => void, show: (value: unknown) => string): Control {
  const el = h("textarea", { id: tools.id, rows, class: `pvideo-input pvideo-area pvideo-area-${rows}`, spellcheck: rows > 1 ? "true" : "false" });
  if (tools.field.default !== null && typeof tools.field.default !== "object") el.placeholder = asText(tools.field.default);
  const grow = (): void => {
    if (!GROWS) el.rows = Math.min(10, Math.max(rows, el.value.split("\n").length));
  };
  el.addEventListener("input", () => (grow(), read(el.value)), { signal: tools.signal });
  return {
    el,
    target: el,
    group: false,
    set(value) {
      // An empty value shows the default, which is what will be used; the box stays empty only while it is typed in.
      const text = show(value ?? (document.activeElement === el ? null : tools.field.default));
      if (el.value !== text) el.value = text;
      grow();
    },
    disable: (on) => void (el.disabled = on),
  };
}

const emptyIsNone = (tools: ControlTools) => (text: string) => tools.change(text === "" && !tools.field.required ? null : text);

export const text: MakeControl = (tools) => area(tools, 3, (value) => tools.change(value), asText);
export const line: MakeControl = (tools) => area(tools, 1, emptyIsNone(tools), asText);

export const password: MakeControl = (tools) => {
  const el = h("input", { id: tools.id, type: "password", class: "pvideo-input", autocomplete: "off" });
  el.addEventListener("input", () => emptyIsNone(tools)(el.value), { signal: tools.signal });
  return { el, target: el, group: false, set: (value) => void (el.value !== asText(value) && (el.value = asText(value))), disable: (on) => void (el.disabled = on) };
};

export const json: MakeControl = (tools) => {
  let typed: unknown;
  const read = (value: string): void => {
    try {
      typed = value.trim() ? JSON.parse(value) : null;
      tools.complain("");
      tools.change(typed);
    } catch {
      tools.complain(labels.not_json);
    }
  };
  const control = area(tools, 3, read, (value) => (value === null || value === undefined ? "" : JSON.stringify(value, null, 1)));
  const plain = control.set;
  setAttribute(control.el, "data-code", true);
  control.set = (value) => {
    // Typing keeps its own spaces: the same value is not written anew.
    if (JSON.stringify(value ?? null) === JSON.stringify(typed ?? null) && (control.el as HTMLTextAreaElement).value) return;
    plain(value);
  };
  return control;
};
