/** Before the first press: what a press does and costs, and three ways to begin. */
import { h, setText } from "../dom";
import { fill, labels } from "../texts";
import type { Form, Price } from "../view";

export interface Empty {
  el: HTMLElement;
  /** `ready`: the form is there. */
  update(form: Form, price: Price, ready: boolean): void;
}

/** `start` replaces the prompt; `picture` goes to the first field that takes one. */
export function emptyStage(start: (prompt: string) => void, picture: (field: string) => void, signal: AbortSignal): Empty {
  const sentence = h("p", { class: "pvideo-empty-text" });
  const chips = h("div", { class: "pvideo-chips" });
  const el = h("div", { class: "pvideo-frame pvideo-empty" }, sentence, chips);
  const chip = (text: string, act: () => void): HTMLElement => {
    const button = h("button", { class: "pvideo-button pvideo-chip" }, text);
    button.addEventListener("click", act, { signal });
    return button;
  };
  let made = "";
  return {
    el,
    update(form, price, ready) {
      sentence.hidden = chips.hidden = !ready;
      setText(sentence, form.first || fill(labels.empty_plain, { price: price.text }));
      if (made === form.model) return;
      made = form.model;
      const image = form.fields.find((field) => field.name === form.first_frame);
      const more = image ? [chip(fill(labels.chip_3, { label: image.label }), () => picture(image.name))] : [];
      chips.replaceChildren(...(form.prompt ? [chip(labels.chip_1, () => start(labels.chip_1)), chip(labels.chip_2, () => start(labels.chip_2))] : []), ...more);
    },
  };
}
