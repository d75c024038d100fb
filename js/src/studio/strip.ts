/** The strip: this session's videos, newest first. One Tab stop: arrows move, Enter loads, Space selects, S stars. */
import { sync } from "../actions";
import { h, setAttribute, setText } from "../dom";
import type { Keys } from "../keys";
import { fill, labels, sheet as words } from "../texts";
import type { StripFacts, View } from "../view";
import { joinedWords, tile, type Tile } from "./tile";

export interface StripTools {
  keys: Keys;
  /** Shows the video and loads what made it. */
  open(id: string): void;
  compare(ids: string[]): void;
  sweep(): void;
  star(id: string, stars: number): void;
  signal: AbortSignal;
}

export interface Strip {
  el: HTMLElement;
  update(views: View[], facts: StripFacts, shown: string, session: string): void;
  /** Whether a sweep can be asked for. */
  sweeps(able: boolean): void;
}

const MOST = 9;

export function strip({ keys, open, compare, sweep, star, signal }: StripTools): Strip {
  const tiles = new Map<string, Tile>();
  let selected: string[] = [];
  let stop = "";
  let last: [View[], StripFacts, string, string] | null = null;
  const row = h("div", { class: "pvideo-tiles", role: "listbox", "aria-label": labels.videos, "aria-orientation": "horizontal", "aria-multiselectable": "true" });
  const total = h("p", { class: "pvideo-session" });
  const button = h("button", { class: "pvideo-button", data: { action: "compare" }, hidden: true });
  const vary = h("button", { class: "pvideo-button", data: { action: "sweep" } }, words.sweep);
  const el = h("div", { class: "pvideo-strip" }, row, h("div", { class: "pvideo-strip-foot" }, total, h("div", { class: "pvideo-actions" }, button, vary)));
  vary.addEventListener("click", sweep, { signal });
  button.addEventListener("click", () => compare(inOrder()), { signal });

  /** Oldest first, as one compares: before, after. */
  const inOrder = (): string[] => (last?.[0] ?? []).map((view) => view.id).filter((id) => selected.includes(id)).reverse();
  const all = (): HTMLElement[] => [...row.querySelectorAll<HTMLElement>(".pvideo-tile")];
  const can = (what: string): boolean => last?.[1].can.includes(what) ?? false;
  const select = (id: string): void => {
    if (!can("compare")) return;
    selected = selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id].slice(-MOST);
    paint();
  };
  /** One star more; after five none. */
  const raise = (id: string): void => star(id, ((last?.[1].stars[id] ?? 0) + 1) % 6);
  const move = (event: KeyboardEvent): boolean => {
    const tilesNow = all();
    const at = tilesNow.indexOf(event.target as HTMLElement);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: tilesNow.length - 1 }[event.key];
    const next = to === undefined || at < 0 ? undefined : tilesNow[Math.min(tilesNow.length - 1, Math.max(0, to))];
    if (!next) return false;
    stop = next.dataset["id"] ?? "";
    tilesNow.forEach((one) => (one.tabIndex = one === next ? 0 : -1));
    next.focus();
    return true;
  };
  keys.on(row, (event) => {
    const id = (event.target as HTMLElement).dataset["id"] ?? "";
    if (!id || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    if (event.repeat && !event.key.startsWith("Arrow")) return true;
    if (event.key === "Enter") return open(id), true;
    if (event.key === " ") return select(id), true;
    if (event.key.toLowerCase() === "s" && can("star")) return raise(id), true;
    return move(event);
  });

  const paint = (): void => {
    if (!last) return;
    const [views, facts, shown, session] = last;
    const known = new Set(views.map((view) => view.id));
    selected = selected.filter((id) => known.has(id));
    if (!known.has(stop)) stop = shown;
    row.hidden = views.length === 0;
    const hadFocus = document.activeElement instanceof HTMLElement && row.contains(document.activeElement);
    for (const [id, one] of tiles) {
      if (known.has(id)) continue;
      one.el.remove();
      tiles.delete(id);
    }
    const wanted = views.map((view, index) => {
      const one = tiles.get(view.id) ?? tile(() => ((stop = view.id), open(view.id)), () => select(view.id), () => raise(view.id), signal);
      tiles.set(view.id, one);
      const next = views[index + 1];
      const link = facts.links[view.id];
      const joined = link && next && link.from === next.id ? joinedWords(link.as, next) : "";
      one.update(view, { current: view.id === shown, selected: selected.includes(view.id), joined, stars: facts.stars[view.id] ?? 0, selects: can("compare") && views.length > 1, starred: can("star"), stop: view.id === stop });
      return one.el;
    });
    sync(row, wanted);
    if (hadFocus && !row.contains(document.activeElement)) tiles.get(stop)?.el.focus({ preventScroll: true });
    setText(total, session && views.length ? fill(views.length === 1 ? labels.session_one : labels.session, { count: views.length, session }) : "");
    button.hidden = selected.length < 2;
    setText(button, fill(labels.compare, { count: selected.length }));
  };
  return {
    el,
    sweeps: (able) => setAttribute(vary, "aria-disabled", able ? null : "true"),
    update(...next) {
      last = next;
      paint();
    },
  };
}
