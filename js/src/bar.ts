/** The progress bar: 90 % at the usual time, 95 % at the slow end of it, and there it waits. */
import { h, setAttribute } from "./dom";
import { elapsed } from "./note";
import { labels } from "./texts";
import type { View } from "./view";

/** 0 to 1, or null where nothing is known. */
export function share(view: View, passed: number): number | null {
  const known = view.progress === null ? null : Math.min(0.95, view.progress);
  if (!view.estimate || view.estimate.p50 <= 0) return known;
  const { p50, p90 } = view.estimate;
  const guess = passed <= p50 ? (0.9 * passed) / p50 : Math.min(0.95, 0.9 + (0.05 * (passed - p50)) / Math.max(0.001, p90 - p50));
  return Math.max(known ?? 0, guess);
}

export function isRunning(view: View): boolean {
  return !view.done && (view.status === "starting" || view.status === "processing" || (view.status === "sending" && view.sent !== null));
}

export function bar(calm: () => boolean): { el: HTMLElement; update(view: View, now: number, note: string): void } {
  const fillEl = h("div", { class: "pvideo-bar-fill" });
  const el = h("div", { class: "pvideo-bar", role: "progressbar", "aria-label": labels.progress, "aria-valuemin": 0, "aria-valuemax": 100, hidden: true }, fillEl);
  let reached = 0;
  return {
    el,
    update(view, now, note) {
      const on = isRunning(view);
      el.hidden = !on;
      if (!on) return;
      const passed = elapsed(view, now);
      const part = share(view, calm() ? Math.floor(passed) : passed);
      reached = Math.max(reached, part ?? 0);
      el.toggleAttribute("data-unknown", part === null);
      fillEl.style.transform = part === null ? "" : `scaleX(${reached.toFixed(4)})`;
      setAttribute(el, "aria-valuenow", part === null ? null : Math.round(reached * 100));
      setAttribute(el, "aria-valuetext", note);
    },
  };
}
