/** The priced button, what is to be fixed before it, and the money line. */
import { h, setAttribute, setText } from "../dom";
import { actions, fill, labels } from "../texts";
import type { Money, Price, Problem } from "../view";

const IS_MAC = typeof navigator !== "undefined" && /mac|iphone|ipad/i.test(navigator.platform ?? "");
/** Long enough that a double click is one press; one after a change of the form is another. */
const SETTLE = 1200;

export interface GenerateState {
  price: Price;
  money: Money;
  notice: string;
  problems: number;
  /** Problems of fields that the form has not. */
  loose: Problem[];
  canUndo: boolean;
  gone: boolean;
}

export interface GenerateTools {
  /** `again`: the same inputs run already and a second one is wanted. True if it was sent. */
  press(again: boolean): boolean;
  undo(): void;
  signal: AbortSignal;
}

export interface GeneratePart {
  el: HTMLElement;
  update(state: GenerateState): void;
  press(): void;
  /** The last press was refused, or the form was changed since: the next one is no double click. */
  anew(): void;
}

export function pressNonce(): string {
  return `${Date.now()}-${Math.random()}`;
}

export function generatePart(tools: GenerateTools): GeneratePart {
  const button = h("button", { class: "pvideo-button pvideo-solid pvideo-generate", data: { action: "generate" } }, actions.generate_free);
  const key = h("span", { class: "pvideo-key", "aria-hidden": "true" }, IS_MAC ? labels.run_key_mac : labels.run_key);
  const money = h("span", { class: "pvideo-today" });
  const fix = h("span", { class: "pvideo-fix", role: "status" });
  const notice = h("span", { class: "pvideo-notice-text" });
  const undo = h("button", { class: "pvideo-link", hidden: true }, labels.undo);
  const noticeBox = h("p", { class: "pvideo-notice", role: "status", hidden: true }, notice, " ", undo);
  const others = h("ul", { class: "pvideo-problem", hidden: true });
  const el = h("div", { class: "pvideo-generate-box" }, noticeBox, others, button, h("div", { class: "pvideo-under" }, key, fix, money));
  let state: GenerateState | null = null;
  let last = -Infinity;

  const press = (): void => {
    const now = performance.now();
    if (!state || state.gone || now - last < SETTLE) return;
    if (tools.press(state.price.label === fill(actions.make_another, { price: state.price.text }))) last = now;
  };
  button.addEventListener("click", press, { signal: tools.signal });
  undo.addEventListener("click", tools.undo, { signal: tools.signal });

  return {
    el,
    press,
    anew: () => void (last = -Infinity),
    update(next) {
      state = next;
      setText(button, next.price.label || actions.generate_free);
      const off = next.price.disabled || next.gone;
      setAttribute(button, "aria-disabled", off ? "true" : null);
      const today = next.money.budget ? fill(labels.today_of, { ...next.money }) : next.money.today ? fill(labels.today, { ...next.money }) : "";
      setText(money, today || next.money.text);
      const count = next.problems;
      setText(fix, count ? fill(count === 1 ? labels.fix_one : labels.fix_many, { count }) : off ? next.price.reason : "");
      key.hidden = fix.textContent !== "";
      const text = next.notice || (!off && count === 0 ? next.price.reason : "");
      setText(notice, text);
      undo.hidden = !next.canUndo;
      noticeBox.hidden = !text && !next.canUndo;
      others.hidden = next.loose.length === 0;
      others.replaceChildren(...next.loose.map((one) => h("li", {}, one.field ? `${one.field}: ${one.message}` : one.message)));
    },
  };
}
