/** One play button, one scrubber, one clock for all videos of a comparison; each key has its button. */
import { h, setAttribute, setText } from "../dom";
import { clock, compare, fill, moment } from "../texts";
import { frameAt, type Together } from "./sync";

export interface Parts {
  heads: Together;
  /** Show one alone; null is all. */
  alone(index: number | null): void;
  shown(): number | null;
  sound(index: number | null): void;
  heard(): number | null;
  count(): number;
  full(): void;
  signal: AbortSignal;
}

export interface Controls {
  el: HTMLElement;
  /** Another one of the videos in the place of the one that is shown alone. */
  flip(): void;
  update(letters: string[]): void;
  tick(): void;
  key(event: KeyboardEvent): boolean;
}

export function controls(parts: Parts): Controls {
  const { heads, signal } = parts;
  const button = (label: string, name: string, act: () => void, look = ""): HTMLButtonElement => {
    const made = h("button", { class: `pvideo-button ${look}`.trim(), data: { action: name } }, label);
    made.addEventListener("click", act, { signal });
    return made;
  };
  const toggle = (): void => (heads.isPlaying() ? heads.pause() : heads.play());
  const flip = (): void => {
    const count = parts.count();
    const at = parts.shown();
    if (count) parts.alone(at === null ? 0 : (at + 1) % count);
  };
  const loop = (): void => {
    heads.loop = !heads.loop;
    setAttribute(looping, "aria-pressed", String(heads.loop));
  };
  const play = button(compare.play, "play", toggle, "pvideo-solid");
  const scrubber = h("input", { type: "range", class: "pvideo-scrubber", min: 0, step: 0.001, value: 0, "aria-label": compare.position });
  const time = h("span", { class: "pvideo-time" });
  const frame = h("span", { class: "pvideo-frame-number" });
  const back = button("‹ " + compare.back.split(" ")[0], "back", () => heads.step(-1));
  const forward = button(compare.forward.split(" ")[0] + " ›", "forward", () => heads.step(1));
  const flipping = button(compare.flip, "flip", flip);
  const all = button(compare.all, "all", () => parts.alone(null));
  const looping = button(compare.loop, "loop", loop);
  const sound = h("select", { class: "pvideo-input pvideo-sound-of" });
  const el = h(
    "div",
    { class: "pvideo-controls" },
    h("div", { class: "pvideo-timeline" }, play, scrubber, time, frame),
    h("div", { class: "pvideo-actions" }, back, forward, flipping, all, looping, h("label", { class: "pvideo-sound-label" }, `${compare.sound}:`, sound)),
  );
  let letters: string[] = [];

  setAttribute(back, "aria-label", compare.back);
  setAttribute(forward, "aria-label", compare.forward);
  setAttribute(looping, "aria-pressed", "false");
  scrubber.addEventListener("input", () => heads.seek(Number(scrubber.value)), { signal });
  sound.addEventListener("change", () => parts.sound(sound.value === "" ? null : Number(sound.value)), { signal });

  const update = (next: string[]): void => {
    if (next.join() === letters.join()) return;
    letters = next;
    sound.replaceChildren(...letters.map((letter, index) => h("option", { value: index }, letter)), h("option", { value: "" }, compare.silent));
  };
  const tick = (): void => {
    const [at, end] = [heads.position(), heads.length()];
    const last = Math.max(0, Math.round(end * heads.fps) - 1);
    const number = Math.min(last, frameAt(at, heads.fps));
    const start = at >= end ? end : number / heads.fps;
    const words = letters.length > 2 ? fill(compare.play_all, { count: letters.length }) : compare.play;
    setText(play, heads.isPlaying() ? compare.pause : words);
    setAttribute(scrubber, "max", end.toFixed(3));
    if (document.activeElement !== scrubber || heads.isPlaying()) scrubber.value = String(at);
    setText(time, `${moment(start)} / ${clock(Math.round(end))}`);
    setText(frame, fill(compare.frame, { frame: number }));
    // A screen reader would read every change.
    if (!heads.isPlaying()) setAttribute(scrubber, "aria-valuetext", `${time.textContent}, ${frame.textContent}`);
    setAttribute(flipping, "aria-pressed", String(parts.shown() !== null));
    setText(flipping, letters.length > 2 ? letters.join("|") : compare.flip);
    all.hidden = parts.shown() === null;
    const heard = parts.heard();
    sound.value = heard === null ? "" : String(heard);
  };
  const key = (event: KeyboardEvent): boolean => {
    const target = event.target as Element;
    const second = event.shiftKey ? 1 : 0;
    if (target.closest("button, a") && (event.key === " " || event.key === "Enter")) return false;
    if (target.closest("select") && (event.key === " " || event.key === "Enter" || event.key.startsWith("Arrow"))) return false;
    const move = (way: number): void => (second ? heads.seek(heads.position() + way) : heads.step(way));
    const acts: Record<string, () => void> = {
      " ": toggle,
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
      Home: () => heads.seek(0),
      End: () => heads.seek(heads.length()),
      m: () => parts.sound(parts.heard() === null ? 0 : null),
      f: parts.full,
      l: loop,
      "0": () => parts.alone(null),
    };
    const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
    if (digit >= 0 && digit < parts.count()) parts.alone(digit);
    else {
      const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act) return false;
      act();
    }
    return true;
  };
  return { el, flip, update, tick, key };
}
