/** The ticking note: what is happening, in words, from status, phase and the kernel's clock (the table in "The Card"). */
import { clock, fill, megabytes, notes, took } from "./texts";
import type { View } from "./view";

/** What was said before, so that the estimate never grows. One per card. */
export interface Memory {
  left: number;
}

export function elapsed(view: View, now: number): number {
  const start = view.sent ?? view.pressed;
  return start === null ? 0 : Math.max(0, (now - start) / 1000);
}

const until = (next: number | null, now: number): number => Math.max(1, Math.ceil(((next ?? now) - now) / 1000));

/** Whole seconds below ten, else fives. */
export function roundLeft(left: number): number {
  return left < 9.5 ? Math.round(left) : Math.max(10, Math.round(left / 5) * 5);
}

/** True once it takes longer than nine of ten before it. */
export function isLonger(view: View, now: number): boolean {
  return view.status === "processing" && view.estimate !== null && elapsed(view, now) > Math.max(view.estimate.p90, view.estimate.p50);
}

function processing(view: View, now: number, memory: Memory): string {
  const passed = elapsed(view, now);
  if (!view.estimate) return fill(notes.running, { elapsed: clock(passed) });
  if (isLonger(view, now)) return fill(notes.longer, { elapsed: clock(passed), usual: clock(Math.round(view.estimate.p50)) });
  const left = view.estimate.p50 - passed;
  if (left < 1.5) return notes.moment;
  if (!view.estimate.history) return fill(notes.left_first, { left: roundLeft(view.estimate.p50) });
  memory.left = Math.min(memory.left, roundLeft(left));
  return fill(notes.left, { left: memory.left });
}

function sending(view: View, now: number): string {
  const { values } = view;
  if (view.phase === "uploading") return fill(notes.uploading, { name: values["file"] ?? "", got: megabytes(view.received), size: `${megabytes(view.total)} MB` });
  if (view.phase === "waiting") return values["ahead"] ? fill(notes.waiting, values) : (notes.waiting.split(",")[0] ?? "");
  if (view.phase === "countdown") return fill(notes.countdown, { reason: view.message?.title ?? "", ...values, seconds: until(view.next, now) });
  const start = view.demo ? notes.sending_demo : fill(notes.sending, values);
  const text = view.sent === null || elapsed(view, now) < 2 ? start : notes.sending_slow;
  return values["prefer_wait"] ? `${text} · ${notes.cancel_with_answer}` : text;
}

function succeeded(view: View): string {
  if (view.phase === "saving") {
    const got = megabytes(view.received);
    // Only a video plays before it is saved.
    if (view.kind !== "video" && view.total) return fill(notes.saving_file, { got, size: `${megabytes(view.total)} MB` });
    if (view.kind !== "video") return fill(notes.saving_file_unknown, { got: `${got} MB` });
    return view.total ? fill(notes.saving, { got, size: `${megabytes(view.total)} MB` }) : fill(notes.saving_unknown, { got: `${got} MB` });
  }
  if (view.phase === "library") return fill(notes.library, view.values);
  return view.took === null ? "" : fill(notes.took, { took: took(view.took) });
}

function canceled(view: View): string {
  if (view.phase === "unsent") return notes.canceled_unsent;
  if (view.values["limit"]) return fill(notes.canceled_limit, view.values);
  return view.values["by"] === "you" && view.took !== null ? fill(notes.canceled_you, { took: took(view.took) }) : notes.canceled;
}

function unconfirmed(view: View, now: number): string {
  const looked = view.values["looked"] ?? "";
  if (view.phase === "looking" || !looked) return notes.unconfirmed_looking;
  return view.next === null ? fill(notes.unconfirmed_rest, { looked }) : fill(notes.unconfirmed, { looked, seconds: until(view.next, now) });
}

function starting(view: View, now: number): string {
  const passed = elapsed(view, now);
  if (passed >= 5) return fill(notes.starting_slow, { elapsed: clock(passed) });
  return view.demo ? notes.starting_demo : notes.starting;
}

const WORDS: Record<string, (view: View, now: number, memory: Memory) => string> = {
  sending,
  starting,
  processing,
  succeeded,
  canceled,
  unconfirmed,
  failed: () => notes.failed,
  rejected: (view) => (view.phase === "budget" ? notes.budget : notes.rejected),
  aborted: () => notes.aborted,
  expired: () => notes.expired,
};

export function noteFor(view: View, now: number, memory: Memory): string {
  if (!view.done && view.phase === "canceling") return notes.canceling;
  if (!view.done && view.phase === "lost") return fill(notes.lost, { seconds: until(view.next, now) });
  return WORDS[view.status]?.(view, now, memory) ?? fill(notes.unknown_status, { word: view.status });
}
