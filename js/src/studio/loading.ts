/** While the model's schema is on its way, and when it could not be had: the Studio stands, the form does not yet. */
import { h, setText } from "../dom";
import { message } from "../message";
import { fill, labels } from "../texts";
import type { FormState } from "../view";

export interface Loading {
  el: HTMLElement;
  update(state: FormState): void;
}

export function loadingPart(again: () => void, signal: AbortSignal): Loading {
  const words = h("p", { class: "pvideo-loading-text", role: "status" });
  const problem = message();
  const button = h("button", { class: "pvideo-button", data: { action: "reload" } }, labels.try_again);
  const el = h("div", { class: "pvideo-loading", hidden: true }, words, problem.el, button);
  button.addEventListener("click", again, { signal });
  return {
    el,
    update({ phase, message: found, model }) {
      el.hidden = phase === "ready";
      words.hidden = phase !== "loading";
      setText(words, phase === "loading" ? fill(labels.loading_form, { model: model ?? "" }) : "");
      problem.update(phase === "error" ? found : null);
      button.hidden = phase !== "error";
    },
  };
}
