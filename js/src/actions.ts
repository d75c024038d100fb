/** The buttons of a card. What costs says its price; Cancel answers the eye at once; a held or repeated press counts once. */
import { h, setAttribute, setText } from "./dom";
import { resolveFile, type Model } from "./model";
import { notes } from "./texts";
import type { Action, View } from "./view";

const FORGET = 6000;
const FORGET_QUICK = 500;

export interface Actions {
  /** The one button of a running state, in the first line. */
  head: HTMLElement;
  /** The row under the facts. */
  row: HTMLElement;
  update(view: View, now: number, usable: boolean): void;
}

export interface ActionTools {
  /** Sends the press; false if it could not be sent. */
  press(view: View, name: string): boolean;
  /** What a button does in the page alone; true if that was all. */
  own?(action: Action): boolean;
  /** Focus goes here when a focused button goes away. */
  handOn(): void;
  signal: AbortSignal;
}

interface Pressed {
  id: string;
  status: string;
  timer: ReturnType<typeof setTimeout>;
}

export function actionButtons(tools: ActionTools): Actions {
  const head = h("div", { class: "pvideo-head-action" });
  const row = h("div", { class: "pvideo-actions" });
  const buttons = new Map<string, HTMLButtonElement>();
  let view: View | null = null;
  let usable = true;
  /** Each button's own: one that waits takes no press from another. */
  const pressed = new Map<string, Pressed>();

  const forget = (name: string): void => {
    clearTimeout(pressed.get(name)?.timer);
    pressed.delete(name);
    paint();
  };
  tools.signal.addEventListener("abort", () => pressed.forEach((one) => clearTimeout(one.timer)), { once: true });

  const press = (name: string): void => {
    const action = view?.actions.find((one) => one.name === name);
    if (!view || !action || !usable || tools.own?.(action)) return;
    if (pressed.has(name) || !tools.press(view, name)) return;
    const wait = name === "cancel" ? 60_000 : action.quick ? FORGET_QUICK : FORGET;
    pressed.set(name, { id: view.id, status: view.status, timer: setTimeout(forget, wait, name) });
    paint();
  };
  const buttonFor = (action: Action): HTMLButtonElement => {
    const known = buttons.get(action.name);
    if (known) return known;
    const button = h("button", { class: "pvideo-button", data: { action: action.name } });
    button.addEventListener("click", () => press(action.name), { signal: tools.signal });
    buttons.set(action.name, button);
    return button;
  };
  const isDue = (action: Action, now: number): boolean => !action.after || (view?.sent !== null && now - (view?.sent ?? now) >= action.after * 1000);

  const paint = (): void => {
    for (const action of view?.actions ?? []) {
      const button = buttonFor(action);
      const waits = pressed.has(action.name);
      setText(button, waits && action.name === "cancel" ? notes.canceling : action.label);
      button.classList.toggle("pvideo-solid", action.primary);
      // Not `disabled`: a disabled button loses the focus.
      setAttribute(button, "aria-disabled", waits || !usable ? "true" : null);
      button.toggleAttribute("data-costs", action.costs);
    }
  };
  const place = (now: number): void => {
    const due = (view?.actions ?? []).filter((action) => isDue(action, now));
    const inHead = view && !view.done ? due.slice(0, 1) : [];
    const inRow = due.slice(inHead.length);
    const focused = document.activeElement;
    const kept = new Set(due.map((action) => action.name));
    const lost = [...buttons].some(([name, button]) => button === focused && !kept.has(name));
    for (const [name, button] of buttons) if (!kept.has(name)) button.remove();
    sync(head, inHead.map(buttonFor));
    sync(row, inRow.map(buttonFor));
    if (lost) tools.handOn();
  };

  return {
    head,
    row,
    update(next, now, canUse) {
      const before = view?.phase ?? next.phase;
      view = next;
      usable = canUse;
      for (const [name, one] of pressed) if (one.id !== next.id || one.status !== next.status || (name !== "cancel" && before !== next.phase)) forget(name);
      place(now);
      paint();
    },
  };
}

/** Puts the wanted elements at the start of the place, touching only what differs, so that focus stays. */
export function sync(place: HTMLElement, wanted: HTMLElement[]): void {
  wanted.forEach((one, index) => place.children[index] === one || place.insertBefore(one, place.children[index] ?? null));
}

/** A link's address for an item of the More menu, resolved where the host can. */
export async function hrefOf(model: Model, href: string): Promise<string | null> {
  return /^[a-z][a-z0-9+.-]*:/i.test(href) ? href : resolveFile(model, href);
}
