/** The stage: it has its final size from the first paint; the time that passed stands on it large, then the video. */
import type { Bytes } from "./bytes";
import { h, imageUrl, setAttribute, setText } from "./dom";
import type { Keys } from "./keys";
import { send, type Model } from "./model";
import { elapsed } from "./note";
import { isAnyPlaying, playerKey, soundOn } from "./player";
import { source, type Source } from "./source";
import { clock } from "./texts";
import type { View } from "./view";

export interface StageTools {
  model: Model;
  bytes: Bytes;
  keys: Keys;
  signal: AbortSignal;
  /** Whether the card is on the screen at all. */
  seen(): number;
  calm(): boolean;
  /** The media cannot be shown; Python's reason, or "". */
  failed(reason: string): void;
}

type Media = HTMLVideoElement | HTMLAudioElement | HTMLImageElement;

export interface Stage {
  el: HTMLElement;
  update(view: View, now: number): void;
  tick(view: View, now: number): void;
}

/** portrait, square or landscape: what stands beside what. */
export function shapeName(shape: View["shape"]): string {
  const ratio = shape.width / shape.height || 1.78;
  return ratio > 1.05 ? "landscape" : ratio < 0.95 ? "portrait" : "square";
}

/** Width by height, for the style sheet; a strange one is kept in bounds. */
export function shapeRatio(shape: View["shape"]): string {
  return Math.min(4, Math.max(0.3, shape.width / shape.height || 16 / 9)).toFixed(4);
}

function isHalfVisible(el: HTMLElement): boolean {
  const { top, bottom, height } = el.getBoundingClientRect();
  return height > 0 && Math.min(bottom, window.innerHeight) - Math.max(top, 0) >= height / 2;
}

/** Frames a second, as the facts tell; P-Video's usual rate without them. */
export const frameRate = (view: View | null): number => Number(view?.facts.join(" ").match(/(\d+) fps/)?.[1] ?? 24);

export function stage(tools: StageTools): Stage {
  const time = h("span", { class: "pvideo-elapsed", "aria-hidden": "true" });
  const picture = h("img", { class: "pvideo-poster", alt: "", hidden: true });
  const el = h("div", { class: "pvideo-stage", tabindex: -1 }, picture, time);
  let media: Media | null = null;
  let feed: Source | null = null;
  let made = "";
  let wasRunning = false;
  let view: View | null = null;
  let life = new AbortController();
  tools.signal.addEventListener("abort", () => life.abort(), { once: true });

  const clear = (): void => {
    life.abort();
    life = new AbortController();
    media?.remove();
    el.querySelector(".pvideo-sound")?.remove();
    media = feed = null;
    made = "";
  };
  const mayPlay = (now: View): boolean =>
    wasRunning && now.autoplay && tools.seen() > 0 && isHalfVisible(el) && !document.hidden && !tools.calm() && !isAnyPlaying() && media instanceof HTMLVideoElement;

  const watch = (player: HTMLMediaElement, id: string): void => {
    const tell = (playing: boolean) => (): void => void send(tools.model, { kind: "playing", id, playing });
    player.addEventListener("playing", tell(true), { signal: life.signal });
    for (const event of ["pause", "ended"]) player.addEventListener(event, tell(false), { signal: life.signal });
    tools.keys.on(el, (event) => view !== null && !(event.target as Element).closest("button") && playerKey(event, player, frameRate(view)));
  };
  const make = (now: View): void => {
    const kinds = { audio: "audio", image: "img" } as const;
    const tag = kinds[now.kind as keyof typeof kinds] ?? "video";
    media = h(tag, { class: "pvideo-media" });
    if (!(media instanceof HTMLImageElement)) {
      Object.assign(media, { controls: true, preload: "metadata", playsInline: true });
      watch(media, now.id);
    }
    feed = source(media, tools.model, tools.bytes, tools.failed, life.signal);
    made = now.id;
    if (mayPlay(now) && media instanceof HTMLVideoElement) {
      Object.assign(media, { muted: true, autoplay: true });
      el.append(media, soundOn(media, life.signal));
    } else el.append(media);
  };

  const update = (next: View, now: number): void => {
    if (view && view.id !== next.id) wasRunning = false;
    view = next;
    el.dataset["kind"] = next.kind;
    const poster = imageUrl(next.poster);
    if (next.video) {
      if (made !== next.id) clear();
      if (!media) make(next);
      setAttribute(media as Media, media instanceof HTMLImageElement ? "alt" : "aria-label", next.prompt);
      if (media instanceof HTMLVideoElement && poster) setAttribute(media, "poster", poster);
      feed?.update(next.id, next.video);
    } else if (made) clear();
    picture.hidden = !poster || media !== null;
    if (poster && picture.src !== poster) picture.src = poster;
    const text = next.kind === "text" || next.kind === "json" ? next.text : "";
    let block = el.querySelector(".pvideo-text");
    if (text && !block) el.append((block = h("pre", { class: "pvideo-text", tabindex: 0 })));
    if (block) setText(block, text);
    // An end without a picture needs no stage, except where one stands already: nothing jumps.
    el.hidden = next.done && !next.video && !text && !wasRunning;
    wasRunning ||= !next.done;
    el.toggleAttribute("data-empty", next.done && !next.video && !text);
    tick(next, now);
  };
  const tick = (next: View, now: number): void => {
    const passed = next.done ? (next.took ?? 0) : next.sent === null ? 0 : elapsed(next, now);
    el.toggleAttribute("data-idle", next.sent === null);
    setText(time, next.video || next.text || (next.done && !passed) ? "" : clock(passed));
  };
  return { el, update, tick };
}
