/** At the Draft switch, before the first press: what keeps a seed from repeating the picture, and one click to turn it off. */
import { h, setText } from "../dom";
import { fill, labels, message } from "../texts";
import type { Form } from "../view";
import type { FieldPart, FormTools } from "./field";

export function looseHint(form: Form, parts: FieldPart[], { store, signal }: FormTools): { el: HTMLElement; refresh(): void } {
  const [draft, cause] = [form.draft, form.seed_loose].map((name) => parts.find((part) => part.field.name === name));
  const words = h("span", {});
  const off = h("button", { class: "pvideo-link", data: { action: "turn_off" } }, fill(labels.turn_off, { label: cause?.field.label.toLowerCase() ?? "" }));
  const el = h("p", { class: "pvideo-hint pvideo-loose", hidden: true }, words, " ", off);
  off.addEventListener("click", () => {
    store.set(form.seed_loose, false);
    cause?.show();
    // The button goes away with the hint.
    draft?.focus();
  }, { signal });
  const isOn = (part: FieldPart): boolean => Boolean(store.get(part.field.name) ?? part.field.default);
  return {
    el,
    refresh() {
      el.hidden = !draft || !cause || !isOn(draft) || !isOn(cause);
      const { title, sentence } = message("seed_unreliable", "info", { field: form.seed_loose });
      setText(words, `${title}: ${sentence}`);
    },
  };
}
