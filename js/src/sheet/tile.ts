/** One video of the sheet: its picture, its word, its price, its star. It is silent; the sheet speaks for it. */
import { badge } from "../badge";
import type { Bytes } from "../bytes";
import { drawing, h, imageUrl, setAttribute, setText } from "../dom";
import type { Model } from "../model";
import { source } from "../source";
import { sheet as words, statusWord } from "../texts";
import type { SheetView, Tile } from "../view";

const STAR = "M8 2l1.8 3.8 4.2.6-3 2.9.7 4.2L8 11.5l-3.7 2 .7-4.2-3-2.9 4.2-.6z";
const CHECK = "M3 8.6l3.3 3.4L13 4.6";

export interface TileTools {
  model: Model;
  bytes: Bytes;
  signal: AbortSignal;
  open(): void;
  select(): void;
  star(): void;
}

export interface TilePart {
  el: HTMLElement;
  tile(): Tile;
  update(tile: Tile, sheet: SheetView, poster: string): void;
  /** Seconds since it was sent, while it runs. */
  tick(now: number): void;
  mark(selected: boolean, open: boolean): void;
  /** The player for [Play all]; null where there is nothing to play yet. */
  player(): HTMLVideoElement | null;
  /** The picture again. */
  rest(): void;
}

const RUNS = new Set(["starting", "processing"]);

export function tilePart(first: Tile, tools: TileTools): TilePart {
  const picture = h("img", { class: "pvideo-tile-picture", alt: "", hidden: true });
  const time = h("span", { class: "pvideo-tile-time" });
  const reason = h("span", { class: "pvideo-tile-reason", hidden: true });
  const box = h("button", { class: "pvideo-tile-box", tabindex: -1, title: words.select }, drawing(CHECK, "check"));
  const star = h("button", { class: "pvideo-tile-star", tabindex: -1, title: words.star }, drawing(STAR, "star"));
  const stage = h("span", { class: "pvideo-tile-stage" }, picture, reason, time, box, star);
  const state = badge();
  const note = h("span", { class: "pvideo-tile-note" });
  const money = h("span", { class: "pvideo-tile-money" });
  const title = h("span", { class: "pvideo-tile-title" });
  const el = h("div", { class: "pvideo-tile", role: "gridcell", tabindex: -1 }, title, stage, h("span", { class: "pvideo-tile-line" }, state.el, note, money));
  let tile = first;
  let player: HTMLVideoElement | null = null;
  let life = new AbortController();

  // The tile keeps the focus: its buttons are for the mouse, its keys do the same.
  for (const [button, act] of [[box, tools.select], [star, tools.star]] as const) {
    button.addEventListener("mousedown", (event) => event.preventDefault(), { signal: tools.signal });
    button.addEventListener("click", (event) => (event.stopPropagation(), act(), el.focus({ preventScroll: true })), { signal: tools.signal });
  }
  el.addEventListener("click", () => tools.open(), { signal: tools.signal });
  tools.signal.addEventListener("abort", () => life.abort(), { once: true });

  const rest = (): void => {
    life.abort();
    life = new AbortController();
    player?.remove();
    player = null;
  };
  const name = (): string => [tile.title, tile.status ? statusWord(tile.status) : "", tile.note, tile.reason, tile.money, tile.stars ? `${words.star} ${tile.stars}` : ""].filter(Boolean).join(", ");
  return {
    el,
    tile: () => tile,
    update(next, sheet, poster) {
      if (next.id !== tile.id) rest();
      tile = next;
      const image = imageUrl(poster);
      picture.hidden = !image;
      if (image && picture.src !== image) picture.src = image;
      el.dataset["id"] = tile.id;
      el.dataset["status"] = tile.status;
      state.el.hidden = !tile.status;
      if (tile.status) state.update({ status: tile.status, phase: tile.phase, done: tile.done });
      setText(title, sheet.axes.length > 1 ? "" : tile.title);
      title.hidden = sheet.axes.length !== 1;
      if (!RUNS.has(tile.status)) setText(time, image || tile.status ? "" : "–");
      setText(note, tile.note);
      setText(reason, tile.reason);
      reason.hidden = !tile.reason;
      setText(money, tile.money);
      star.hidden = !sheet.rates || !tile.done;
      star.toggleAttribute("data-on", tile.stars > 0);
      setAttribute(star, "title", tile.stars ? words.star_off : words.star);
      box.hidden = !tile.video;
      setAttribute(el, "aria-label", name());
    },
    tick(now) {
      if (!RUNS.has(tile.status) || tile.sent === null) return;
      setText(time, `${Math.max(0, Math.floor((now - tile.sent) / 1000))} s`);
    },
    mark(selected, open) {
      setAttribute(el, "aria-selected", String(selected));
      setAttribute(el, "aria-expanded", String(open));
    },
    player() {
      if (!tile.video?.type.startsWith("video/")) return null;
      if (!player) {
        player = h("video", { class: "pvideo-tile-picture", "aria-hidden": "true", tabindex: -1 });
        Object.assign(player, { muted: true, playsInline: true, preload: "auto" });
        source(player, tools.model, tools.bytes, () => undefined, life.signal).update(tile.id, tile.video);
        stage.insertBefore(player, time);
      }
      return player;
    },
    rest,
  };
}
