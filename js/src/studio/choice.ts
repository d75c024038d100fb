/** One of several: a switch in words, segments, drawn shapes for ratios, a menu. Radios and selects below, so that keys work as everywhere. */
import { h, setText } from "../dom";
import { labels } from "../texts";
import { asText, type MakeControl } from "./control";

export const toggle: MakeControl = ({ field, id, change, signal }) => {
  const input = h("input", { id, type: "checkbox", role: "switch", class: "pvideo-switch" });
  const word = h("span", { class: "pvideo-unit", "aria-hidden": "true" });
  const say = (): void => {
    const value = field.inverted ? !input.checked : input.checked;
    const isDefault = field.place === "more" && value === field.default;
    setText(word, `${input.checked ? labels.on : labels.off}${isDefault ? ` (${labels.default})` : ""}`);
  };
  input.addEventListener("change", () => (say(), change(field.inverted ? !input.checked : input.checked)), { signal });
  return {
    el: h("div", { class: "pvideo-inline" }, input, word),
    target: input,
    group: false,
    set(value) {
      input.checked = Boolean(value ?? field.default) !== field.inverted;
      say();
    },
    disable: (on) => void (input.disabled = on),
  };
};

/** The drawn shape of "16:9", in a box of 18 × 18. */
function shape(label: string): HTMLElement | string {
  const [wide = 0, high = 0] = label.split(":").map(Number);
  if (!(wide > 0 && high > 0)) return "";
  const scale = 18 / Math.max(wide, high);
  const el = h("span", { class: "pvideo-shape", "aria-hidden": "true" });
  el.style.width = `${(wide * scale).toFixed(1)}px`;
  el.style.height = `${(high * scale).toFixed(1)}px`;
  return h("span", { class: "pvideo-shape-box", "aria-hidden": "true" }, el);
}

const radios =
  (drawn: boolean): MakeControl =>
  ({ field, id, change, signal }) => {
    const inputs = field.choices.map((choice) => h("input", { type: "radio", name: id, value: asText(choice.value), class: "pvideo-aloud" }));
    const parts = field.choices.map((choice, index) =>
      h("label", { class: "pvideo-segment" }, inputs[index] ?? "", drawn ? shape(choice.label) : "", h("span", {}, choice.label)),
    );
    const el = h("div", { class: drawn ? "pvideo-ratios" : "pvideo-segments", role: "radiogroup" }, ...parts);
    inputs.forEach((input, index) => input.addEventListener("change", () => input.checked && change(field.choices[index]?.value), { signal }));
    return {
      el,
      target: el,
      group: true,
      set: (value) => inputs.forEach((input) => (input.checked = input.value === asText(value ?? field.default))),
      disable: (on) => inputs.forEach((input) => (input.disabled = on)),
    };
  };

export const segments = radios(false);
export const ratio = radios(true);

export const menu: MakeControl = ({ field, id, change, signal }) => {
  const options = field.choices.map((choice, index) => h("option", { value: index }, choice.label));
  const none = field.required || field.choices.some((choice) => asText(choice.value) === asText(field.default)) ? [] : [h("option", { value: "" }, `(${labels.default})`)];
  const el = h("select", { id, class: "pvideo-input" }, ...none, ...options);
  el.addEventListener("change", () => change(el.value === "" ? null : field.choices[Number(el.value)]?.value), { signal });
  return {
    el,
    target: el,
    group: false,
    set(value) {
      const index = field.choices.findIndex((choice) => asText(choice.value) === asText(value ?? field.default));
      el.value = index < 0 ? "" : String(index);
    },
    disable: (on) => void (el.disabled = on),
  };
};
