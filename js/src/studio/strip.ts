/** The strip: one small tile per video, newest first; a tile shows its card. One Tab stop, arrows move in it. */
import { sync } from "../actions";
import { badge } from "../badge";
import { h, imageUrl, setAttribute, setText } from "../dom";
import type { Keys } from "../keys";
import { clock, fill, labels, took } from "../texts";
import type { View } from "../view";

interface Tile {
  el: HTMLButtonElement;
  update(view: View, current: boolean): void;
}

function tile(open: () => void, signal: AbortSignal): Tile {
  const picture = h("img", { class: "pvideo-tile-picture", alt: "", hidden: true });
  const state = badge();
  const name = h("span", { class: "pvideo-tile-name" });
  const facts = h("span", { class: "pvideo-tile-facts" });
  const el = h("button", { class: "pvideo-tile", role: "option" }, h("span", { class: "pvideo-tile-stage" }, picture), state.el, name, facts);
  el.addEventListener("click", open, { signal });
  return {
    el,
    update(view, current) {
      const poster = imageUrl(view.poster);
      picture.hidden = !poster;
      if (poster && picture.src !== poster) picture.src = poster;
      state.update(view);
      const time = view.took === null ? "" : view.took < 60 ? took(view.took) : clock(view.took);
      setText(name, view.name || view.prompt);
      setText(facts, [view.money.replace(/^free · would be .*/, "free"), time].filter(Boolean).join(" · "));
      setAttribute(el, "aria-label", [view.name || view.prompt, state.el.textContent, facts.textContent].filter(Boolean).join(", "));
      setAttribute(el, "aria-selected", String(current));
      el.dataset["id"] = view.id;
      el.tabIndex = current ? 0 : -1;
    },
  };
}

export interface Strip {
  el: HTMLElement;
  update(views: View[], shown: string, session: string): void;
}

export function strip(keys: Keys, open: (id: string) => void, signal: AbortSignal): Strip {
  const tiles = new Map<string, Tile>();
  const row = h("div", { class: "pvideo-tiles", role: "listbox", "aria-label": labels.videos, "aria-orientation": "horizontal" });
  const total = h("p", { class: "pvideo-session" });
  const el = h("div", { class: "pvideo-strip", hidden: true }, row, total);

  keys.on(row, (event) => {
    const all = [...row.querySelectorAll<HTMLElement>(".pvideo-tile")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    const next = to === undefined ? undefined : all[Math.min(all.length - 1, Math.max(0, to))];
    if (!next) return false;
    all.forEach((one) => (one.tabIndex = one === next ? 0 : -1));
    next.focus();
    return true;
  });
  return {
    el,
    update(views, shown, session) {
      el.hidden = views.length < 2;
      for (const [id, one] of tiles) {
        if (views.some((view) => view.id === id)) continue;
        one.el.remove();
        tiles.delete(id);
      }
      const wanted = views.map((view) => {
        const one = tiles.get(view.id) ?? tile(() => open(view.id), signal);
        tiles.set(view.id, one);
        one.update(view, view.id === shown);
        return one.el;
      });
      sync(row, wanted);
      setText(total, session ? fill(views.length === 1 ? labels.session_one : labels.session, { count: views.length, session }) : "");
    },
  };
}
