/** What a screen reader hears: few things, once each, never seconds, never two at once. */
import { h } from "./dom";
import { announce as words, fill, kinds } from "./texts";
import type { Message, View } from "./view";

const APART = 1500;
const ALERTS = new Set(["failed", "rejected", "unconfirmed", "expired"]);

export interface Announcer {
  el: HTMLElement;
  /** Says what changed between two views of one job. */
  change(before: View | null, after: View): void;
  /** Said at most once per job, like all the others. */
  longer(view: View): void;
  alert(message: Message): void;
  /** A plain line, for a sheet or the Studio. */
  say(text: string): void;
}

/** "Video cat", "Image": what was made, or is being made, and what it is called. */
export function cardName({ kind, name }: Pick<View, "kind" | "name">): string {
  return `${kinds[kind] ?? kinds.file} ${name}`.trim();
}

export function announcer(signal: AbortSignal): Announcer {
  const status = h("div", { role: "status", class: "pvideo-aloud" });
  const alertEl = h("div", { role: "alert", class: "pvideo-aloud" });
  const el = h("div", { class: "pvideo-spoken" }, status, alertEl);
  const said = new Set<string>();
  const queue: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const next = (): void => {
    const text = queue.shift();
    timer = text === undefined ? undefined : setTimeout(next, APART);
    if (text !== undefined) status.textContent = text;
  };
  const say = (text: string): void => {
    if (!text || signal.aborted) return;
    queue.push(text);
    if (timer === undefined) next();
  };
  const once = (view: View, key: string, text: string): void => {
    if (said.has(`${view.id} ${key}`)) return;
    said.add(`${view.id} ${key}`);
    say(text);
  };
  const alert = (message: Message): void => {
    alertEl.textContent = `${message.title}. ${message.next}`;
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });

  return {
    el,
    say,
    alert,
    longer: (view) => once(view, "longer", words.longer),
    change(before, after) {
      const fresh = after.pressed !== null && after.now - after.pressed < 5000;
      if (!before && !fresh) return;
      const what = cardName(after);
      if (["starting", "processing"].includes(after.status) && !["starting", "processing"].includes(before?.status ?? "")) {
        const seconds = Math.round(after.estimate?.p50 ?? 0);
        once(after, "sent", fill(seconds ? words.sent : words.sent_plain, { what, seconds, price: after.money }));
      }
      if (after.phase === "lost" && before?.phase !== "lost") once(after, "lost", words.lost);
      if (before?.phase === "lost" && after.phase !== "lost" && !after.done) once(after, "back", words.again);
      if (after.status === "succeeded" && after.phase !== "library" && before?.status !== "succeeded") {
        const seconds = Math.round(after.video?.seconds ?? 0);
        once(after, "ready", fill(seconds ? words.ready : words.ready_plain, { what, seconds, price: after.money }));
      }
      if (after.status === "canceled" && before?.status !== "canceled") once(after, "canceled", words.canceled);
      if (ALERTS.has(after.status) && before?.status !== after.status && after.message) alert(after.message);
    },
  };
}
