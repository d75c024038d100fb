/** One video of a comparison: its letter and name, and its picture, or its state until it is there. */
import { badge } from "../badge";
import type { Bytes } from "../bytes";
import { h, imageUrl, setAttribute, setText } from "../dom";
import type { Model } from "../model";
import { source, type Source } from "../source";
import { shapeRatio } from "../stage";
import { compare, fill, message } from "../texts";
import type { View } from "../view";
import type { Together } from "./sync";
import type { Item } from "./view";

export interface Cell {
  el: HTMLElement;
  update(item: Item): void;
  /** Says whether it holds its last frame. */
  tick(): void;
  video(): HTMLVideoElement | null;
}

export function cell(model: Model, bytes: Bytes, heads: Together, signal: AbortSignal): Cell {
  const letter = h("b", { class: "pvideo-letter" });
  const name = h("span", { class: "pvideo-cell-name" });
  const state = badge();
  const picture = h("img", { class: "pvideo-poster", alt: "", hidden: true });
  const ended = h("span", { class: "pvideo-ended", hidden: true }, compare.ended);
  const trouble = h("p", { class: "pvideo-cell-trouble", hidden: true });
  const stage = h("div", { class: "pvideo-stage" }, picture, state.el, trouble, ended);
  const el = h("figure", { class: "pvideo-cell" }, h("figcaption", { class: "pvideo-cell-head" }, letter, name), stage);
  let video: HTMLVideoElement | null = null;
  let feed: Source | null = null;

  const failed = (reason: string): void => {
    setText(trouble, reason || message("cannot_play", "warn").sentence);
    trouble.hidden = false;
  };
  const make = (): HTMLVideoElement => {
    const made = h("video", { class: "pvideo-media", preload: "auto", tabindex: -1 });
    Object.assign(made, { muted: true, playsInline: true, disablePictureInPicture: true });
    for (const event of ["loadedmetadata", "loadeddata", "canplay", "seeked", "ended", "waiting"]) made.addEventListener(event, heads.tick, { signal });
    made.addEventListener("loadedmetadata", () => heads.add(made), { signal });
    signal.addEventListener("abort", () => made.removeAttribute("src"), { once: true });
    feed = source(made, model, bytes, failed, signal);
    stage.insertBefore(made, state.el);
    return made;
  };
  return {
    el,
    video: () => video,
    tick: () => {
      ended.hidden = !video || !heads.hasEnded(video);
    },
    update(item) {
      const facts = [item.draft, item.money].filter(Boolean).join(" · ");
      const named = `${item.letter} ${item.name}`.trim();
      setText(letter, item.letter);
      setText(name, `${item.name}${facts ? ` (${facts})` : ""}`.trim());
      setAttribute(el, "data-letter", item.letter);
      el.style.setProperty("--pvideo-ratio", shapeRatio(item.shape));
      const poster = imageUrl(item.poster);
      if (item.video) {
        video ??= make();
        setAttribute(video, "aria-label", `${named}: ${item.prompt}`);
        if (poster) setAttribute(video, "poster", poster);
        feed?.update(item.id, item.video);
      }
      picture.hidden = !poster || video !== null;
      if (poster && picture.src !== poster) picture.src = poster;
      state.el.hidden = video !== null;
      state.update({ status: item.status, done: item.done, phase: "" } as View);
    },
  };
}

/** "A cat, B cat_final" */
export const namesOf = (items: Item[]): string => fill(compare.group, { names: items.map((item) => `${item.letter} ${item.name}`.trim()).join(", ") });
