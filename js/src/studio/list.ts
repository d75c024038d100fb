/** An array: one line per item, + and ✕. */
import { h } from "../dom";
import { labels } from "../texts";
import { asText, type MakeControl } from "./control";

export const list: MakeControl = ({ field, id, change, signal }) => {
  let values: unknown[] = [];
  const rows = h("div", { class: "pvideo-list" });
  const add = h("button", { class: "pvideo-button pvideo-plain" }, `+ ${labels.add}`);
  const el = h("div", { role: "group", class: "pvideo-list-box" }, rows, add);

  // A new, still empty line is no value yet.
  const given = (): unknown[] => values.filter((value) => value !== "");
  const tell = (): void => change(given());
  const row = (value: unknown, index: number): HTMLElement => {
    const input = h("input", { type: "text", class: "pvideo-input", "aria-label": `${field.label} ${index + 1}`, id: index ? null : id });
    input.value = asText(value);
    const remove = h("button", { class: "pvideo-button pvideo-plain", "aria-label": `${labels.remove} ${field.label} ${index + 1}` }, "✕");
    input.addEventListener("input", () => ((values[index] = input.value), tell()), { signal });
    remove.addEventListener("click", () => (values.splice(index, 1), tell(), draw(), add.focus()), { signal });
    return h("div", { class: "pvideo-inline" }, input, remove);
  };
  const draw = (): void => rows.replaceChildren(...values.map(row));
  add.addEventListener("click", () => (values.push(""), draw(), rows.querySelector<HTMLInputElement>(":scope > :last-child input")?.focus()), { signal });

  return {
    el,
    target: el,
    group: true,
    set(value) {
      const next = Array.isArray(value) ? value : [];
      if (JSON.stringify(next) === JSON.stringify(given())) return;
      values = [...next];
      draw();
    },
    disable: (on) => el.querySelectorAll("input, button").forEach((one) => one.toggleAttribute("disabled", on)),
  };
};
