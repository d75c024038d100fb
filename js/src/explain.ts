/** The requests behind a video, one fold for each, with what each header is for, and the same by hand. */
import { h } from "./dom";
import { loose } from "./model";
import { copyButton } from "./more";
import { actions, labels } from "./texts";

interface Step {
  at: string;
  request: string;
  answer: string;
  word: string;
  more: string;
  /** What stood there, and what it is for. */
  headers: [string, string][];
  body: string;
  response: string;
  hint: string;
  curl: string;
  python: string;
}

function stepFrom(value: unknown): Step | null {
  const found = loose(value);
  return found && typeof found["request"] === "string" && Array.isArray(found["headers"]) ? (found as unknown as Step) : null;
}

function block(label: string, text: string): HTMLElement | null {
  return text ? h("div", { class: "pvideo-step-block" }, h("span", { class: "pvideo-step-label" }, label), h("pre", { class: "pvideo-code", tabindex: 0 }, text)) : null;
}

function fold(step: Step, signal: AbortSignal): HTMLElement {
  const words = h("span", { class: "pvideo-step-word" }, [step.word, step.more].filter(Boolean).join(" "));
  const summary = h("summary", { class: "pvideo-step-line" }, h("span", { class: "pvideo-step-at" }, step.at), h("code", {}, step.request), h("b", {}, `→ ${step.answer}`), words);
  const headers = step.headers.length ? h("ul", { class: "pvideo-step-headers" }, ...step.headers.map(([line, word]) => h("li", {}, h("code", {}, line), ` ${word}`))) : null;
  const copies = h("div", { class: "pvideo-actions" }, copyButton(actions.copy_curl, step.curl, signal, { copy: "curl" }), copyButton(actions.copy_httpx, step.python, signal, { copy: "python" }));
  const hint = step.hint ? h("p", { class: "pvideo-step-word" }, step.hint) : null;
  return h("details", { class: "pvideo-step" }, summary, h("div", { class: "pvideo-step-body" }, headers, block(labels.explain_sent, step.body), block(labels.explain_heard, step.response), copies, hint));
}

export function explainPanel(signal: AbortSignal): { el: HTMLElement; update(content: Record<string, unknown>): void } {
  const head = h("p", { class: "pvideo-facts" });
  const list = h("div", { class: "pvideo-steps" });
  const el = h("div", { class: "pvideo-explain", role: "region", "aria-label": actions.explain }, head, list);
  return {
    el,
    update(content) {
      head.textContent = [content["head"], content["nothing"]].filter(Boolean).join(" · ");
      const steps = Array.isArray(content["steps"]) ? content["steps"] : [];
      list.replaceChildren(...steps.flatMap((one) => stepFrom(one) ?? []).map((step) => fold(step, signal)));
    },
  };
}
