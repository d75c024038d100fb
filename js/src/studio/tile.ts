/** One video of the strip: a small picture, its state in a word, what it is called, price and time. */
import { badge } from "../badge";
import { drawing, h, imageUrl, setAttribute, setText } from "../dom";
import { actions, clock, fill, labels, took } from "../texts";
import type { View } from "../view";

const CHECK = "M3.5 8.4l3 3.1L12.5 5";

export interface TileState {
  /** Its card is the one that is shown. */
  current: boolean;
  selected: boolean;
  /** It was made from the video that stands after it: "final of cat", or "". */
  joined: string;
  stars: number;
  /** Whether two can be selected for something. */
  selects: boolean;
  starred: boolean;
  /** Has the Tab stop. */
  stop: boolean;
}

export interface Tile {
  el: HTMLElement;
  update(view: View, state: TileState): void;
}

export function tile(open: () => void, select: () => void, star: () => void, signal: AbortSignal): Tile {
  const picture = h("img", { class: "pvideo-tile-picture", alt: "", hidden: true });
  const pick = h("span", { class: "pvideo-tile-pick", title: labels.select }, drawing(CHECK, "pick"));
  const rating = h("span", { class: "pvideo-tile-star", title: labels.star });
  const state = badge();
  const name = h("span", { class: "pvideo-tile-name" });
  const facts = h("span", { class: "pvideo-tile-facts" });
  const el = h("div", { class: "pvideo-tile", role: "option" }, h("span", { class: "pvideo-tile-stage" }, picture), pick, rating, state.el, name, facts);
  el.addEventListener("click", (event) => (rating.contains(event.target as Node) ? star() : pick.contains(event.target as Node) || event.ctrlKey || event.metaKey ? select() : open()), { signal });
  return {
    el,
    update(view, { current, selected, joined, stars, selects, starred, stop }) {
      const poster = imageUrl(view.poster);
      picture.hidden = !poster;
      if (poster && picture.src !== poster) picture.src = poster;
      pick.hidden = !selects;
      rating.hidden = !starred;
      rating.toggleAttribute("data-on", stars > 0);
      setText(rating, stars ? `★${stars}` : "☆");
      state.update(view);
      const time = view.took === null ? "" : view.took < 60 ? took(view.took) : clock(view.took);
      const draft = view.facts.some((fact) => fact === "draft" || fact.startsWith("draft ")) ? labels.draft_word : "";
      setText(name, view.name || view.prompt);
      setText(facts, [draft, view.money.replace(/^free · would be .*/, "free"), time].filter(Boolean).join(" · "));
      const words = [view.name || view.prompt, state.el.textContent, facts.textContent, stars ? `★${stars}` : "", joined, current ? labels.shown : ""];
      setAttribute(el, "aria-label", words.filter(Boolean).join(", "));
      setAttribute(el, "title", [view.prompt, joined].filter(Boolean).join("\n"));
      setAttribute(el, "aria-selected", String(selected));
      setAttribute(el, "aria-current", current ? "true" : null);
      el.toggleAttribute("data-joined", joined !== "");
      el.dataset["id"] = view.id;
      el.tabIndex = stop ? 0 : -1;
    },
  };
}

/** "final of cat": as what a video was made from another one. */
export function joinedWords(as: string, from: View): string {
  const words: Record<string, string> = { final: labels.final_of, take: labels.take_of, shot: labels.shot_of };
  return fill(words[as] ?? labels.made_from, { name: from.name || from.prompt.slice(0, 40) || actions.more });
}
