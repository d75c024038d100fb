/** The status badge: Replicate's word, and one of six shapes that says it again. */
import { drawing, h, setText } from "./dom";
import { statusWord } from "./texts";
import type { View } from "./view";

const SHAPES = {
  wait: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11",
  ring: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  check: "M3 8.6l3.3 3.4L13 4.6",
  cross: "M4 4l8 8M12 4l-8 8",
  triangle: "M8 2.2L14.4 13.4H1.6zM8 6.4v3.1M8 11.4v.2",
  dash: "M3.5 8h9",
};

const LOOKS: Record<string, [keyof typeof SHAPES, string]> = {
  sending: ["ring", "run"],
  starting: ["ring", "run"],
  processing: ["ring", "run"],
  succeeded: ["check", "good"],
  failed: ["cross", "bad"],
  rejected: ["cross", "bad"],
  unconfirmed: ["triangle", "warn"],
  expired: ["triangle", "warn"],
  canceled: ["dash", "quiet"],
  aborted: ["dash", "quiet"],
};

export interface Look {
  shape: keyof typeof SHAPES;
  tone: string;
}

export function lookOf(view: Pick<View, "status" | "phase" | "done">): Look {
  if (view.status === "sending" && view.phase === "waiting") return { shape: "wait", tone: "run" };
  if (view.status === "succeeded" && view.phase === "saving") return { shape: "ring", tone: "good" };
  const [shape, tone] = LOOKS[view.status] ?? (view.done ? ["dash", "quiet"] : ["ring", "run"]);
  return { shape, tone };
}

export function badge(): { el: HTMLElement; update(view: Pick<View, "status" | "phase" | "done">): void } {
  const word = h("span");
  const el = h("span", { class: "pvideo-badge" }, word);
  return {
    el,
    update(view) {
      const { shape, tone } = lookOf(view);
      if (el.dataset["shape"] !== shape) {
        el.querySelector("svg")?.remove();
        el.prepend(drawing(SHAPES[shape], shape));
      }
      Object.assign(el.dataset, { shape, tone, status: view.status });
      setText(word, statusWord(view.status));
    },
  };
}
