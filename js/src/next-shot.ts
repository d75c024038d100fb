/** The box for the next shot's prompt: what happens next, from which picture, and the price on its button. */
import { h, ownId, setAttribute, setText } from "./dom";
import type { Keys } from "./keys";
import { momentOf } from "./picture";
import { fill, labels, moment } from "./texts";

export interface NextShotTools {
  keys: Keys;
  signal: AbortSignal;
  video(): HTMLVideoElement | null;
  press(prompt: string, at: number | null): void;
  /** The button that opens the box: focus goes back to it. */
  opener(): HTMLElement | null;
}

const FRAMES = 24;

export function nextShot(tools: NextShotTools): { el: HTMLElement; toggle(): void; update(label: string, usable: boolean): void } {
  const { signal } = tools;
  const id = ownId();
  const area = h("textarea", { class: "pvideo-input pvideo-area", rows: 2, id });
  const from = h("span", { class: "pvideo-next-place" });
  const go = h("button", { class: "pvideo-button pvideo-solid", data: { action: "continue_send" } });
  const close = h("button", { class: "pvideo-button pvideo-plain" }, labels.close);
  const key = h("span", { class: "pvideo-next-key", "aria-hidden": "true" }, /Mac|iP/.test(navigator.platform) ? labels.run_key_mac : labels.run_key);
  const el = h("div", { class: "pvideo-next", hidden: true, role: "group" }, h("label", { for: id, class: "pvideo-next-label" }, labels.next_shot), area, h("div", { class: "pvideo-actions" }, go, close, key, from));
  let usable = true;

  const at = (): number | null => momentOf(tools.video(), FRAMES);
  const tell = (): void => {
    const stands = at();
    setText(from, stands === null ? labels.from_last : fill(labels.from_moment, { time: moment(stands) }));
  };
  const open = (on: boolean): void => {
    if (el.hidden === !on) return;
    el.hidden = !on;
    setAttribute(tools.opener() ?? el, "aria-expanded", on ? "true" : "false");
    if (on) {
      tell();
      area.focus();
    } else tools.opener()?.focus({ preventScroll: true });
  };
  const send = (): void => {
    const prompt = area.value.trim();
    if (!prompt) return area.focus();
    if (!usable) return;
    tools.press(prompt, at());
    area.value = "";
    open(false);
  };
  go.addEventListener("click", send, { signal });
  close.addEventListener("click", () => open(false), { signal });
  // The player may be another one later, so its events are heard where they pass by.
  const passedBy = (event: Event): void => {
    if (!el.hidden && event.target === tools.video()) tell();
  };
  for (const event of ["pause", "play", "seeked", "ended"]) document.addEventListener(event, passedBy, { capture: true, signal });
  tools.keys.on(el, (event) => {
    if (event.key === "Escape") open(false);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === area) {
      if (!event.repeat) send();
    } else return false;
    return true;
  });
  return {
    el,
    toggle: () => open(Boolean(el.hidden)),
    update(label, canUse) {
      usable = canUse;
      setText(go, label);
      setAttribute(go, "aria-disabled", usable ? null : "true");
      if (!label && !el.hidden) open(false);
    },
  };
}
